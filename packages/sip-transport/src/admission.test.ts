import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { Admission } from './admission.ts';

const admitted = (admission: Admission, source: string, tries: number): number => {
  let count = 0;
  for (let attempt = 0; attempt < tries; attempt++) if (admission.admits(source)) count++;
  return count;
};

describe('admission', () => {
  it('admits a burst of one second and then what a second brings', () => {
    const clock = new VirtualClock();
    const admission = new Admission(clock, 10, 100);
    expect(admitted(admission, 'a', 50)).toBe(10);
    clock.advance(500);
    expect(admitted(admission, 'a', 50)).toBe(5);
    clock.advance(60_000);
    expect(admitted(admission, 'a', 50)).toBe(10);
  });

  it('takes account of each source by itself', () => {
    const admission = new Admission(new VirtualClock(), 3, 100);
    expect(admitted(admission, 'a', 5)).toBe(3);
    expect(admitted(admission, 'b', 5)).toBe(3);
  });

  it('keeps account of no more sources than it may', () => {
    const admission = new Admission(new VirtualClock(), 3, 10);
    for (let source = 0; source < 1000; source++) admission.admits(`source ${source}`);
    expect(admission.sources).toBe(10);
  });

  it('admits everything, and remembers nobody, at 0', () => {
    const admission = new Admission(new VirtualClock(), 0, 10);
    expect(admitted(admission, 'a', 1000)).toBe(1000);
    expect(admission.sources).toBe(0);
  });
});
