import { describe, expect, it } from 'vitest';
import { JitterBuffer } from './jitter-buffer.ts';
import type { PacketDecoder } from './packet-decoder.ts';
import { emptyRtpHeader } from './rtp.ts';

const FRAME = 4;
const OPTIONS = { clockRate: 200, minimumMs: 40, maximumMs: 200 };

/** A stream at 200 Hz, four samples in a packet: each sample has its packet's number. */
function story(options = OPTIONS) {
  const buffer = new JitterBuffer(options);
  const out = new Int16Array(FRAME);
  const pauses: boolean[] = [];
  const decoder: PacketDecoder = {
    decode(payload, _, samples) {
      samples.set(payload);
      return payload.length;
    },
    fill(samples, from, to, isPause) {
      samples.fill(0, from, to);
      pauses.push(isPause);
    },
  };
  const put = (number: number, { at = number, beginsPause = false } = {}): void => {
    const payload = new Uint8Array(FRAME).fill(number & 0xff);
    const header = {
      ...emptyRtpHeader(),
      sequence: number & 0xffff,
      timestamp: (at * FRAME) >>> 0,
      payloadEnd: FRAME,
    };
    buffer.push(payload, header, { samples: FRAME, beginsPause });
  };
  return {
    buffer,
    /** Of each hole that was filled, whether it was told to be a pause. */
    pauses,
    push(...numbers: number[]) {
      for (const number of numbers) put(number);
    },
    /** A packet behind which the other side says nothing. */
    tellSilence: (number: number) => put(number, { beginsPause: true }),
    /** A packet with another place in time than its number says. */
    pushAt: (number: number, at: number) => put(number, { at }),
    /** Reads so many frames: each as its only value, or all values where they differ. */
    read(frames: number): (number | number[])[] {
      return Array.from({ length: frames }, () => {
        buffer.read(out, decoder);
        return new Set(out).size === 1 ? (out[0] ?? 0) : [...out];
      });
    },
  };
}

describe('the jitter buffer', () => {
  it('plays in order, after its delay', () => {
    const { push, read } = story();
    push(1, 3, 2);
    expect(read(6)).toEqual([0, 0, 1, 2, 3, 0]);
  });

  it('leaves a gap for what is lost', () => {
    const { push, read } = story();
    push(1, 2, 4);
    expect(read(6)).toEqual([0, 0, 1, 2, 0, 4]);
  });

  it('plays a duplicate once', () => {
    const { buffer, push, read } = story();
    push(1, 2, 2, 1);
    expect(read(5)).toEqual([0, 0, 1, 2, 0]);
    expect(buffer.stats.duplicates).toBe(2);
  });

  it('drops what comes late, and waits longer from then on', () => {
    const { buffer, push, read } = story();
    push(1, 2);
    expect(read(5)).toEqual([0, 0, 1, 2, 0]);
    const { delayMs } = buffer.stats;
    push(3);
    expect(buffer.stats.late).toBe(1);
    expect(buffer.stats.delayMs).toBeGreaterThan(delayMs);
    push(4);
    expect(read(1)).toEqual([[0, 4, 4, 4]]);
  });

  it('never waits longer than its maximum', () => {
    const { buffer, push, read } = story();
    for (let number = 1; number < 100; number++) {
      push(number);
      read(number % 10 === 0 ? 5 : 1);
    }
    expect(buffer.stats.targetMs).toBeLessThanOrEqual(200);
  });

  it('goes on across the wrap of sequence and timestamp', () => {
    const { push, read } = story();
    push(2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1);
    expect(read(5)).toEqual([0, 0, 255, 0, 1]);
  });

  it.each([
    ['back', -1_000_000],
    ['on', 1_000_000],
  ])('measures the network anew where a timestamp jumps far %s', (_, jump) => {
    const { buffer, push, read } = story();
    push(1, 2);
    for (let number = 3; number < 200; number++) {
      push(number < 100 ? number : number + jump);
      read(1);
    }
    expect(buffer.stats).toMatchObject({ late: 0, targetMs: 40 });
    expect(buffer.stats.delayMs).toBeLessThan(60);
  });

  it('follows a timestamp that jumps', () => {
    const { push, read } = story();
    push(1, 2);
    read(4);
    push(100_000, 100_001);
    expect(read(4)).toEqual([0, 0, 100_000 & 0xff, 100_001 & 0xff]);
  });

  it.each([
    ['back', 500_000, 1000],
    ['on, after it stood still in a pause', 500_000, 500_002],
  ])('takes no jump of the clock for a slow network: %s', (_, first, second) => {
    const { buffer, pushAt, read } = story();
    for (let at = 0; at < 2; at++) pushAt(1 + at, first + at);
    read(4 + 100);
    for (let at = 0; at < 10; at++) {
      pushAt(3 + at, second + at);
      read(1);
    }
    expect(buffer.stats.targetMs).toBe(40);
    expect(buffer.stats.delayMs).toBeLessThan(80);
  });

  it('takes up again after a pause, with its delay', () => {
    const { push, read } = story();
    push(1, 2);
    read(28);
    push(29, 30);
    expect(read(4)).toEqual([0, 0, 29, 30]);
  });

  it('counts a hold of a minute as a pause, and not as lost', () => {
    const { buffer, pauses, push, read } = story();
    push(1, 2);
    read(3004);
    const { concealedMs, underruns } = buffer.stats;
    expect(concealedMs).toBeLessThanOrEqual(300);
    expect(underruns).toBeLessThanOrEqual(15);
    expect(pauses.slice(-2980)).not.toContain(false);
    push(3005, 3006);
    expect(read(4)).toEqual([0, 0, 3005 & 0xff, 3006 & 0xff]);
    push(3008);
    read(2);
    expect(buffer.stats.concealedMs).toBeGreaterThan(concealedMs);
  });

  it('counts what is not sent in a silence that was told as nothing lost', () => {
    const { buffer, pauses, push, tellSilence, read } = story();
    push(1, 2);
    read(2);
    tellSilence(3);
    read(20);
    const { concealedMs, underruns } = buffer.stats;
    expect({ concealedMs, underruns }).toEqual({ concealedMs: 0, underruns: 0 });
    expect(pauses).not.toContain(false);
    push(40);
    push(41, 43); // lost once they speak again is lost
    expect(read(6)).toEqual([0, 0, 40, 41, 0, 43]);
    expect(buffer.stats.concealedMs).toBe(20);
  });

  it('starts anew when the network has become slower than its maximum', () => {
    const { buffer, push, read } = story();
    push(1, 2);
    const played: unknown[] = [];
    for (let number = 3; number < 30; number++) {
      if (number > 20) push(number - 18);
      played.push(...read(1));
    }
    expect(buffer.stats.late).toBeLessThan(6);
    expect(played.slice(-2)).not.toEqual([0, 0]);
  });

  it('is not moved by a packet from long ago', () => {
    const { buffer, push, read } = story();
    push(101, 102);
    const old = { ...emptyRtpHeader(), sequence: 20, timestamp: 80, payloadEnd: FRAME };
    buffer.push(new Uint8Array(FRAME), old, { samples: FRAME, isMisordered: true });
    expect(read(4)).toEqual([0, 0, 101, 102]);
    expect(buffer.stats.late).toBe(1);
  });

  it('holds a second at most, whatever is pushed', () => {
    const { buffer, push } = story();
    push(...Array.from({ length: 1000 }, (_, at) => at));
    expect(buffer.stats.overflowed).toBeGreaterThan(900);
  });

  it('shortens a delay that was longer than needed for seconds', () => {
    const { buffer, push, read } = story();
    push(1, 2);
    read(9);
    push(3, 4, 5, 6, 7, 8, 9);
    const grown = buffer.stats.targetMs;
    for (let number = 10; number < 900; number++) {
      push(number);
      read(1);
    }
    expect(buffer.stats.targetMs).toBeLessThan(grown);
    expect(buffer.stats.targetMs).toBeGreaterThanOrEqual(40);
  });
});
