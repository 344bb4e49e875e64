// Messages out of a TCP stream, however it was cut into pieces.
import { parseMessage, StreamFramer } from '@strowger/sip-message';

const message = (number: number): string =>
  [
    'MESSAGE sip:bob@biloxi.example SIP/2.0',
    `Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK${number}`,
    'Max-Forwards: 70',
    'From: <sip:alice@atlanta.example>;tag=88',
    'To: <sip:bob@biloxi.example>',
    'Call-ID: 38482762',
    `CSeq: ${number} MESSAGE`,
    'Content-Type: text/plain',
    'Content-Length: 5',
    '',
    'hello',
  ].join('\r\n');

const framer = new StreamFramer({
  onMessage(bytes) {
    const parsed = parseMessage(bytes, { framed: true });
    if (parsed.ok) console.log(parsed.value.cseq.number, String(parsed.value.body)); // prints: 2 hello
  },
  onRefused: (refusal) => console.log('close the connection:', refusal.message),
});
const stream = Buffer.from(message(1) + message(2));
for (let at = 0; at < stream.length; at += 7) framer.push(stream.subarray(at, at + 7));
console.log(framer.pendingBytes); // prints: 0
