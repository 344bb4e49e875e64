import type { FrameMath } from './frame-math.ts';

/** What is filtered at once, at most. */
export const BLOCK_SAMPLES = 2048;
/** The most samples that become of one: 8 to 48 kHz. */
const LARGEST_RATIO = 6;
/** No filter is longer: 48 to 8 kHz. */
const LONGEST_FILTER = 512;

/** Where everything lies in the memory, in bytes. */
const BLOCK_AT = 0;
const INPUT_AT = 2 * BLOCK_SAMPLES + 64;
const OUTPUT_AT = INPUT_AT + 4 * (LONGEST_FILTER + BLOCK_SAMPLES) + 64;
const TABLES_AT = OUTPUT_AT + 2 * LARGEST_RATIO * BLOCK_SAMPLES + 64;

/** One block's way through a filter. */
export interface Filtering {
  /** What came before the block; afterwards, what came before its end. */
  readonly history: Float32Array;
  /** Where the filters lie, as `table` told. */
  readonly filters: number;
  readonly taps: number;
  readonly up: number;
  readonly down: number;
  /** Where the first output lies. */
  readonly position: number;
  readonly phase: number;
  /** How many samples are due. */
  readonly count: number;
}

/** Where blocks are filtered, all in one memory: filters are kept there, once for each of their kind. */
export class FilterBench {
  private readonly math: FrameMath;
  private readonly tables = new Map<string, number>();
  private end = TABLES_AT;
  /** What the views are of: memory that grows is another buffer. */
  private buffer: ArrayBuffer | undefined;
  private block = new Int16Array(0);
  private floats = new Float32Array(0);
  private output = new Int16Array(0);

  constructor(math: FrameMath) {
    this.math = math;
  }

  /** Keeps a table under a name and tells where it lies. */
  table(name: string, make: () => Float32Array): number {
    const known = this.tables.get(name);
    if (known !== undefined) return known;
    const table = make();
    const at = this.end;
    this.end = at + 16 * Math.ceil(table.length / 4);
    this.math.grow(this.end + 64);
    new Float32Array(this.math.memory.buffer, at, table.length).set(table);
    this.tables.set(name, at);
    return at;
  }

  /** Filters at most `BLOCK_SAMPLES`; the outcome is the caller's. */
  filter(block: Int16Array, filtering: Filtering): Int16Array {
    const { math } = this;
    const { history, filters, taps, up, down, position, phase, count } = filtering;
    this.look();
    this.block.set(block);
    this.floats.set(history);
    math.widen(BLOCK_AT, INPUT_AT + 4 * history.length, block.length);
    const from = INPUT_AT + 4 * position;
    math.resample(from, filters, taps, up, down, phase, OUTPUT_AT, count);
    history.set(this.floats.subarray(block.length, block.length + history.length));
    return this.output.slice(0, count);
  }

  private look(): void {
    const { buffer } = this.math.memory;
    if (buffer === this.buffer) return;
    this.buffer = buffer;
    this.block = new Int16Array(buffer, BLOCK_AT, BLOCK_SAMPLES);
    this.floats = new Float32Array(buffer, INPUT_AT, LONGEST_FILTER + BLOCK_SAMPLES);
    this.output = new Int16Array(buffer, OUTPUT_AT, LARGEST_RATIO * BLOCK_SAMPLES + 32);
  }
}
