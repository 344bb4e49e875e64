import { StrowgerError } from '@strowger/runtime';
import type { Cleared, MarkOutcome } from './core-api.ts';
import type { Player } from './player.ts';
import type { SpokenQueue } from './spoken-queue.ts';

/** Marks that may wait. */
const LIMIT = 1000;

interface Mark {
  readonly name: string;
  /** The playback that has to end first, until it has. */
  play: number | undefined;
  /** Where in what was played it stands; known when `play` has ended. */
  played: number;
  /** Where in what was said it stands. */
  readonly said: number;
  resolve(outcome: MarkOutcome): void;
}

/** Marks in what is sent: each is reached when everything before it has left in a packet. */
export class Marks {
  private readonly player: Player;
  private readonly spoken: SpokenQueue;
  private readonly waiting: Mark[] = [];
  private last: { readonly name?: string; readonly played: number; readonly said: number } = {
    played: 0,
    said: 0,
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
      const mark = { name, play: player.last, played: player.total, said: spoken.taken, resolve };
      this.waiting.push(mark);
      this.check();
    });
  }

  /** To be called after each packet. */
  check(): void {
    for (;;) {
      const [mark] = this.waiting;
      if (mark === undefined || mark.play !== undefined || this.spoken.read < mark.said) return;
      this.waiting.shift();
      const { name, played, said } = mark;
      this.last = { name, played, said: Math.max(said, this.last.said) };
      mark.resolve({ name, reached: true });
    }
  }

  /** What waits to be said was forgotten: what stands behind it is not reached any more. */
  forgetSaid(): void {
    const kept = this.waiting.filter(({ said }) => said <= this.spoken.read);
    for (const mark of this.waiting.splice(0, this.waiting.length, ...kept)) {
      if (!kept.includes(mark)) mark.resolve({ name: mark.name, reached: false });
    }
  }

  /** What waits is not reached any more; to be called before anything is forgotten. */
  clear(sampleRate: number): Cleared {
    const { name, played, said } = this.last;
    const heard = this.player.total - played + this.spoken.read - said;
    const marks = this.waiting.map((mark) => mark.name);
    for (const mark of this.waiting.splice(0)) mark.resolve({ name: mark.name, reached: false });
    this.last = { played: this.player.total, said: this.spoken.read };
    const heardMs = (heard * 1000) / sampleRate;
    return { heardMs, ...(name !== undefined && { lastMark: name }), marks };
  }

  private playEnded(play: number, total: number): void {
    for (const mark of this.waiting) {
      if (mark.play !== play) continue;
      mark.play = undefined;
      mark.played = total;
    }
  }
}
