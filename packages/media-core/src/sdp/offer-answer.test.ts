import { describe, expect, it } from 'vitest';
import type { CodecDescription } from './codec.ts';
import type { LocalMedia } from './local-media.ts';
import { applyAnswer, createOffer, negotiateAnswer } from './offer-answer.ts';

const pcmu = { name: 'pcmu', payloadType: 0, clockRate: 8000 };
const pcma = { name: 'pcma', payloadType: 8, clockRate: 8000 };
const events = { name: 'telephone-event', payloadType: 101, clockRate: 8000, fmtp: '0-16' };

function side(changes: Partial<LocalMedia> = {}): LocalMedia {
  return {
    address: '192.0.2.1',
    port: 20_000,
    codecs: [pcmu, pcma, events],
    direction: 'sendrecv',
    sessionId: '4711',
    version: 1,
    ...changes,
  };
}

describe('an offer and its answer', () => {
  it('agree on the first codec of the offer and on digits, seen from both sides', () => {
    const offer = createOffer(side());
    const answered = negotiateAnswer({
      offer,
      local: side({ address: '192.0.2.2', port: 30_000, codecs: [pcma, pcmu, events] }),
    });
    if (!answered.ok) throw new Error(answered.reason.message);
    const applied = applyAnswer({ offer, answer: answered.answer });
    if (!applied.ok) throw new Error(applied.reason.message);
    expect(applied.media.send.codec.name).toBe('pcmu');
    expect(answered.media.send.codec.name).toBe('pcmu');
    expect(applied.media.remote).toEqual({
      address: '192.0.2.2',
      port: 30_000,
      rtcp: { address: '192.0.2.2', port: 30_001 },
    });
    expect(applied.media.telephoneEvent).toEqual({
      sendPayloadType: 101,
      receivePayloadType: 101,
      events: '0-16',
    });
  });

  it('fail with a reason where no codec is common', () => {
    const other: CodecDescription = { name: 'opus', payloadType: 96, clockRate: 48_000 };
    const outcome = negotiateAnswer({
      offer: createOffer(side({ codecs: [other, events] })),
      local: side(),
    });
    expect(outcome).toMatchObject({ ok: false, reason: { code: 'NO_COMMON_CODEC' } });
  });
});
