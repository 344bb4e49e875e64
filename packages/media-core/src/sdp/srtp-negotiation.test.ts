import { describe, expect, it } from 'vitest';
import type { LocalMedia } from './local-media.ts';
import type { Fingerprint, SrtpKeys, SrtpPolicy, SrtpSuite } from './media-security.ts';
import type { NegotiatedMedia } from './negotiated-media.ts';
import { applyAnswer, createOffer, negotiateAnswer } from './offer-answer.ts';
import type { LocalSecurity } from './srtp-negotiation.ts';

const keys = (fill: number, suite: SrtpSuite = 'AES_CM_128_HMAC_SHA1_80'): SrtpKeys => ({
  suite,
  masterKey: new Uint8Array(16).fill(fill),
  masterSalt: new Uint8Array(suite.startsWith('AEAD') ? 12 : 14).fill(fill),
});
const fingerprint = (fill: number): Fingerprint => ({
  hash: 'sha-256',
  value: new Uint8Array(32).fill(fill),
});

function side(fill: number, policy: SrtpPolicy, security: Partial<LocalSecurity> = {}): LocalMedia {
  return {
    address: `192.0.2.${fill}`,
    port: 20_000 + 2 * fill,
    codecs: [{ name: 'pcmu', payloadType: 0, clockRate: 8000 }],
    direction: 'sendrecv',
    sessionId: `${fill}`,
    version: 1,
    security: { policy, crypto: [keys(fill)], ...security },
  };
}

const dtls = (fill: number): Partial<LocalSecurity> => ({
  crypto: [],
  fingerprints: [fingerprint(fill)],
});

/** A round between two sides: what both make of it, or why it failed. */
function round(
  alice: LocalMedia,
  bob: LocalMedia,
  agreed?: { a: NegotiatedMedia; b: NegotiatedMedia },
) {
  const offer = createOffer(alice, agreed ? { agreed: agreed.a } : {});
  const answered = negotiateAnswer({ offer, local: bob, ...(agreed && { agreed: agreed.b }) });
  if (!answered.ok) return { offer, code: answered.reason.code };
  const { answer } = answered;
  const applied = applyAnswer({ offer, answer, ...(agreed && { agreed: agreed.a }) });
  if (!applied.ok) return { offer, answer, code: applied.reason.code };
  return { offer, answer, code: 'agreed', a: applied.media, b: answered.media };
}

const POLICIES: readonly SrtpPolicy[] = ['off', 'optional', 'best-effort', 'required'];

/** What comes out of each pair of policies: the offerer's, then the answerer's. */
const OUTCOMES: Record<SrtpPolicy, Record<SrtpPolicy, string>> = {
  off: { off: 'none', optional: 'none', 'best-effort': 'none', required: 'ENCRYPTION_REQUIRED' },
  optional: {
    off: 'none',
    optional: 'none',
    'best-effort': 'none',
    required: 'ENCRYPTION_REQUIRED',
  },
  'best-effort': { off: 'none', optional: 'on', 'best-effort': 'on', required: 'on' },
  required: {
    off: 'UNSUPPORTED_PROFILE',
    optional: 'on',
    'best-effort': 'on',
    required: 'on',
  },
};

describe.each([
  ['sdes', {}, {}],
  ['dtls', dtls(1), dtls(2)],
] as const)('one policy, with keys by %s', (kind, one, two) => {
  for (const offering of POLICIES) {
    it.each(POLICIES)(`${offering} meets %s`, (answering) => {
      const expected = OUTCOMES[offering][answering];
      const outcome = round(side(1, offering, one), side(2, answering, two));
      const isAgreed = expected === 'on' || expected === 'none';
      expect(outcome.code).toBe(isAgreed ? 'agreed' : expected);
      if (!isAgreed) return;
      const agreed = expected === 'on' ? kind : 'none';
      expect([outcome.a?.security.kind, outcome.b?.security.kind]).toEqual([agreed, agreed]);
    });
  }

  it('stays encrypted once it was, whatever policy comes after', () => {
    const first = round(side(1, 'best-effort', one), side(2, 'optional', two));
    const { a, b } = first;
    if (!a || !b) throw new Error(first.code);
    const again = round(side(1, 'optional', one), side(2, 'off', two), { a, b });
    expect(again.code).toBe('UNSUPPORTED_PROFILE'); // it was offered encrypted, and only so
    const bare = createOffer(side(1, 'off'));
    const refusal = { ok: false, reason: { code: 'ENCRYPTION_REQUIRED' } };
    const local = side(2, 'optional', two);
    expect(negotiateAnswer({ offer: bare, local, agreed: b })).toMatchObject(refusal);
    const offer = createOffer(side(1, 'optional', one), { agreed: a });
    const answer = createOffer(side(2, 'off'));
    const applied = applyAnswer({ offer, answer, agreed: a });
    expect(applied.ok).toBe(false);
    expect(() => createOffer(side(1, 'optional', { crypto: [] }), { agreed: a })).toThrow(
      expect.objectContaining({ code: 'BAD_MEDIA_DESCRIPTION' }),
    );
  });

  it('is held, and taken back, without a word in the clear', () => {
    const first = round(side(1, 'required', one), side(2, 'required', two));
    const { a, b } = first;
    if (!a || !b) throw new Error(first.code);
    for (const direction of ['sendonly', 'sendrecv'] as const) {
      const held = round({ ...side(1, 'required', one), direction }, side(2, 'required', two), {
        a,
        b,
      });
      expect(held.a).toMatchObject({ direction, security: { kind } });
      expect(held.a?.security).toEqual(a.security);
      expect(held.b?.security).toEqual(b.security);
    }
  });
});

describe('keys in the description (RFC 4568)', () => {
  it('are sent by whoever wrote them', () => {
    const { offer, answer, a, b } = round(side(1, 'required'), side(2, 'optional'));
    expect(offer).toContain('m=audio 20002 RTP/SAVP 0\r\n');
    expect(offer).toMatch(/a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\S{40}\r\n/);
    expect(answer).toContain('m=audio 20004 RTP/SAVP 0\r\n');
    expect(a?.security).toEqual({ kind: 'sdes', send: keys(1), receive: keys(2) });
    expect(b?.security).toEqual({ kind: 'sdes', send: keys(2), receive: keys(1) });
  });

  it('are of the first suite of the offer that both have, under its tag', () => {
    const gcm = 'AEAD_AES_128_GCM';
    const many = side(1, 'required', {
      crypto: [keys(1, 'AES_CM_128_HMAC_SHA1_32'), keys(1, gcm)],
    });
    const { answer, a } = round(many, side(2, 'required', { crypto: [keys(2), keys(2, gcm)] }));
    expect(answer?.match(/^a=crypto:.*/gm)).toEqual([
      expect.stringMatching(/^a=crypto:2 AEAD_AES_128/),
    ]);
    expect(a?.security).toMatchObject({ send: { suite: gcm }, receive: { suite: gcm } });
    expect(round(many, side(2, 'required')).code).toBe('NO_COMMON_KEYING');
  });

  it('change with a later round, and only then', () => {
    const { a, b } = round(side(1, 'required'), side(2, 'required'));
    if (!a || !b) throw new Error('not agreed');
    const fresh = side(1, 'required', { crypto: [keys(9)] });
    const again = round(fresh, side(2, 'required'), { a, b });
    expect(again.b?.security).toEqual({ kind: 'sdes', send: keys(2), receive: keys(9) });
  });

  it('beside plain RTP are offered as phones do it, and taken so (RFC 8643)', () => {
    const { offer, answer } = round(side(1, 'best-effort'), side(2, 'required'));
    expect(offer).toMatch(/m=audio 20002 RTP\/AVP 0\r\n[^]*a=crypto:1 /);
    expect(answer).toMatch(/m=audio 20004 RTP\/AVP 0\r\n[^]*a=crypto:1 /);
  });

  it.each([
    ['another tag', (answer: string) => answer.replace('crypto:1', 'crypto:2')],
    [
      'another suite',
      (answer: string) => answer.replace(/AES_CM_128_HMAC_SHA1_80/, 'AES_CM_128_HMAC_SHA1_32'),
    ],
    ['a broken key', (answer: string) => answer.replace(/inline:..../, 'inline:')],
    ['none', (answer: string) => answer.replace(/a=crypto:.*\r\n/, '')],
  ])('M06: are not taken from an answer with %s', (_, spoil) => {
    const { offer, answer = '' } = round(side(1, 'required'), side(2, 'required'));
    const outcome = applyAnswer({ offer, answer: spoil(answer) });
    expect(outcome).toMatchObject({ ok: false, reason: { code: 'NO_COMMON_KEYING' } });
  });

  it('M06: without a usable line are refused, beside plain RTP are let be', () => {
    const broken = (offer: string) => offer.replace(/inline:..../, 'inline:');
    const insisting = broken(createOffer(side(1, 'required')));
    expect(negotiateAnswer({ offer: insisting, local: side(2, 'optional') })).toMatchObject({
      reason: { code: 'NO_COMMON_KEYING' },
    });
    const asking = broken(createOffer(side(1, 'best-effort')));
    expect(negotiateAnswer({ offer: asking, local: side(2, 'optional') })).toMatchObject({
      media: { security: { kind: 'none' } },
    });
  });

  it('are taken from the encrypted one of two lines', () => {
    const plain = createOffer(side(1, 'off'));
    const [, secured = ''] = createOffer(side(1, 'required')).split(/(?=m=audio)/);
    for (const offer of [plain + secured, plain.replace('m=audio', `${secured}m=audio`)]) {
      const answered = negotiateAnswer({ offer, local: side(2, 'optional') });
      expect(answered).toMatchObject({ media: { security: { kind: 'sdes' } } });
      const open = negotiateAnswer({ offer, local: side(2, 'off') });
      expect(open).toMatchObject({ media: { security: { kind: 'none' } } });
    }
  });
});

describe('keys by DTLS (RFC 5763)', () => {
  it('are agreed by whom the answer lets begin (RFC 8122 §5)', () => {
    const { offer, answer, a, b } = round(
      side(1, 'required', dtls(1)),
      side(2, 'required', dtls(2)),
    );
    expect(offer).toMatch(/m=audio 20002 UDP\/TLS\/RTP\/SAVP 0\r\n[^]*a=setup:actpass\r\n/);
    expect(offer).toContain('a=fingerprint:sha-256 01:01:01:');
    expect(answer).toContain('a=setup:active\r\n');
    expect(a?.security).toEqual({ kind: 'dtls', role: 'server', fingerprints: [fingerprint(2)] });
    expect(b?.security).toEqual({ kind: 'dtls', role: 'client', fingerprints: [fingerprint(1)] });
  });

  it.each([
    ['actpass', 'active', 'client'],
    ['active', 'passive', 'server'],
    ['passive', 'active', 'client'],
  ])('offered as %s are answered as %s (RFC 4145 §4)', (offered, answered, role) => {
    const offer = createOffer(side(1, 'required', dtls(1))).replace('actpass', offered);
    const outcome = negotiateAnswer({ offer, local: side(2, 'required', dtls(2)) });
    expect(outcome).toMatchObject({ media: { security: { kind: 'dtls', role } } });
    expect(outcome.ok && outcome.answer).toContain(`a=setup:${answered}\r\n`);
  });

  it('keep their roles while the connection stays (§6.6)', () => {
    const first = round(side(1, 'required', dtls(1)), side(2, 'required', dtls(2)));
    const { a, b } = first;
    if (!a || !b) throw new Error('not agreed');
    const back = round(side(2, 'required', dtls(2)), side(1, 'required', dtls(1)), { a: b, b: a });
    expect(back.b?.security).toEqual(a.security);
    expect(back.a?.security).toEqual(b.security);
    const other = side(2, 'required', dtls(3));
    expect(round(other, side(1, 'required', dtls(1)), { a: b, b: a }).b?.security).toMatchObject({
      role: 'client',
    });
  });

  it.each([
    ['a connection on hold', 'a=setup:actpass', 'a=setup:holdconn'],
    ['a hash that proves nothing', 'sha-256', 'sha-1'],
    ['a fingerprint of another length', '01:01:', '01:'],
  ])('are refused with %s', (_, from, to) => {
    const offer = createOffer(side(1, 'required', dtls(1))).replace(from, to);
    expect(negotiateAnswer({ offer, local: side(2, 'required', dtls(2)) })).toMatchObject({
      reason: { code: 'NO_COMMON_KEYING' },
    });
  });

  it('read what holds for the session, and RTP/SAVP without UDP/TLS (RFC 5124)', () => {
    const offer = createOffer(side(1, 'required', dtls(1)))
      .replace(/a=setup:actpass\r\n(a=fingerprint:.*\r\n)/, '')
      .replace('UDP/TLS/RTP/SAVP', 'RTP/SAVPF')
      .replace(
        't=0 0\r\n',
        `t=0 0\r\na=setup:actpass\r\na=fingerprint:sha-256 ${'01:'.repeat(31)}01\r\n`,
      );
    expect(negotiateAnswer({ offer, local: side(2, 'optional', dtls(2)) })).toMatchObject({
      media: { security: { kind: 'dtls', fingerprints: [fingerprint(1)] } },
    });
  });

  it('or in the description: whichever we like better, of those that are offered', () => {
    const both = (fill: number, keying: readonly ('sdes' | 'dtls')[]) =>
      side(fill, 'best-effort', { keying, fingerprints: [fingerprint(fill)] });
    const open = both(1, ['sdes', 'dtls']);
    expect(round(open, both(2, ['dtls', 'sdes'])).a?.security.kind).toBe('dtls');
    expect(round(open, both(2, ['sdes', 'dtls'])).a?.security.kind).toBe('sdes');
    expect(round(open, both(2, ['dtls'])).b?.security.kind).toBe('dtls');
  });
});

it('an answer in the clear to an offer that insists is refused', () => {
  const offer = createOffer(side(1, 'required'));
  const answer = createOffer(side(2, 'off'));
  expect(applyAnswer({ offer, answer })).toMatchObject({ reason: { code: 'UNSUPPORTED_PROFILE' } });
});
