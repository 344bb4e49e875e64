// Why did this codec win, and why was that line refused? (RFC 3264)
import { explainNegotiation } from '@strowger/media-core';

const offer = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 20000 RTP/AVP 18 8 101',
  'a=rtpmap:18 G729/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'm=video 20002 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  '',
].join('\r\n');

const { text } = explainNegotiation({
  offer,
  local: {
    address: '192.0.2.2',
    port: 30_000,
    codecs: [
      { name: 'pcma', payloadType: 8, clockRate: 8000 },
      { name: 'pcmu', payloadType: 0, clockRate: 8000 },
    ],
    direction: 'sendrecv',
    sessionId: '2',
    version: 1,
  },
});
console.log(text); // prints: g729/8000 (18): refused, we do not have it
