import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '@strowger/runtime';
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
  const room = new Conference({ loudest: 0, tones: false, maximum: 9 }, ticker, clock);
  return { clock, ticker, room };
}

describe('the recording of a conference', () => {
  it('is one at a time, also where two begin at once', async () => {
    const { room } = emptyRoom();
    const first = room.record(join(folder, 'first.wav'));
    await expect(room.record(join(folder, 'second.wav'))).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await first;
    expect((await room.stopRecord()).path).toContain('first.wav');
  });

  it('does not begin in a conference that was closed meanwhile', async () => {
    const { room, ticker } = emptyRoom();
    const recording = room.record(join(folder, 'late.wav'));
    await room.close();
    await expect(recording).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    expect(ticker.size).toBe(0);
  });

  it('lets an empty room rest when it ends', async () => {
    const { clock, room, ticker } = emptyRoom();
    await room.record(join(folder, 'empty.wav'));
    clock.advance(1000);
    expect(ticker.size).toBe(1);
    expect((await room.stopRecord()).durationMs).toBe(1000);
    expect(ticker.size).toBe(0);
  });
});
