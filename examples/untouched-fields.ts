// What nobody touched goes on byte for byte: order, case, folding and foreign headers included.
import { parseMessage, serializeMessage } from '@strowger/sip-message';

const received = Buffer.from(
  [
    'OPTIONS sip:bob@biloxi.example SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK776',
    'mAx-fOrWaRdS:   70',
    'X-Trunk-Quirk: a,b',
    ' and a folded line',
    'From: <sip:alice@atlanta.example>;tag=88',
    'To: <sip:bob@biloxi.example>',
    'Call-ID: 38482762',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n'),
);

const parsed = parseMessage(received);
if (!parsed.ok) throw new Error(parsed.refusal.message);
console.log(Buffer.from(serializeMessage(parsed.value)).equals(received)); // prints: true

const changed = parsed.value.clone();
changed.headers.set('Subject', 'hello');
const text = Buffer.from(serializeMessage(changed)).toString();
console.log(text.includes('mAx-fOrWaRdS:   70'), text.includes(' and a folded')); // prints: true true
try {
  changed.headers.set('Subject', 'hello\r\nRoute: <sip:evil.example>');
} catch (error) {
  console.log((error as { code: string }).code); // prints: HEADER_INJECTION
}
