import type { Clock } from '@strowger/runtime';
import type { Cleared, MarkOutcome, Playback } from '@strowger/session-core';

interface Tone {
  began: number | undefined;
  playedMs: number;
  isPaused: boolean;
  resolve(outcome: { playedMs: number; stopped: boolean }): void;
}

interface Mark {
  readonly name: string;
  readonly after: Tone;
  resolve(outcome: MarkOutcome): void;
}

/** @internal What a fake endpoint plays: tones that last until they are stopped, one by one. */
export class FakePlaying {
  private readonly clock: Clock | undefined;
  private readonly queue: Tone[] = [];
  private marks: Mark[] = [];
  private lastMark: string | undefined;
  private heardMs = 0;

  constructor(clock: Clock | undefined) {
    this.clock = clock;
  }

  start(isQueued: boolean): Playback {
    if (!isQueued) this.stopAll();
    let begun: Tone | undefined;
    const finished = new Promise<{ playedMs: number; stopped: boolean }>((resolve) => {
      begun = { began: undefined, playedMs: 0, isPaused: false, resolve };
    });
    const tone = begun as unknown as Tone; // a promise runs its executor at once
    this.queue.push(tone);
    this.go();
    return {
      finished,
      stop: () => this.stop(tone),
      pause: () => {
        tone.isPaused = true;
        this.halt(tone);
      },
      resume: () => {
        tone.isPaused = false;
        this.go();
      },
    };
  }

  mark(name: string): Promise<MarkOutcome> {
    const after = this.queue.at(-1);
    if (after === undefined) return Promise.resolve(this.reached(name));
    return new Promise((resolve) => this.marks.push({ name, after, resolve }));
  }

  clear(): Cleared {
    const dropped = this.marks;
    const { lastMark } = this;
    this.marks = [];
    this.stopAll();
    const { heardMs } = this;
    this.heardMs = 0;
    this.lastMark = undefined;
    for (const { name, resolve } of dropped) resolve({ name, reached: false });
    const marks = dropped.map(({ name }) => name);
    return { heardMs, ...(lastMark !== undefined && { lastMark }), marks };
  }

  private stopAll(): void {
    for (let [tone] = this.queue; tone !== undefined; [tone] = this.queue) this.stop(tone);
  }

  private stop(tone: Tone): void {
    const at = this.queue.indexOf(tone);
    if (at < 0) return;
    this.queue.splice(at, 1);
    this.halt(tone);
    tone.resolve({ playedMs: tone.playedMs, stopped: true });
    const isPast = (mark: Mark): boolean => mark.after === tone;
    for (const { name, resolve } of this.marks.filter(isPast)) resolve(this.reached(name));
    this.marks = this.marks.filter((mark) => !isPast(mark));
    this.go();
  }

  private reached(name: string): MarkOutcome {
    this.lastMark = name;
    this.heardMs = 0;
    return { name, reached: true };
  }

  private go(): void {
    const [first] = this.queue;
    if (first !== undefined && !first.isPaused) first.began ??= this.now();
  }

  private halt(tone: Tone): void {
    if (tone.began === undefined) return;
    const passed = this.now() - tone.began;
    tone.began = undefined;
    tone.playedMs += passed;
    this.heardMs += passed;
  }

  private now(): number {
    return this.clock?.now() ?? 0;
  }
}
