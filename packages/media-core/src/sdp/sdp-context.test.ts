import { describe, expect, it } from 'vitest';
import { createAudioAnswer, createAudioOffer } from './audio-description.ts';
import { extractMediaConfig } from './media-config.ts';
import { SdpContext, type SdpContextMedia } from './sdp-context.ts';

const side = (last: number): SdpContextMedia => ({
  address: `192.0.2.${last}`,
  port: 20_000 + 2 * last,
  codecs: [{ name: 'pcmu', payloadType: 0, clockRate: 8000 }],
  direction: 'sendrecv',
  sessionId: `${last}`,
});
const [alice, bob] = [side(1), side(2)];

function agreed() {
  const [a, b] = [new SdpContext(), new SdpContext()];
  const offer = a.createOffer(alice);
  b.receiveOffer(offer);
  const answered = b.createAnswer(bob);
  if (!answered.ok) throw new Error(answered.reason.message);
  expect(a.acceptAnswer(answered.answer).ok).toBe(true);
  return { a, b, offer, answer: answered.answer };
}

describe('the offers and answers of a dialog', () => {
  it('go from initial to complete at both sides', () => {
    const [a, b] = [new SdpContext(), new SdpContext()];
    expect([a.state, b.state]).toEqual(['initial', 'initial']);
    const offer = a.createOffer(alice);
    b.receiveOffer(offer);
    expect([a.state, b.state]).toEqual(['offerSent', 'offerReceived']);
    expect([a.pendingOffer, b.pendingOffer]).toEqual([offer, offer]);
    const answered = b.createAnswer(bob);
    expect([a.state, b.state]).toEqual(['offerSent', 'complete']);
    a.acceptAnswer(answered.ok ? answered.answer : '');
    expect(a.state).toBe('complete');
    expect([a.localDescription, a.remoteDescription]).toEqual([
      b.remoteDescription,
      b.localDescription,
    ]);
    expect(a.media?.remote.port).toBe(20_004);
    expect(a.pendingOffer).toBeUndefined();
  });

  it('count a version for every description that differs (RFC 3264 §8)', () => {
    const { a, b } = agreed();
    a.createOffer(alice);
    expect(a.version).toBe(1);
    a.rollback();
    const held = a.createOffer({ ...alice, direction: 'sendonly' });
    expect(held).toContain('o=- 1 2 IN IP4 192.0.2.1\r\n');
    b.receiveOffer(held);
    expect(b.createAnswer(bob)).toMatchObject({ answer: expect.stringContaining('o=- 2 2 ') });
  });

  it('keep what was agreed when an offer is refused, by either side', () => {
    const { a, b, offer, answer } = agreed();
    b.receiveOffer(a.createOffer({ ...alice, direction: 'inactive' }));
    a.rollback();
    b.rollback();
    expect([a.state, b.state]).toEqual(['complete', 'complete']);
    expect([a.localDescription, b.localDescription]).toEqual([offer, answer]);
    expect(a.media?.direction).toBe('sendrecv');
    const first = new SdpContext();
    first.createOffer(alice);
    first.rollback();
    expect(first.state).toBe('initial');
  });

  it('TS-24 take the answers of several forks to one offer', () => {
    const a = new SdpContext();
    a.createOffer(alice);
    for (const last of [2, 3]) {
      const fork = new SdpContext();
      fork.receiveOffer(a.answerableOffer);
      const answered = fork.createAnswer(side(last));
      a.acceptAnswer(answered.ok ? answered.answer : '');
      expect(a.media?.remote.address).toBe(`192.0.2.${last}`);
    }
  });

  it('go on waiting after an answer, or an offer, that does not fit', () => {
    const a = new SdpContext();
    const offer = a.createOffer(alice);
    expect(a.acceptAnswer('nonsense')).toMatchObject({ reason: { code: 'SDP_MALFORMED' } });
    expect(a.state).toBe('offerSent');
    const b = new SdpContext();
    b.receiveOffer(offer.replace('AVP 0', 'AVP 18').replace('0 PCMU', '18 G729'));
    expect(b.createAnswer(bob)).toMatchObject({ reason: { code: 'NO_COMMON_CODEC' } });
    expect(b.state).toBe('offerReceived');
  });

  it('take no wrong turns', () => {
    const wrong = expect.objectContaining({ code: 'MEDIA_WRONG_STATE' });
    const { a } = agreed();
    expect(() => new SdpContext().acceptAnswer('')).toThrow(wrong);
    expect(() => a.createAnswer(alice)).toThrow(wrong);
    const offer = a.createOffer(alice);
    expect(() => a.createOffer(alice)).toThrow(wrong);
    expect(() => a.receiveOffer(offer)).toThrow(wrong);
    a.rollback();
    a.receiveOffer(offer);
    expect(() => a.createOffer(alice)).toThrow(wrong);
    expect(() => a.receiveOffer(offer)).toThrow(wrong);
  });

  it('switch audio off and on again in its place (RFC 3264 §8.2)', () => {
    const { a, b } = agreed();
    const off = a.createOffer(alice).replace('m=audio 20002', 'm=audio 0');
    b.receiveOffer(off);
    const answered = b.createAnswer(bob);
    expect(answered).toMatchObject({ media: { direction: 'inactive', hold: true } });
    expect(answered.ok && answered.answer.match(/^m=.*/gm)).toEqual(['m=audio 0 RTP/AVP 0']);
    const refused = a.acceptAnswer(answered.ok ? answered.answer : '');
    expect(refused).toMatchObject({ ok: true, media: { direction: 'inactive' } });
    const back = b.createOffer(bob);
    expect(back.match(/^m=.*/gm)).toEqual(['m=audio 20004 RTP/AVP 0']);
    a.receiveOffer(back);
    expect(a.createAnswer(alice)).toMatchObject({ ok: true, media: { direction: 'sendrecv' } });
  });
});

describe('an audio call', () => {
  const caller = { address: '192.0.2.1', port: 20_000, sessionId: '1' };
  const callee = { address: '192.0.2.2', port: 30_000, sessionId: '2', rtcpMux: true };

  it('is offered and answered in two lines', () => {
    const offer = createAudioOffer({ ...caller, codecs: ['opus', 'pcma'], ptimeMs: 20 });
    expect(offer).toContain('m=audio 20000 RTP/AVP 111 8 101 102\r\n');
    expect(offer).toContain('a=rtpmap:101 telephone-event/48000\r\n');
    expect(offer).toContain('a=rtpmap:102 telephone-event/8000\r\n');
    const answered = createAudioAnswer(offer, { ...callee, codecs: ['pcma', 'opus'] });
    if (!answered.ok) throw new Error(answered.reason.message);
    const { answer, config } = answered;
    expect(config).toMatchObject({
      local: { address: '192.0.2.2', port: 30_000, rtcp: { port: 30_001 } },
      remote: { address: '192.0.2.1', port: 20_000 },
      send: { codec: { name: 'opus' }, payloadType: 111 },
      telephoneEvent: { clockRate: 48_000, sendPayloadType: 101 },
      security: { kind: 'none' },
    });
    expect(extractMediaConfig({ local: answer, remote: offer, role: 'answerer' })).toEqual({
      ok: true,
      config,
    });
    expect(extractMediaConfig({ local: offer, remote: answer, role: 'offerer' })).toMatchObject({
      config: {
        local: { address: '192.0.2.1', port: 20_000 },
        remote: { address: '192.0.2.2', port: 30_000 },
        send: { codec: { name: 'opus' } },
      },
    });
  });

  it('without digits, or of codecs that nobody knows', () => {
    expect(createAudioOffer({ ...caller, digits: false })).toContain('RTP/AVP 0 8\r\n');
    expect(() => createAudioOffer({ ...caller, codecs: ['constructor'] })).toThrow(
      expect.objectContaining({ code: 'MEDIA_UNKNOWN_CODEC' }),
    );
    const amr = { name: 'amr', payloadType: 101, clockRate: 8000 };
    expect(createAudioOffer({ ...caller, codecs: [amr] })).toContain('RTP/AVP 101 102\r\n');
  });

  it.each([
    ['another number of lines', (sdp: string) => `${sdp}m=video 0 RTP/AVP 31\r\n`, 'LINE_COUNT'],
    ['a line that was refused', (sdp: string) => sdp.replace('20000', '0'), 'NO_AUDIO'],
    ['nonsense', () => 'nonsense', 'SDP_MALFORMED'],
  ])('gives no parameters with %s', (_, spoil, code) => {
    const offer = createAudioOffer(caller);
    const answered = createAudioAnswer(offer, callee);
    const local = answered.ok ? answered.answer : '';
    expect(extractMediaConfig({ local, remote: spoil(offer), role: 'answerer' })).toMatchObject({
      reason: { code },
    });
  });
});
