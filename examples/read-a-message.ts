// What a peer sends never throws: it is a message, or a refusal with the status that it deserves.
import { parseMessage, refusalResponse, validateMessage } from '@strowger/sip-message';

const lines = [
  'INVITE sip:bob@biloxi.example SIP/2.0',
  'v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK776', // compact forms are the same to you
  'Max-Forwards: 70',
  'f: "Alice \\"Al\\" A." <sip:alice@atlanta.example>;tag=88',
  't: <sip:bob@biloxi.example>',
  'i: 3848276298220188511',
  'CSeq: 31862 INVITE',
  'Contact: <sip:alice@192.0.2.1>',
  'l: 0',
];
const bytes = (changed = lines): Buffer => Buffer.from([...changed, '', ''].join('\r\n'));

const parsed = parseMessage(bytes());
if (parsed.ok && parsed.value.kind === 'request') {
  const { from, cseq, headers } = parsed.value;
  console.log(from.displayName, cseq.number); // prints: Alice "Al" A. 31862
  console.log(headers.get('contact')?.toString()); // prints: sip:alice@192.0.2.1
}

const wrong = bytes(lines.map((line) => line.replace('31862', 'many')));
const refused = parseMessage(wrong);
const refusal = refused.ok ? validateMessage(refused.value) : refused.refusal;
if (refusal !== undefined) {
  console.log(refusal.section, refusalResponse(wrong, refusal)?.status); // prints: RFC 3261 §20.16 400
}
