import { describe, expect, it } from 'vitest';
import type { IceCandidate } from './ice-candidate.ts';
import { type IceDescription, isIceRestart } from './ice-description.ts';
import type { LocalMedia } from './local-media.ts';
import { applyAnswer, createOffer, negotiateAnswer } from './offer-answer.ts';
import { readDescription } from './session-description.ts';
import { readTrickleFragment, writeTrickleFragment } from './trickle-fragment.ts';

/** What Chromium 130 writes for a call with a camera, shortened: nothing of it is left to chance. */
const OFFER = [
  'v=0',
  'o=- 4962303333179871722 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS stream',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${'DA:'.repeat(31)}DA`,
  'a=setup:actpass',
  'a=mid:0',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=sendrecv',
  'a=msid:stream track',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:3735928559 cname:o/i14u9pJrxRKAsu',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y',
  'a=mid:1',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');

const candidate: IceCandidate = {
  foundation: '1',
  component: 1,
  transport: 'udp',
  priority: 2_130_706_431,
  address: '192.0.2.2',
  port: 30_000,
  type: 'host',
};
const ours: IceDescription = {
  ufrag: 'wxyz',
  pwd: 'w'.repeat(22),
  lite: true,
  candidates: [candidate],
  endOfCandidates: true,
};
const local: LocalMedia = {
  address: '192.0.2.2',
  port: 30_000,
  codecs: [
    { name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' },
    { name: 'pcmu', payloadType: 0, clockRate: 8000 },
    { name: 'cn', payloadType: 13, clockRate: 8000 },
    { name: 'telephone-event', payloadType: 101, clockRate: 48_000 },
    { name: 'telephone-event', payloadType: 102, clockRate: 8000 },
  ],
  direction: 'sendrecv',
  sessionId: '1',
  version: 1,
  ssrc: 7,
  cname: 'us',
  headerExtensions: ['urn:ietf:params:rtp-hdrext:ssrc-audio-level'],
  security: { policy: 'optional', fingerprints: [{ hash: 'sha-256', value: new Uint8Array(32) }] },
  ice: ours,
};

function answered(offer = OFFER, changes: Partial<LocalMedia> = {}) {
  const outcome = negotiateAnswer({ offer, local: { ...local, ...changes } });
  if (!outcome.ok) throw new Error(outcome.reason.message);
  return outcome;
}

describe("a browser's offer", () => {
  it('is answered with all that it needs, and nothing that we do not do (RFC 5764, RFC 8839, RFC 9143)', () => {
    expect(answered().answer.split('\r\n')).toEqual([
      'v=0',
      'o=- 1 1 IN IP4 192.0.2.2',
      's=-',
      'c=IN IP4 192.0.2.2',
      't=0 0',
      'a=group:BUNDLE 0',
      'a=ice-lite',
      'm=audio 30000 UDP/TLS/RTP/SAVPF 111 0 13 110 126',
      'a=mid:0',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:13 CN/8000',
      'a=rtpmap:110 telephone-event/48000',
      'a=rtpmap:126 telephone-event/8000',
      'a=fmtp:111 useinbandfec=1',
      'a=setup:active',
      `a=fingerprint:sha-256 ${'00:'.repeat(31)}00`,
      'a=ice-ufrag:wxyz',
      `a=ice-pwd:${'w'.repeat(22)}`,
      'a=candidate:1 1 udp 2130706431 192.0.2.2 30000 typ host',
      'a=end-of-candidates',
      'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
      'a=sendrecv',
      'a=msid:us audio',
      'a=ssrc:7 cname:us',
      'a=rtcp-mux',
      'm=video 0 UDP/TLS/RTP/SAVPF 96',
      'a=mid:1',
      '',
    ]);
  });

  it('is no old hold, though its address is zero', () => {
    expect(answered().media).toMatchObject({
      direction: 'sendrecv',
      hold: false,
      remote: { address: '0.0.0.0', port: 9 },
      rtcpMux: true,
      rtcpReducedSize: false,
      headerExtensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' }],
      security: { kind: 'dtls', role: 'client' },
      ice: { controlling: false, remote: { ufrag: 'EsAw', trickle: true, candidates: [] } },
    });
  });

  it('is an old hold where no candidates are to come', () => {
    const held = OFFER.replace('a=ice-options:trickle\r\n', '').replace(
      'm=audio 9',
      'm=audio 5004',
    );
    const { ice: without, ...plain } = local;
    for (const ice of [{ ice: without ?? ours }, {}]) {
      const outcome = negotiateAnswer({ offer: held, local: { ...plain, ...ice } });
      expect(outcome).toMatchObject({ media: { direction: 'recvonly', hold: true } });
    }
  });

  it('cannot be reached without ICE, and is refused then', () => {
    const { ice: _, ...without } = local;
    expect(negotiateAnswer({ offer: OFFER, local: without })).toMatchObject({
      reason: { code: 'BAD_ADDRESS' },
    });
  });

  it('may ask for RTCP of reduced size where we have that', () => {
    const { answer, media } = answered(OFFER, { rtcpReducedSize: true });
    expect(answer).toContain('a=rtcp-rsize\r\n');
    expect(media.rtcpReducedSize).toBe(true);
  });

  it('is offered to again with the same mid and group (RFC 9143)', () => {
    const { answer, media } = answered();
    const again = createOffer({ ...local, version: 2 }, { previous: answer, agreed: media });
    expect(again).toContain('a=group:BUNDLE 0\r\n');
    expect(again).toMatch(/m=audio 30000 UDP\/TLS\/RTP\/SAVPF 111 0 13 110 126\r\na=mid:0\r\n/);
    expect(again).toContain('m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n');
    expect(again).toContain('a=setup:actpass\r\n');
  });

  it('P09: costs no more than the limits let it', () => {
    const many = (line: string, count: number) => `${line}\r\n`.repeat(count);
    const offer = OFFER.replace(
      'a=mid:0\r\n',
      `a=mid:0\r\n${many('a=candidate:1 1 udp 1 192.0.2.9 1 typ host', 500)}${many('a=extmap:7 urn:x', 500)}`,
    );
    const read = readDescription(offer);
    const audio = read.ok ? read.description.media[0] : undefined;
    expect(audio?.ice?.candidates).toHaveLength(64);
    expect(audio?.headerExtensions.length).toBeLessThanOrEqual(32);
  });
});

describe('ICE', () => {
  const full = { ...ours, lite: false };
  it.each([
    { one: full, two: full, offererControls: true },
    { one: full, two: ours, offererControls: true },
    { one: ours, two: full, offererControls: false },
    { one: ours, two: ours, offererControls: true },
  ])(
    'is controlled by the offerer, unless it alone is lite: $one.lite, $two.lite (RFC 8445 §6.1.1)',
    (row) => {
      const offer = createOffer({ ...local, ice: row.one });
      const { answer, media } = answered(offer, { ice: row.two });
      const applied = applyAnswer({ offer, answer });
      expect(media.ice?.controlling).toBe(!row.offererControls);
      expect(applied).toMatchObject({ media: { ice: { controlling: row.offererControls } } });
    },
  );

  it('is off where something on the way changed the address (RFC 8839 §4.2.5)', () => {
    const offer = createOffer({ ...local, ice: full }).replace(
      'c=IN IP4 192.0.2.2',
      'c=IN IP4 203.0.113.1',
    );
    const { answer, media } = answered(offer);
    expect(answer).toContain('a=ice-mismatch\r\n');
    expect(answer).not.toContain('a=ice-lite');
    expect(media).toMatchObject({ remote: { address: '203.0.113.1' } });
    expect(media.ice).toBeUndefined();
  });

  it('begins anew with other credentials (RFC 8839 §4.4.1.1.1)', () => {
    const [ufrag, pwd] = ['abcd', 'v'.repeat(22)];
    expect(isIceRestart(ours, { ...ours, candidates: [] })).toBe(false);
    expect(isIceRestart(ours, { ...ours, ufrag, pwd })).toBe(true);
    expect(isIceRestart(ours, { ...ours, pwd })).toBe(true);
  });

  it('reads what holds for the session, and which candidates were chosen', () => {
    const offer = OFFER.replace(/a=ice-(ufrag|pwd):.*\r\n/g, '')
      .replace(
        't=0 0\r\n',
        `t=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:${'v'.repeat(22)}\r\na=ice-lite\r\n`,
      )
      .replace('a=mid:0', 'a=mid:0\r\na=remote-candidates:1 192.0.2.2 30000 2 192.0.2.2 30001');
    expect(answered(offer, { ice: full }).media.ice).toMatchObject({
      controlling: true,
      remote: {
        ufrag: 'abcd',
        lite: true,
        remoteCandidates: [
          { component: 1, address: '192.0.2.2', port: 30_000 },
          { component: 2, address: '192.0.2.2', port: 30_001 },
        ],
      },
    });
  });

  it.each(['a=ice-ufrag:abc', 'a=ice-ufrag:ab cd', `a=ice-ufrag:${'a'.repeat(257)}`])(
    'is none with broken credentials: %s',
    (line) => {
      const outcome = readDescription(OFFER.replace('a=ice-ufrag:EsAw', line));
      expect(outcome.ok && outcome.description.media[0]?.ice).toBeUndefined();
    },
  );
});

describe('a fragment of candidates (RFC 8840 §9)', () => {
  const fragment = {
    ufrag: 'EsAw',
    pwd: 'P'.repeat(24),
    media: [
      { mid: '0', candidates: [candidate, { ...candidate, port: 30_001 }], endOfCandidates: false },
      { mid: '1', candidates: [], endOfCandidates: true },
    ],
  };

  it('is read as it was written', () => {
    const body = writeTrickleFragment(fragment);
    expect(readTrickleFragment(body)).toEqual({ ok: true, fragment });
  });

  it('may end candidates for all lines, and have bad ones among good', () => {
    const body = writeTrickleFragment(fragment)
      .replace('m=audio', 'a=end-of-candidates\r\nm=audio')
      .replace('a=mid:0', 'a=mid:0\r\na=candidate:nonsense');
    expect(readTrickleFragment(body)).toMatchObject({
      fragment: {
        media: [{ candidates: [{}, {}], endOfCandidates: true }, { endOfCandidates: true }],
      },
    });
  });

  it.each([
    ['no credentials', 'm=audio 9 RTP/AVP 0\r\na=mid:0\r\n', 'SDP_MALFORMED'],
    ['other lines', `${writeTrickleFragment(fragment)}hello\r\n`, 'SDP_MALFORMED'],
    ['too many lines', 'm=audio 9 RTP/AVP 0\r\n'.repeat(40), 'SDP_TOO_LARGE'],
    ['too much', 'a=x\r\n'.repeat(20_000), 'SDP_TOO_LARGE'],
  ])('is refused with %s', (_, body, code) => {
    expect(readTrickleFragment(body)).toMatchObject({ ok: false, reason: { code } });
  });
});
