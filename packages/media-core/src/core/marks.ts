import { StrowgerError } from '@strowger/runtime';
import type { Cleared, MarkOutcome } from './core-api.ts';
import type { Player } from './player.ts';
import type { SpokenQueue } from './spoken-queue.ts';

/** Marks that may wait. */
const LIMIT = 1000;
/** Sums of milliseconds are not exact; this is less than a sample. */
const TOLERANCE_MS = 0.01;

interface Mark {
  readonly name: string;
  /** The playback that has to end first, until it has. */
  play: number | undefined;
  /** Where in what was played it stands; known when `play` has ended. */
  playedMs: number;
  /** Where in what was said it stands. */
  readonly saidMs: number;
  resolve(outcome: MarkOutcome): void;
}

/** Marks in what is sent: each is reached when everything before it has left in a packet. */
export class Marks {
  private readonly player: Player;
  private readonly spoken: SpokenQueue;
  private readonly waiting: Mark[] = [];
  private last: { readonly name?: string; readonly playedMs: number; readonly saidMs: number } = {
    playedMs: 0,
    saidMs: 0,
  };

  constructor(player: Player, spoken: SpokenQueue) {
    this.player = player;
    this.spoken = spoken;
    player.onEnded = (play, total) => this.playEnded(play, total);
  }

  /** Resolves when everything up to now has left; rejects with `MEDIA_TOO_MANY_MARKS`. */
  add(name: string): Promise<MarkOutcome> {
    if (this.waiting.length >= LIMIT) {
      throw new StrowgerError('MEDIA_TOO_MANY_MARKS', `${LIMIT} marks wait already`);
    }
    return new Promise((resolve) => {
      const { player, spoken } = this;
      const mark = {
        name,
        play: player.last,
        playedMs: player.totalMs,
        saidMs: spoken.takenMs,
        resolve,
      };
      this.waiting.push(mark);
      this.check();
    });
  }

  /** To be called after each packet. */
  check(): void {
    for (;;) {
      const [mark] = this.waiting;
      if (mark === undefined || mark.play !== undefined || this.isAhead(mark)) return;
      this.waiting.shift();
      const { name, playedMs, saidMs } = mark;
      this.last = { name, playedMs, saidMs: Math.min(saidMs, this.spoken.readMs) };
      mark.resolve({ name, reached: true });
    }
  }

  /** What waits to be said was forgotten: what stands behind it is not reached any more. */
  forgetSaid(): void {
    const kept = this.waiting.filter((mark) => !this.isAhead(mark));
    for (const mark of this.waiting.splice(0, this.waiting.length, ...kept)) {
      if (!kept.includes(mark)) mark.resolve({ name: mark.name, reached: false });
    }
  }

  /** What waits is not reached any more; to be called before anything is forgotten. */
  clear(): Cleared {
    const { name, playedMs, saidMs } = this.last;
    const heardMs = this.player.totalMs - playedMs + this.spoken.readMs - saidMs;
    const marks = this.waiting.map((mark) => mark.name);
    for (const mark of this.waiting.splice(0)) mark.resolve({ name: mark.name, reached: false });
    this.last = { playedMs: this.player.totalMs, saidMs: this.spoken.readMs };
    return { heardMs: rounded(heardMs), ...(name !== undefined && { lastMark: name }), marks };
  }

  /** Whether something of what was said before it still waits. */
  private isAhead({ saidMs }: Mark): boolean {
    return !this.spoken.isEmpty && this.spoken.readMs < saidMs - TOLERANCE_MS;
  }

  private playEnded(play: number, totalMs: number): void {
    for (const mark of this.waiting) {
      if (mark.play !== play) continue;
      mark.play = undefined;
      mark.playedMs = totalMs;
    }
  }
}

/** To a microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
