import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conference } from './conference.ts';
import { Ticker } from './ticker.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-room-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function emptyRoom() {
  const clock = new VirtualClock();
  const ticker = new Ticker(clock);
  const runtime = { ...nodeRuntime(), clock };
  const room = new Conference({ loudest: 0, tones: false, maximum: 9 }, ticker, runtime);
  return { clock, ticker, room };
}

const file = (name: string) =>
  ({ target: { type: 'file', path: join(folder, name) }, format: 'wav' }) as const;

describe('the recording of a conference', () => {
  it('is one at a time, also where two begin at once', async () => {
    const { room } = emptyRoom();
    const first = room.record(file('first.wav'));
    await expect(room.record(file('second.wav'))).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await first;
    expect((await room.stopRecord()).path).toContain('first.wav');
  });

  it('does not begin in a conference that was closed meanwhile', async () => {
    const { room, ticker } = emptyRoom();
    const recording = room.record(file('late.wav'));
    await room.close();
    await expect(recording).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    expect(ticker.size).toBe(0);
  });

  it('lets an empty room rest when it ends', async () => {
    const { clock, room, ticker } = emptyRoom();
    await room.record(file('empty.wav'));
    clock.advance(1000);
    expect(ticker.size).toBe(1);
    expect((await room.stopRecord()).durationMs).toBe(1000);
    expect(ticker.size).toBe(0);
  });
});
