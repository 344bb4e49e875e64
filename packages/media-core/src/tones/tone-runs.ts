import { TONE_BLOCK_MS, type ToneBlock, ToneMeter } from './tone-meter.ts';

/** A block belongs to a tone that is so near to it. */
const SAME_HZ = 25;
/** The edges of a tone, and jumps of its phase (ITU-T V.25), spoil so much at most. */
const SPOILT_MS = 30;

/** What sounds the same for a while. */
export interface ToneRun {
  readonly kind: 'tone' | 'silence' | 'other';
  /** Mean frequency; 0 where it is no tone. */
  readonly hz: number;
  readonly durationMs: number;
}

interface Growing {
  kind: ToneRun['kind'];
  hz: number;
  durationMs: number;
}

/** Sound as a row of tones, silence and everything else. What is too short to be any is left out. */
export class ToneRuns {
  private readonly meter = new ToneMeter();
  private readonly tell: (run: ToneRun) => void;
  private run: Growing = { kind: 'silence', hz: 0, durationMs: 0 };
  /** What interrupts the run, and may become the next one. */
  private next: Growing = { kind: 'other', hz: 0, durationMs: 0 };

  /** Told of each run when it is over. */
  constructor(tell: (run: ToneRun) => void) {
    this.tell = tell;
  }

  /** What has not ended yet. */
  get present(): ToneRun {
    return this.run;
  }

  /** Hears samples at `TONE_RATE`. */
  push(samples: Int16Array): void {
    this.meter.push(samples, this.onBlock);
  }

  private readonly onBlock = (block: Readonly<ToneBlock>): void => {
    const { run, next } = this;
    if (belongs(block, run)) {
      // what interrupted it was too short to count: it goes on
      run.durationMs += next.durationMs;
      next.durationMs = 0;
      grow(run, block);
      return;
    }
    if (next.durationMs > 0 && !belongs(block, next)) {
      run.durationMs += next.durationMs; // an edge
      next.durationMs = 0;
    }
    if (next.durationMs === 0) begin(next, block);
    grow(next, block);
    if (next.durationMs < SPOILT_MS) return;
    this.run = next;
    this.next = { kind: 'other', hz: 0, durationMs: 0 };
    this.tell({ ...run });
  };
}

function kindOf({ isSilent, hz }: Readonly<ToneBlock>): ToneRun['kind'] {
  if (isSilent) return 'silence';
  return hz > 0 ? 'tone' : 'other';
}

function belongs(block: Readonly<ToneBlock>, run: Growing): boolean {
  const kind = kindOf(block);
  return kind === run.kind && (kind !== 'tone' || Math.abs(block.hz - run.hz) <= SAME_HZ);
}

function begin(run: Growing, block: Readonly<ToneBlock>): void {
  run.kind = kindOf(block);
  run.hz = block.hz;
}

function grow(run: Growing, block: Readonly<ToneBlock>): void {
  run.durationMs += TONE_BLOCK_MS;
  if (run.kind !== 'tone') return;
  const share = TONE_BLOCK_MS / Math.min(run.durationMs, 200);
  run.hz += (block.hz - run.hz) * share;
}
