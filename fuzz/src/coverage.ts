import { type Profiler, Session } from 'node:inspector';

/** What V8 counted: a function or block of a script, and about how often it ran. */
export type Spot = string;

/**
 * V8's own block coverage of one script. It has to be started before that script is loaded: V8
 * counts blocks only in functions that it compiled with counters.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #isWanted: (url: string) => boolean;

  constructor(isWanted: (url: string) => boolean) {
    this.#isWanted = isWanted;
  }

  start(): void {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The spots that ran since the last call. */
  take(): Spot[] {
    const spots: Spot[] = [];
    for (const { url, functions } of this.#scripts()) {
      if (!this.#isWanted(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) spots.push(`${startOffset}-${endOffset}*${magnitude(count)}`);
        }
      }
    }
    return spots;
  }

  stop(): void {
    this.#session.disconnect();
  }

  #scripts(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // within one thread the answer is there before `post` returns
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      scripts = result;
    });
    return scripts;
  }
}

/** Once, a few times, dozens, hundreds: a loop that runs ten times longer is news, once more is not. */
function magnitude(count: number): number {
  return Math.min(4, Math.floor(Math.log2(count) / 3));
}
