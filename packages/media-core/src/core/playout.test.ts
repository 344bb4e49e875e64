import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { AudioDecoder } from '../codec/audio-codec.ts';
import { emptyRtpHeader } from '../rtp/rtp.ts';
import type { StreamSettings } from './core-api.ts';
import { Playout } from './playout.ts';

const FRAME = 160;

/** A hum of 100 Hz, whose period fits a packet. */
const hum: AudioDecoder = {
  samplesIn: () => FRAME,
  decode(_, out) {
    for (let i = 0; i < FRAME; i++) out[i] = 8000 * Math.sin((2 * Math.PI * i) / 80);
    return FRAME;
  },
};

/** Packets as sequence number and place in time; the peaks of the frames that are heard of them. */
function peaks(packets: readonly [sequence: number, at: number][], frames: number): number[] {
  const settings = { jitterMinimumMs: 40, jitterMaximumMs: 200 } as StreamSettings; // all it reads
  const playout = new Playout(settings, new VirtualClock());
  const formats = [{ decoder: hum, sampleRate: 8000, clockRate: 8000 }];
  playout.configure({ formats, sampleRate: 8000, noiseClocks: new Map() });
  for (const [sequence, at] of packets) {
    const header = { ...emptyRtpHeader(), sequence, timestamp: at * FRAME, payloadEnd: 12 };
    playout.push(new Uint8Array(12), header, false);
  }
  return Array.from({ length: frames }, () => {
    const out = new Int16Array(FRAME);
    playout.read(out);
    return Math.max(...out);
  });
}

describe('what stands in for a packet that is not there', () => {
  const [before, after] = [
    [0, 0],
    [1, 1],
  ] as const;

  it('is the voice that goes on where it was lost', () => {
    const heard = peaks([[...before], [...after], [3, 3]], 6);
    expect(heard[4]).toBeGreaterThan(4000);
  });

  it('is silence where the other side sent none', () => {
    const heard = peaks([[...before], [...after], [2, 3]], 6);
    expect(heard.map((peak) => peak > 4000)).toEqual([false, false, true, true, false, true]);
    expect(heard[4]).toBe(0);
  });
});

it('asks nothing of a decoder that another agreement has left out, which may be closed', () => {
  const settings = { jitterMinimumMs: 40, jitterMaximumMs: 200 } as StreamSettings; // all it reads
  const playout = new Playout(settings, new VirtualClock());
  let asked = 0;
  const own: AudioDecoder = { ...hum, conceal: () => void asked++ };
  const configure = (decoder: AudioDecoder): void =>
    playout.configure({
      formats: [{ decoder, sampleRate: 8000, clockRate: 8000 }],
      sampleRate: 8000,
      noiseClocks: new Map(),
    });
  const read = (): void => {
    for (let frames = 0; frames < 5; frames++) playout.read(new Int16Array(FRAME));
  };
  configure(own);
  playout.push(new Uint8Array(12), { ...emptyRtpHeader(), payloadEnd: 12 }, false);
  read();
  expect(asked).toBeGreaterThan(0);
  asked = 0;
  configure(hum);
  read();
  expect(asked).toBe(0);
});
