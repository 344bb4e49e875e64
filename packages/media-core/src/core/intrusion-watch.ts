import type { Clock } from '@strowger/runtime';

/** A copy or two is what networks do; so many are somebody's. */
const WORTH_TELLING = 10;
/** They are counted for so long, and told once. */
const PERIOD_MS = 10_000;

/** What came where everything is encrypted, and was not the peer's. */
export interface Intrusion {
  packets: number;
  /** Of these: under a number that the peer's packets have had already (RFC 3711 §3.3.2). */
  replayed: number;
}

/** Tells that packets are forged or repeated: once in ten seconds, and only where they are many. */
export class IntrusionWatch {
  private readonly clock: Clock;
  private readonly tell: (intrusion: Intrusion) => void;
  private since = Number.NEGATIVE_INFINITY;
  private packets = 0;
  private replayed = 0;

  constructor(clock: Clock, tell: (intrusion: Intrusion) => void) {
    this.clock = clock;
    this.tell = tell;
  }

  /** A packet was not taken. */
  note(isReplay: boolean): void {
    const now = this.clock.now();
    if (now - this.since >= PERIOD_MS) {
      this.since = now;
      this.packets = 0;
      this.replayed = 0;
    }
    this.packets++;
    if (isReplay) this.replayed++;
    if (this.packets !== WORTH_TELLING) return;
    this.tell({ packets: this.packets, replayed: this.replayed });
  }
}
