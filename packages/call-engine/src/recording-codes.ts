import type { Clock } from '@strowger/runtime';
import type { Side } from './call-table.ts';

/** What a party wants of the recording of its call. */
export type RecordingWish = 'start' | 'pause' | 'stop';

/** What is typed for it; what is absent cannot be typed. */
export type RecordingCodeTable = Readonly<Partial<Record<RecordingWish, string>>>;

/** So long after one key the next one belongs to the same code. */
const KEY_MS = 3000;
const LONGEST = 8;

/** Codes in what the two parties of a call type, whatever else they type before and after. */
export class RecordingCodes {
  private readonly codes: readonly (readonly [RecordingWish, string])[];
  private readonly clock: Clock;
  private readonly typed: Record<Side, { text: string; at: number }> = {
    caller: { text: '', at: 0 },
    callee: { text: '', at: 0 },
  };

  constructor(codes: RecordingCodeTable, clock: Clock) {
    // the longest first: `*11` is not `*1`, and something else
    const known = Object.entries(codes) as [RecordingWish, string][]; // its own keys
    this.codes = known.sort(([, one], [, other]) => other.length - one.length);
    this.clock = clock;
  }

  /** What a side wants with this digit, which may be the last one of a code. */
  type(side: Side, digit: string): RecordingWish | undefined {
    const typed = this.typed[side];
    const now = this.clock.now();
    const before = now - typed.at > KEY_MS ? '' : typed.text;
    typed.text = `${before}${digit}`.slice(-LONGEST);
    typed.at = now;
    const found = this.codes.find(([, code]) => typed.text.endsWith(code));
    if (found !== undefined) typed.text = '';
    return found?.[0];
  }
}
