import type { Logger } from '@strowger/runtime';
import type { RelayedLine } from '../sdp/index.ts';
import type { OpenPassage } from './passages.ts';

type End = 'a' | 'b';

/** What the lines of a relay are made of. */
export interface RelayLinesOptions {
  open(): Promise<OpenPassage>;
  readonly logger: Logger;
}

/**
 * The lines beside audio of one relay, by their places: opened when an offer with them goes on,
 * kept while both ends want them. Ports are taken for none that is refused.
 */
export class RelayLines {
  private readonly options: RelayLinesOptions;
  private readonly passages = new Map<number, OpenPassage>();
  /** Places of the lines of the last round that was agreed. */
  private agreed: ReadonlySet<number> = new Set();
  private isClosed = false;

  constructor(options: RelayLinesOptions) {
    this.options = options;
  }

  /** Opens what is missing; a line for which there are no ports is not among those at hand then. */
  async provide(places: readonly number[]): Promise<void> {
    for (const place of places) {
      if (this.passages.has(place) || this.isClosed) continue;
      try {
        const passage = await this.options.open();
        if (this.isClosed || this.passages.has(place)) await passage.close();
        else this.passages.set(place, passage);
      } catch (error) {
        this.options.logger.warn({ error, place }, 'a media line does not pass: no ports for it');
        return;
      }
    }
  }

  /** Our ports at one end, for lines at these places. */
  ports(end: End, places: readonly number[]): Map<number, number> {
    const ports = new Map<number, number>();
    for (const place of places) {
      const passage = this.passages.get(place);
      if (passage) ports.set(place, passage.ports[end]);
    }
    return ports;
  }

  /** A round is agreed: packets of its lines pass, all other ports are free. */
  async agree(lines: readonly RelayedLine[], offerer: End): Promise<void> {
    this.agreed = new Set(lines.map(({ index }) => index));
    await Promise.all(
      lines.map(async ({ index, a: offering, b: answering }) => {
        const [a, b] = offerer === 'a' ? [offering, answering] : [answering, offering];
        await this.passages.get(index)?.set({ a, b });
      }),
    );
    await this.settle();
  }

  /** Frees what was opened for a round that was not agreed. */
  async settle(): Promise<void> {
    const unused = [...this.passages].filter(([place]) => !this.agreed.has(place));
    for (const [place] of unused) this.passages.delete(place);
    await Promise.all(unused.map(([, passage]) => passage.close()));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.agreed = new Set();
    await this.settle();
  }
}
