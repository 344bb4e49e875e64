import { Buffer } from 'node:buffer';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;

const MANDATORY = [
  'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1;received=2001:db8::1, SIP / 2.0 / TCP [::1]:5060',
  'From: "A \\"x\\"" <sip:a@a.example;lr>;tag=1',
  't : sip:b@b.example;tag=2;x="é"',
  'Call-ID: c@d',
];

/** Messages that together have all that the grammar has. */
export const MESSAGES: readonly string[] = [
  `${lines(
    'MESSAGE sip:b@b.example;transport=tcp SIP/2.0',
    ...MANDATORY,
    'CSeq: 1 MESSAGE',
    'Contact: <sip:x@y>;q=0.3, "y" <tel:+1>',
    'Subject: one',
    ' two',
    '__proto__: x',
    'Warning: 399 a.example "w"',
    'Retry-After: 18 (in (a) meeting);duration=3',
    'Date: Sat, 13 Nov 2010 23:29:00 GMT',
    'Accept: application/sdp;level=1, */*',
    'l: 5',
    '',
  )}hello`,
  `${lines(
    'INVITE sips:b%20c:pw@[2001:db8::9:1]:5061;lr?a=b SIP/2.0',
    ...MANDATORY,
    'CSeq: 4294967295 INVITE',
    'Max-Forwards: 70',
    'm: *',
    'Route: <sip:p1.example;lr>,<sip:p2.example;lr>',
    'Record-Route: <sip:p3.example;lr>',
    'Authorization: Digest username="a", realm="r", nonce="n", uri="sip:b", response="0", nc=00000001',
    'Content-Type: multipart/mixed; boundary="x y"',
    'Content-Length: 66',
    '',
  )}--x y\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x y\r\n\r\nhello\r\n--x y--\r\n`,
  lines(
    'SIP/2.0 401 Unauthorized é',
    ...MANDATORY,
    'CSeq: 9 REGISTER',
    'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256, stale=FALSE',
    'Reason: Q.850 ;cause=16 ;text="Normal"',
    'Call-Info: <http://www.example/a.jpg>;purpose=icon',
    'Supported:',
    'l: 0',
    '',
  ),
];

/** URIs, addresses and values of Via. */
export const URIS: readonly string[] = [
  'sip:alice:pw@atlanta.example:5060;transport=tcp;lr;maddr=[::1]?subject=a%20b&to=x%40y',
  'SIPS:%61lice;x=y@[2001:db8::1]:5061',
  'tel:+1-201-555-0123;ext=12;phone-context=example.com',
  'urn:service:sos',
  '"A \\"x\\" \\\\" <sip:a@a.example;lr?x=y>;tag=1;q=0.3;x="é"',
  'The Operator <sip:a@a.example>',
  'SIP / 2.0 / UDP [::1] : 5060 ;branch=z9hG4bK1;received=192.0.2.1;rport',
];

/** A header field each, of every grammar. */
export const HEADER_VALUES: readonly string[] = [
  'Via: SIP/2.0/UDP a:1;branch=z9hG4bK1',
  'From: "a" <sip:a@b>;tag=x',
  'CSeq: 1 A',
  'Call-ID: a@b',
  'Contact: *',
  'm: "q" <sip:a@b>;expires=3;q=1, <tel:+1>',
  'Content-Type: text/plain;charset="a b"',
  'Accept: a/b;q=1, */*',
  'Accept-Encoding: gzip;q=1',
  'Accept-Language: da, en;q=0.7',
  'Allow: A, B',
  'Alert-Info: <http://a/b>;x=y',
  'Authentication-Info: nextnonce="a", nc=00000001',
  'Reason: SIP;cause=200;text="a"',
  'Authorization: Digest username="a",realm="b",nonce="c",uri="d",response="e",opaque="f"',
  'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth", stale=TRUE, algorithm=MD5, opaque="c"',
  'Content-Disposition: session;handling=optional',
  'Date: Sat, 13 Nov 2010 23:29:00 GMT',
  'Expires: 5',
  'Retry-After: 5 (a (b) \\) c);duration=3',
  'Warning: 307 a "b", 308 c "d"',
  'Timestamp: 54.1 2',
  'Subject: x',
  'Event: a.b;id=1',
  'Subscription-State: active;expires=1',
  'Replaces: a@b;to-tag=1;from-tag=2',
  'RAck: 1 2 INVITE',
  'RSeq: 1',
  'Session-Expires: 90;refresher=uas',
  'Min-SE: 90',
  'Join: a;to-tag=1;from-tag=2',
  'Refer-To: <sip:a@b?Replaces=x%3Bto-tag%3D1>',
  'Referred-By: <sip:a>;cid="x@y"',
  'Privacy: id;critical',
  'History-Info: <sip:a@b?Reason=x>;index=1.1',
  'Diversion: <sip:a>;reason=busy;counter=1',
  'Path: <sip:a;lr>',
  'P-Asserted-Identity: "a" <sip:a@b>, <tel:+1>',
  'Identity: eyJ.eyJ.sig;info=<https://a/b>;alg=ES256;ppt=shaken',
  'MIME-Version: 1.0',
  'SIP-ETag: a',
  'SIP-If-Match: a',
  'Target-Dialog: a;local-tag=1;remote-tag=2',
  'Geolocation: <cid:a@b>;inserted-by="c"',
  'Request-Disposition: proxy, recurse',
  'Accept-Contact: *;audio;require',
];

/** Session descriptions. */
export const DESCRIPTIONS: readonly string[] = [
  lines(
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    'm=audio 49170 RTP/AVP 0 8 97 101',
    'a=rtpmap:97 iLBC/8000',
    'a=fmtp:97 mode=20',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    'a=ptime:20',
    'a=maxptime:150',
    'a=sendrecv',
    'a=rtcp:49171 IN IP4 192.0.2.1',
    'm=video 0 RTP/AVP 31',
  ),
  lines(
    'v=0',
    'o=a 2 2 IN IP6 2001:db8::1',
    's=a b',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=ice-ufrag:abcd',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
    'c=IN IP6 2001:db8::1',
    'a=mid:0',
    'a=rtpmap:111 opus/48000/2',
    'a=fingerprint:sha-256 AA:BB',
    'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA',
    'a=rtcp-mux',
    'a=inactive',
  ),
  lines(
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE a b',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 0.0.0.0',
    'a=mid:a',
    `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
    'a=setup:actpass',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789abcdefghijkl',
    'a=ice-options:trickle',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'm=audio 5004 RTP/SAVP 0 13',
    'c=IN IP4 192.0.2.1',
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}|2^20|1:4`,
  ),
];

/** Candidates beside a description. */
export const FRAGMENTS: readonly string[] = [
  lines(
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789abcdefghijkl',
    'm=audio 9 RTP/AVP 0',
    'a=mid:0',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 5004 typ host generation 0',
    'a=candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998',
    'a=end-of-candidates',
  ),
];

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** RTP packets: plain, with contributing sources and an extension, with padding. */
export const RTP_PACKETS: readonly Uint8Array[] = [
  hex('80000001 00000064 12345678 d5d5d5d5'),
  hex('92e50002 000000c8 12345678 00000001 00000002 bede0001 10ff0000 d5d5'),
  hex('a0080003 00000190 12345678 d5d5d502'),
];

/** Compound RTCP packets: sender report with a block, receiver report, SDES, BYE. */
export const RTCP_PACKETS: readonly Uint8Array[] = [
  hex(
    '81c8000c 12345678 e0000000 00000000 00000064 00000001 000000a0 87654321 00000000 00000001 00000002 00000003 00000004' +
      '81ca0003 12345678 01036140 62000000',
  ),
  hex('80c90001 12345678 81cb0002 12345678 03627965'),
];
