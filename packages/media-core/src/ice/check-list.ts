import type { Endpoint } from '@strowger/runtime';
import { pairPriority } from './candidates.ts';

/** Where packets of ours leave from: the socket, or a relay's address behind it. */
export interface IceBase {
  readonly type: 'host' | 'relay';
  readonly priority: number;
}

/** An address of the other side's. */
export interface IceRemote extends Endpoint {
  readonly priority: number;
}

/** A base of ours with an address of theirs (RFC 8445 §6.1.2). */
export interface IcePair {
  readonly base: IceBase;
  readonly remote: IceRemote;
  state: 'waiting' | 'inProgress' | 'succeeded' | 'failed';
  /** The controlling side has said that it is the one, or will have once the check succeeds. */
  isNominated: boolean;
  /** When the other side was heard to receive here last. */
  heardAt: number;
}

/** Pairs of one generation; more would be checks sent to addresses that a stranger chose (§19.5.1). */
const MOST_PAIRS = 100;

/**
 * The pairs of one generation. None is ever frozen: there is one stream with one component, whose
 * pairs have foundations of their own.
 */
export class CheckList {
  readonly pairs: IcePair[] = [];
  /** Those that a request of theirs has asked for, first come first served (RFC 8445 §6.1.4.1). */
  private readonly triggered: IcePair[] = [];
  isControlling: boolean;

  constructor(isControlling: boolean) {
    this.isControlling = isControlling;
  }

  /** The pair of these, made where there is none yet; `undefined` where there are too many. */
  pair(base: IceBase, remote: IceRemote): IcePair | undefined {
    const known = this.find(base, remote);
    if (known !== undefined || this.pairs.length >= MOST_PAIRS) return known;
    const made: IcePair = { base, remote, state: 'waiting', isNominated: false, heardAt: 0 };
    this.pairs.push(made);
    return made;
  }

  find(base: IceBase, { address, port }: Endpoint): IcePair | undefined {
    return this.pairs.find(
      (one) => one.base === base && one.remote.port === port && one.remote.address === address,
    );
  }

  /** Asks for a check of a pair before all others. */
  trigger(pair: IcePair): void {
    if (!this.triggered.includes(pair)) this.triggered.push(pair);
  }

  /**
   * Whose turn it is: what was asked for, else, unless media has its way already (RFC 8445 §8.1.2),
   * what waits with the highest priority.
   */
  next(isSettled: boolean): IcePair | undefined {
    for (let pair = this.triggered.shift(); pair; pair = this.triggered.shift()) {
      if (pair.state !== 'succeeded') return pair;
    }
    return isSettled ? undefined : this.best('waiting');
  }

  /** The pair of this state with the highest priority. */
  best(state: IcePair['state']): IcePair | undefined {
    let best: IcePair | undefined;
    for (const pair of this.pairs) {
      if (pair.state === state && (!best || this.isBefore(pair, best))) best = pair;
    }
    return best;
  }

  /** Whether one is preferred to another. */
  isBefore(pair: IcePair, other: IcePair): boolean {
    return this.priority(pair) > this.priority(other);
  }

  /** Whether anything better than this may still turn out to work. */
  hasHopeAbove(pair: IcePair): boolean {
    return this.pairs.some(
      (one) => (one.state === 'waiting' || one.state === 'inProgress') && this.isBefore(one, pair),
    );
  }

  /** Where every pair has failed, all have another try. */
  reviveAll(): void {
    if (this.pairs.some(({ state }) => state !== 'failed')) return;
    for (const pair of this.pairs) pair.state = 'waiting';
  }

  private priority({ base, remote }: IcePair): bigint {
    return this.isControlling
      ? pairPriority(base.priority, remote.priority)
      : pairPriority(remote.priority, base.priority);
  }
}
