import { chanceOf, hashText } from './simulation-chance.ts';

/** How a link treats what crosses it, in either direction. Chances are from 0 to 1. */
export interface LinkSettings {
  /** How long a packet takes, in whole milliseconds. */
  readonly latencyMs: number;
  /** Up to this much more, by chance: packets may then overtake each other. */
  readonly jitterMs: number;
  /** Chance that a datagram is lost. Streams lose nothing. */
  readonly loss: number;
  /** Chance that a datagram arrives twice. */
  readonly duplicate: number;
  /** Chance that a datagram is held back for one to four latencies. */
  readonly reorder: number;
  /** Chance that what is written to a stream arrives in two to five segments. */
  readonly split: number;
  /** Chance that what is written to a stream waits and arrives together with what follows. */
  readonly merge: number;
  /** Chance that a stream breaks within what is written, at any of its bytes. */
  readonly cut: number;
}

/** What became of one datagram, by its number on its way: `alice>bob#3`. */
export interface DatagramFate {
  readonly key: string;
  readonly lost: boolean;
  /** The delays of its copies: one, or two. */
  readonly delaysMs: readonly number[];
}

/** What becomes of one write to a stream. */
export interface WriteFate {
  /** Where the bytes are cut into segments. */
  readonly splits: readonly number[];
  readonly held: boolean;
  /** The byte at which the stream breaks. */
  readonly cutAt: number | undefined;
}

interface Way {
  readonly key: string;
  readonly seed: number;
  /** The settings, kept until they change. */
  settings: LinkSettings | undefined;
  datagrams: number;
  writes: number;
}

/** A link without faults: 10 ms. */
export const PLAIN_LINK: LinkSettings = {
  latencyMs: 10,
  jitterMs: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  split: 0,
  merge: 0,
  cut: 0,
};

/** The links between hosts and what they do by chance: each direction of each has its own. */
export class Links {
  /** Told of every datagram that was lost, doubled or held back. */
  onFault: ((key: string) => void) | undefined;
  /** Only these happen, where given: a run is repeated with fewer faults. */
  onlyFaults: ReadonlySet<string> | undefined;
  private readonly seed: number;
  private readonly defaults: LinkSettings;
  private readonly special = new Map<string, LinkSettings>();
  private readonly ways = new Map<string, Way>();
  private readonly broken = new Set<string>();

  constructor(seed: number, defaults: LinkSettings) {
    this.seed = seed;
    this.defaults = defaults;
  }

  set(a: string, b: string, settings: Partial<LinkSettings>): void {
    this.special.set(pair(a, b), { ...this.between(a, b), ...settings });
    for (const way of this.ways.values()) way.settings = undefined;
  }

  between(a: string, b: string): LinkSettings {
    return this.special.get(pair(a, b)) ?? this.defaults;
  }

  partition(a: string, b: string): void {
    this.broken.add(pair(a, b));
  }

  heal(a: string, b: string): void {
    this.broken.delete(pair(a, b));
  }

  isCut(a: string, b: string): boolean {
    const { broken } = this;
    if (broken.size === 0) return false;
    return broken.has(pair(a, b)) || broken.has(pair(a, '*')) || broken.has(pair(b, '*'));
  }

  /** What becomes of the next datagram from one host to another. */
  datagram(from: string, to: string): DatagramFate {
    const way = this.way(from, to);
    const link = this.settingsOf(way, from, to);
    const number = way.datagrams++;
    const { seed } = way;
    const { loss, duplicate, reorder, latencyMs, jitterMs } = link;
    const isLost = loss > 0 && chanceOf(seed, number, 0) < loss;
    const isDouble = duplicate > 0 && chanceOf(seed, number, 1) < duplicate;
    const isLate = reorder > 0 && chanceOf(seed, number, 2) < reorder;
    const key = isLost || isDouble || isLate ? `${way.key}#${number}` : '';
    const happens = key !== '' && this.happens(key);
    const jitter = jitterMs > 0 ? Math.floor(chanceOf(seed, number, 3) * (jitterMs + 1)) : 0;
    const first = latencyMs + jitter;
    if (!happens) return { key, lost: false, delaysMs: [first] };
    const held = isLate ? Math.ceil(latencyMs * (1 + 3 * chanceOf(seed, number, 4))) : 0;
    const delaysMs = [first + held];
    if (isDouble) delaysMs.push(latencyMs + Math.floor(jitterMs * chanceOf(seed, number, 5)));
    return { key, lost: isLost, delaysMs };
  }

  /** What becomes of the next write to a stream. */
  write(from: string, to: string, length: number): WriteFate {
    const way = this.way(from, to);
    const { split, merge, cut } = this.settingsOf(way, from, to);
    const number = way.writes++;
    const seed = way.seed ^ 0x5bd1e995;
    const splits: number[] = [];
    if (split > 0 && chanceOf(seed, number, 0) < split) {
      const pieces = 1 + Math.floor(4 * chanceOf(seed, number, 1));
      for (let piece = 0; piece < pieces; piece++) {
        splits.push(Math.floor(length * chanceOf(seed, number, 10 + piece)));
      }
    }
    const isCut = cut > 0 && chanceOf(seed, number, 3) < cut;
    return {
      splits: splits.toSorted((a, b) => a - b),
      held: merge > 0 && chanceOf(seed, number, 2) < merge,
      cutAt: isCut ? Math.floor(length * chanceOf(seed, number, 4)) : undefined,
    };
  }

  private happens(key: string): boolean {
    if (this.onlyFaults !== undefined && !this.onlyFaults.has(key)) return false;
    this.onFault?.(key);
    return true;
  }

  private way(from: string, to: string): Way {
    const key = `${from}>${to}`;
    const known = this.ways.get(key);
    if (known !== undefined) return known;
    const seed = this.seed ^ hashText(key);
    const way: Way = { key, seed, settings: undefined, datagrams: 0, writes: 0 };
    this.ways.set(key, way);
    return way;
  }

  private settingsOf(way: Way, from: string, to: string): LinkSettings {
    way.settings ??= this.between(from, to);
    return way.settings;
  }
}

function pair(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`;
}
