import { expect, it } from 'vitest';
import { securityOf } from './description.ts';

it('tells how audio is protected, whatever stands at the lines beside it', () => {
  const head = ['v=0', 'o=- 1 1 IN IP4 10.0.0.3', 's=-', 'c=IN IP4 10.0.0.3', 't=0 0'];
  const crypto = ['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'];
  const [fingerprint] = ['a=fingerprint:sha-256 00:11'];
  const audio = ['m=audio 4000 RTP/SAVP 0', ...crypto];
  const video = ['m=video 4002 UDP/TLS/RTP/SAVPF 96', fingerprint];
  const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n');
  const sdes = { kind: 'sdes', suite: 'AES_CM_128_HMAC_SHA1_80' };
  expect(securityOf(sdp(...head, ...audio, ...video))).toEqual(sdes);
  expect(securityOf(sdp(...head, fingerprint, 'm=audio 4000 UDP/TLS/RTP/SAVP 0'))).toEqual({
    kind: 'dtls-srtp',
    isVerified: false,
  });
});
