import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyAnswer,
  type CodecDescription,
  createOffer,
  explainNegotiation,
  extractMediaConfig,
  formatDescription,
  type Keying,
  type LocalMedia,
  type LocalSecurity,
  type MediaSecurity,
  type MediaDirection,
  mirrored,
  narrowed,
  negotiateAnswer,
  readDescription,
  relayAnswer,
  relayOffer,
  SRTP_SUITES,
  type SrtpKeys,
  type SrtpPolicy,
} from '../src/index.ts';

const VOICES: readonly CodecDescription[] = [
  { name: 'pcmu', payloadType: 0, clockRate: 8000 },
  { name: 'pcma', payloadType: 8, clockRate: 8000 },
  { name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2, fmtp: 'useinbandfec=1' },
  { name: 'ilbc', payloadType: 97, clockRate: 8000, fmtp: 'mode=30' },
];
const DIGITS: readonly CodecDescription[] = [
  { name: 'telephone-event', payloadType: 101, clockRate: 8000, fmtp: '0-15' },
  { name: 'telephone-event', payloadType: 102, clockRate: 48_000, fmtp: '0-16' },
];
const DIRECTIONS: readonly MediaDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const;
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyKeys = (suite: (typeof SUITES)[number]): fc.Arbitrary<SrtpKeys> =>
  fc.record({
    suite: fc.constant(suite),
    masterKey: octets(16),
    masterSalt: octets(SRTP_SUITES[suite].saltLength),
  });
const anySecurity: fc.Arbitrary<LocalSecurity> = fc.record({
  policy: fc.constantFrom<SrtpPolicy>('off', 'optional', 'best-effort', 'required'),
  keying: fc.shuffledSubarray<Keying>(['sdes', 'dtls'], { minLength: 1 }),
  crypto: fc.tuple(anyKeys(SUITES[0]), anyKeys(SUITES[1])),
  fingerprints: octets(32).map((value) => [{ hash: 'sha-256' as const, value }]),
});
const iceText = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'abcXYZ019+/'), minLength: length, maxLength: 40 });
const anyIce = fc.record({
  ufrag: iceText(4),
  pwd: iceText(22),
  lite: fc.boolean(),
  trickle: fc.constant(true),
  candidates: fc.constant([]),
});

const anyLocal: fc.Arbitrary<LocalMedia> = fc
  .record({
    voices: fc.shuffledSubarray([...VOICES], { minLength: 1 }),
    digits: fc.shuffledSubarray([...DIGITS]),
    numbers: fc.uniqueArray(fc.integer({ min: 98, max: 127 }), { minLength: 6, maxLength: 6 }),
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    port: fc.integer({ min: 1, max: 65_535 }),
    direction: fc.constantFrom(...DIRECTIONS),
    sessionId: fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
    version: fc.nat(),
    rtcpMux: fc.boolean(),
    rtcpReducedSize: fc.boolean(),
    security: fc.option(anySecurity, { nil: undefined }),
    ice: fc.option(anyIce, { nil: undefined }),
  })
  .filter(({ address }) => !/^(0\.|[0:]+$|22[4-9]|23\d|255|ff)/i.test(address))
  .map(({ voices, digits, numbers, security, ice, ...local }) => ({
    ...local,
    ...(security && { security }),
    ...(ice && { ice }),
    codecs: [...voices, ...digits].map((codec, i) =>
      codec.payloadType < 96 ? codec : { ...codec, payloadType: numbers[i] ?? 127 },
    ),
  }));

/** The same without keys: a place of ours between two such has none either. */
const anyPlainLocal = anyLocal.filter(({ security, ice }) => !security && !ice);

/** Lines that mean something, in any order and number, among others that mean nothing. */
const anyLine = fc.oneof(
  fc.constantFrom(
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.9',
    's=-',
    't=0 0',
    'c=IN IP4 192.0.2.9',
    'c=IN IP4 0.0.0.0',
    'c=IN IP6 ::1',
    'm=audio 5004 RTP/AVP 0 8 101',
    'm=audio 5004/2 RTP/AVPF 8 96',
    'm=audio 0 RTP/AVP 0',
    'm=audio 5006 RTP/SAVP 0',
    'm=video 5008 RTP/AVP 31',
    'm=image 5010 udptl t38',
    'a=rtpmap:101 telephone-event/8000',
    'a=rtpmap:96 opus/48000/2',
    'a=fmtp:101 0-15',
    'a=sendonly',
    'a=inactive',
    'a=rtcp:1 IN IP4 192.0.2.9',
    'a=rtcp-mux',
    'a=ptime:30',
    'a=ptime:99999',
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}`,
    `a=crypto:2 AEAD_AES_128_GCM inline:${'A'.repeat(38)}==|2^20|1:4`,
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short UNENCRYPTED_SRTP',
    `a=fingerprint:sha-256 ${'AA:'.repeat(31)}AA`,
    'a=setup:actpass',
    'a=setup:holdconn',
    'a=ice-ufrag:abcd',
    `a=ice-pwd:${'p'.repeat(22)}`,
    'a=ice-lite',
    'a=candidate:1 1 udp 2130706431 192.0.2.9 5004 typ host',
    'a=group:BUNDLE 0 1',
    'a=mid:0',
    'a=rtcp-rsize',
    'a=extmap:1 urn:x',
    'a=bundle-only',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0 96',
  ),
  fc.string({ unit: 'binary' }).map((text) => `a=${text}`),
  fc.string(),
);
const anyDescription = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map((bytes) => new TextDecoder().decode(bytes)),
  fc
    .tuple(fc.boolean(), fc.array(anyLine, { maxLength: 20 }))
    .map(([isFramed, lines]) =>
      [...(isFramed ? ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 't=0 0'] : []), ...lines].join(
        '\r\n',
      ),
    ),
);

function lineCount(sdp: string): number {
  const read = readDescription(sdp);
  return read.ok ? read.description.media.length : -1;
}

describe('whatever comes in', () => {
  it('is answered by a value, with as many media lines', () => {
    fc.assert(
      fc.property(anyDescription, anyLocal, (offer, local) => {
        const outcome = negotiateAnswer({ offer, local });
        if (outcome.ok) expect(lineCount(outcome.answer)).toBe(lineCount(offer));
        else expect(outcome.reason.section).toMatch(/^RFC \d+ §/);
        const explained = explainNegotiation({ offer, local });
        expect(explained.accepted).toBe(outcome.ok);
        expect(explained.lines.filter(({ taken }) => taken).length).toBe(outcome.ok ? 1 : 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('is taken as an answer, or refused, by a value', () => {
    fc.assert(
      fc.property(anyDescription, anyLocal, (answer, local) => {
        const offer = createOffer(local);
        expect(typeof applyAnswer({ offer, answer }).ok).toBe('boolean');
        expect(typeof relayAnswer({ offer, answerFromB: answer, local }).ok).toBe('boolean');
        const place = { ...local, linePorts: new Map([[0, 5000]]) };
        if (local.security?.policy !== 'required') {
          expect(typeof relayOffer({ offer: answer, local: place }).ok).toBe('boolean');
        }
        // a line of ours that was encrypted is not offered again without keys
        if (answer.includes('SAVP')) return;
        createOffer(local, { previous: answer });
      }),
      { numRuns: 1000 },
    );
  });
});

/** What the other side of the same keys has; a client's other side is a server. */
function mirroredSecurity(security: MediaSecurity) {
  if (security.kind === 'none') return security;
  if (security.kind === 'dtls') return { kind: 'dtls', isClient: security.role === 'server' };
  return { kind: 'sdes', send: security.receive, receive: security.send };
}

function seen(security: MediaSecurity) {
  return security.kind === 'dtls'
    ? { kind: 'dtls', isClient: security.role === 'client' }
    : security;
}

describe('a description that was read', () => {
  it('is written as it was, line by line', () => {
    fc.assert(
      fc.property(anyDescription, (text) => {
        const read = readDescription(text);
        if (!read.ok) return;
        const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
        expect(formatDescription(read.description)).toBe(`${lines.join('\r\n')}\r\n`);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('both sides of a round', () => {
  it('agree on codec, numbers, digits, direction and ports', () => {
    fc.assert(
      fc.property(anyLocal, anyLocal, (alice, bob) => {
        const offer = createOffer(alice);
        const answered = negotiateAnswer({ offer, local: bob });
        if (!answered.ok) {
          expect([
            'NO_COMMON_CODEC',
            'ENCRYPTION_REQUIRED',
            'UNSUPPORTED_PROFILE',
            'NO_COMMON_KEYING',
          ]).toContain(answered.reason.code);
          return;
        }
        const { answer } = answered;
        const applied = applyAnswer({ offer, answer });
        if (!applied.ok) throw new Error(applied.reason.message);
        expect(mirroredSecurity(applied.media.security)).toEqual(seen(answered.media.security));
        const mustHide = [alice, bob].some(({ security }) => security?.policy === 'required');
        if (mustHide) expect(applied.media.security.kind).not.toBe('none');
        expect(applied.media.ice?.controlling).toBe(
          answered.media.ice && !answered.media.ice.controlling,
        );
        expect(applied.media.ice?.remote).toEqual(answered.media.ice?.local);
        const config = extractMediaConfig({ local: answer, remote: offer, role: 'answerer' });
        expect(config).toMatchObject({ config: answered.media });
        const [a, b] = [applied.media, answered.media];
        expect(a.send.codec.name).toBe(b.send.codec.name);
        expect(b.receive.map((one) => one.payloadType)).toContain(a.send.payloadType);
        expect(a.receive.map((one) => one.payloadType)).toContain(b.send.payloadType);
        expect(a.telephoneEvent?.sendPayloadType).toBe(b.telephoneEvent?.receivePayloadType);
        expect(b.telephoneEvent?.sendPayloadType).toBe(a.telephoneEvent?.receivePayloadType);
        expect(a.direction).toBe(mirrored(b.direction));
        expect(b.direction).toBe(narrowed(bob.direction, alice.direction));
        expect([a.remote.port, b.remote.port]).toEqual([bob.port, alice.port]);
        expect(a.rtcpMux).toBe(b.rtcpMux);
      }),
      { numRuns: 500 },
    );
  });

  it('that was encrypted go on so in every later round, or not at all', () => {
    fc.assert(
      fc.property(anyLocal, anyLocal, anyLocal, anyLocal, (alice, bob, ...later) => {
        const offer = createOffer(alice);
        const first = negotiateAnswer({ offer, local: bob });
        if (!first.ok || first.media.security.kind === 'none') return;
        const [one, two] = later.map((local) => ({ ...local, codecs: alice.codecs }));
        if (!one || !two) return;
        const again = createOffer(one);
        const second = negotiateAnswer({ offer: again, local: two, agreed: first.media });
        if (second.ok) expect(second.media.security.kind).not.toBe('none');
        const applied = applyAnswer({
          offer: again,
          answer: createOffer(two),
          agreed: first.media,
        });
        if (applied.ok) expect(applied.media.security.kind).not.toBe('none');
      }),
      { numRuns: 500 },
    );
  });

  it('understand each other through a relay', () => {
    const place = { address: '198.51.100.1', port: 4000, sessionId: '1', version: 1 };
    fc.assert(
      fc.property(anyPlainLocal, anyPlainLocal, (alice, bob) => {
        const offer = createOffer(alice);
        const relayed = relayOffer({ offer, local: place });
        if (!relayed.ok) throw new Error(relayed.reason.message);
        // As a side does that answers under numbers of its own.
        const answerFromB = createOffer({ ...bob, direction: 'sendrecv' });
        const relay = relayAnswer({ offer, answerFromB, local: place });
        if (!relay.ok) {
          expect(relay.reason.code).toBe('NO_COMMON_CODEC');
          return;
        }
        const applied = applyAnswer({ offer, answer: relay.answer });
        if (!applied.ok) throw new Error(applied.reason.message);
        const sent = applied.media.send;
        const name = bob.codecs.find(
          (codec) => codec.payloadType === relay.payloadTypeMap.fromA.get(sent.payloadType),
        )?.name;
        expect(name).toBe(sent.codec.name);
        for (const number of relay.payloadTypeMap.fromB.values()) {
          expect(alice.codecs.map((codec) => codec.payloadType)).toContain(number);
        }
      }),
      { numRuns: 500 },
    );
  });
});
