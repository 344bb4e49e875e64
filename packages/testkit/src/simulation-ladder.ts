/** One arrow of a ladder. */
export interface LadderEntry {
  /** Milliseconds since the simulation began. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly fate: 'sent' | 'lost' | 'twice';
}

/** Remembers what was sent: the last entries, up to a limit. */
export class Ladder {
  private readonly limit: number;
  private entries: LadderEntry[] = [];

  /** @param limit how many entries are kept; 0 records nothing. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether recording is worth the while. */
  get isOn(): boolean {
    return this.limit > 0;
  }

  add(entry: LadderEntry): void {
    if (!this.isOn) return;
    this.entries.push(entry);
    // twice the limit before anything moves: dropping costs nothing per entry
    if (this.entries.length >= 2 * this.limit) this.entries = this.entries.slice(-this.limit);
  }

  /** One line an entry; with `between` only what went among those hosts. */
  text(between?: readonly string[]): string {
    return this.entries
      .slice(-this.limit)
      .filter(
        ({ from, to }) => between === undefined || [from, to].every((n) => between.includes(n)),
      )
      .map(line)
      .join('\n');
  }
}

function line({ at, from, to, label, fate }: LadderEntry): string {
  const arrow = fate === 'lost' ? '--x' : '-->';
  const twice = fate === 'twice' ? ' (twice)' : '';
  return `${String(at).padStart(6)} ${from} ${arrow} ${to}  ${label}${twice}`;
}
