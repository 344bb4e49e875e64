import { expect, it } from 'vitest';
import { explainNegotiation } from './explanation.ts';
import type { LocalMedia } from './local-media.ts';

const local: LocalMedia = {
  address: '192.0.2.2',
  port: 30_000,
  codecs: [
    { name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2 },
    { name: 'pcma', payloadType: 8, clockRate: 8000 },
    { name: 'telephone-event', payloadType: 101, clockRate: 8000 },
  ],
  direction: 'sendrecv',
  sessionId: '1',
  version: 1,
  security: { policy: 'optional', crypto: [] },
};

const offerOf = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0', ...lines].join('\r\n');

it('says of every line and every codec what became of it', () => {
  const offer = offerOf(
    'm=video 40000 RTP/AVP 31',
    'm=audio 5002 RTP/SAVP 8',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short',
    'm=audio 5004 RTP/AVP 0 8 111 112 97 77 8',
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:112 telephone-event/48000',
    'a=rtpmap:97 pcma/8000/2',
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuv',
    'm=audio 5006 RTP/AVP 8',
    'm=image 0 udptl t38',
  );
  const explained = explainNegotiation({ offer, local });
  expect(explained.accepted).toBe(true);
  expect(explained.lines.map(({ taken }) => taken)).toEqual([false, false, true, false, false]);
  expect(explained.text.split('\n')).toEqual([
    'The offer is accepted.',
    '1. video 40000 RTP/AVP: refused, video is not ours to take (RFC 3264 §6)',
    '2. audio 5002 RTP/SAVP: refused, the two sides have no way to common keys (RFC 4568 §5.1.2)',
    '3. audio 5004 RTP/AVP: taken, the audio line that we talk over',
    '   pcmu/8000 (0): refused, we do not have it',
    '   pcma/8000 (8): taken, we send it: the first that both have',
    '   opus/48000/2 (111): taken, both have it',
    '   telephone-event/48000 (112): refused, we have it at 8000 Hz',
    '   pcma/8000/2 (97): refused, we have it with another number of channels',
    '   77: refused, no rtpmap says what it is (RFC 8866 §6.6)',
    '   pcma/8000 (8): taken, we send it: the first that both have',
    '   it offers sendonly; we answer recvonly',
    '   in the clear',
    '   ICE is left out: we have none here',
    '   RTCP shares the port of RTP (RFC 5761)',
    '   RTCP of reduced size is declined',
    '   the header extension urn:ietf:params:rtp-hdrext:ssrc-audio-level is declined (RFC 8285 §6)',
    '4. audio 5006 RTP/AVP: refused, one audio line is enough, and another is better',
    '5. image 0 UDPTL: refused, the offer itself has switched it off (RFC 3264 §8.2)',
  ]);
});

it('says why an offer is refused', () => {
  const plain = offerOf('m=audio 5004 RTP/AVP 8');
  const secret = { ...local, security: { policy: 'required', crypto: [] } as const };
  expect(explainNegotiation({ offer: plain, local: secret })).toMatchObject({
    accepted: false,
    refusal: { code: 'ENCRYPTION_REQUIRED' },
    lines: [{ taken: false, why: 'media must be encrypted (RFC 3711 §1)' }],
  });
  const foreign = explainNegotiation({ offer: offerOf('m=audio 5004 RTP/AVP 18'), local });
  expect(foreign.text).toBe(
    [
      'The offer is refused: the two sides have no codec in common (RFC 3264 §6.1).',
      '1. audio 5004 RTP/AVP: refused, the two sides have no codec in common (RFC 3264 §6.1)',
      '   g729/8000 (18): refused, we do not have it',
      '   it offers sendrecv; we answer sendrecv',
      '   in the clear',
    ].join('\n'),
  );
  expect(explainNegotiation({ offer: 'nonsense', local })).toMatchObject({
    accepted: false,
    refusal: { code: 'SDP_MALFORMED' },
    lines: [],
  });
});

it('knows the old hold, and an address that is no candidate', () => {
  const ice = { ufrag: 'wxyz', pwd: 'w'.repeat(22), lite: false, candidates: [] };
  const held = explainNegotiation({
    offer: offerOf('m=audio 5004 RTP/AVP 8', 'c=IN IP4 0.0.0.0'),
    local,
  });
  expect(held.lines[0]?.notes[0]).toBe(
    'it offers sendonly, for its address is the old way to say hold; we answer recvonly',
  );
  const offer = offerOf(
    'm=audio 5004 RTP/AVP 8',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuv',
    'a=candidate:1 1 udp 2130706431 10.0.1.1 8998 typ host',
  );
  expect(explainNegotiation({ offer, local: { ...local, ice } }).text).toContain(
    'ICE is off: 192.0.2.9 is no candidate (RFC 8839 §4.2.5)',
  );
});

it('says of comfort noise what it is for, and where it is of no use', () => {
  const noise = { name: 'cn', payloadType: 13, clockRate: 8000 };
  const whyNoise = (formats: string, codecs: LocalMedia['codecs']): string | undefined => {
    const offer = offerOf(`m=audio 5004 RTP/AVP ${formats} 13`, 'a=rtpmap:111 opus/48000/2');
    const { lines } = explainNegotiation({ offer, local: { ...local, codecs } });
    return lines[0]?.codecs.find(({ codec }) => codec.startsWith('cn'))?.why;
  };
  const { codecs } = local;
  expect(whyNoise('8', [...codecs, noise])).toBe('silence is told by it, both ways (RFC 3389)');
  expect(whyNoise('111', [...codecs, noise])).toMatch(/of no use beside 48000 Hz/);
  expect(whyNoise('8', codecs)).toBe('we do not have it');
});
