import { describe, expect, it } from 'vitest';
import { nodeRuntime } from './node-runtime.ts';
import { seededRandom } from './random.ts';

describe('seededRandom', () => {
  it('repeats itself for a seed and differs for another', () => {
    const first = seededRandom(7);
    const again = seededRandom(7);
    const other = seededRandom(8);
    const token = first.token();
    expect(again.token()).toBe(token);
    expect(other.token()).not.toBe(token);
  });

  it('spreads its floats evenly', () => {
    const random = seededRandom(1);
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw++) {
      const bucket = Math.floor(random.float() * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe("the system's bytes", () => {
  it('never come twice, whatever their lengths', () => {
    const { random } = nodeRuntime();
    const seen = new Set<string>();
    for (let draw = 0; draw < 5000; draw++) {
      const bytes = random.bytes(8 + (draw % 40));
      expect(bytes).toHaveLength(8 + (draw % 40));
      seen.add(Buffer.from(bytes.subarray(0, 8)).toString('hex'));
    }
    expect(seen.size).toBe(5000);
    expect(random.bytes(5000)).toHaveLength(5000);
  });
});

describe('a token', () => {
  it('holds only letters and digits, long enough for its bits', () => {
    const token = nodeRuntime().random.token(128);
    expect(token).toMatch(/^[a-z0-5]{26}$/);
  });
});
