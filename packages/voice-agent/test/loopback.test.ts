import { nodeRuntime } from '@strowger/runtime';
import { SipClient } from '@strowger/sip-client';
import { expect, it } from 'vitest';
import { answerCalls, type ConversationEnd } from '../src/index.ts';

const [DESK, CALLER] = [
  { from: 42_400, to: 42_499 },
  { from: 42_500, to: 42_599 },
];

it('is interrupted by a caller who speaks, over real RTP', async () => {
  const runtime = nodeRuntime();
  const speech = { endMs: 200, silenceMs: 60_000, deadAirMs: 60_000 };
  const desk = new SipClient({
    uri: 'sip:desk@127.0.0.1',
    runtime,
    media: { ports: DESK, speech },
  });
  const caller = new SipClient({ uri: 'sip:alice@127.0.0.1', runtime, media: { ports: CALLER } });
  const got: { playedMs?: number; cutBy?: string; kind?: string }[] = [];
  const over = new Promise<ConversationEnd>((onEnd) => {
    answerCalls(
      desk,
      async (talk) => {
        const tone = { type: 'tone', frequencyHz: 440, levelDbm0: -20 } as const;
        got.push(await talk.say(tone, { bargeIn: 'speech' }));
        got.push(await talk.gather({ speech: true }));
      },
      { clock: runtime.clock, onEnd },
    );
  });
  const call = await caller.call(await desk.contact());
  await call.connected;
  // half a second of silence, as long a voice, silence until they hang up
  call.play({ type: 'tone', frequencyHz: 300, levelDbm0: -90 }, { durationMs: 500 });
  call.play({ type: 'tone', frequencyHz: 300, levelDbm0: -10 }, { queue: true, durationMs: 500 });
  expect(await over).toEqual({ kind: 'finished' });
  expect(got[0]?.cutBy).toBe('speech');
  expect(got[0]?.playedMs).toBeLessThan(2000);
  expect(got[1]?.kind).toBe('speech');
  await Promise.all([desk.close(), caller.close()]);
  expect(runtime.clock.armedTimers).toBe(0);
});
