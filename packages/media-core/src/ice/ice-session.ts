import type { Clock, Endpoint, Random, Timer } from '@strowger/runtime';
import type { IceDescription, NegotiatedIce } from '../sdp/index.ts';
import { ATTRIBUTES, isSignedWith, readErrorCode, type StunMessage, utf8 } from '../stun/index.ts';
import { type ReceivedCheck, senderOf, writeCheck, writeSuccess } from './binding.ts';
import { isUsable } from './candidates.ts';
import type { IceBase, IcePair } from './check-list.ts';
import { CheckTransactions, type PendingCheck } from './check-transactions.ts';
import { Consent } from './consent.ts';
import { type Generation, learnRemote, newGeneration } from './generation.ts';
import { judgeRequest } from './incoming-check.ts';

/** What a session is made of. */
export interface IceSessionOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** 4 or 6: the family of the socket. */
  readonly family: number;
  send(packet: Uint8Array, base: IceBase, to: Endpoint): void;
  /** Media goes another way from now on, or for the first time. */
  onSelected(pair: IcePair): void;
  /** Nothing works, or what worked no longer does: nothing is sent any more. */
  onFailed(reason: string): void;
}

/** Pause between checks (RFC 8445 §14.2). */
const PACE_MS = 50;
/** How long a better pair is waited for once one works. */
const NOMINATE_AFTER_MS = 150;
/** How long it may take until there is a pair (RFC 8863 §3). */
const PATIENCE_MS = 39_500;
/** A pair that was not heard on for this long may be left for a worse one. */
const STALE_MS = 10_000;

/**
 * One stream's ICE (RFC 8445), as a full or a lite implementation: it makes checks, answers them,
 * and knows where media may go. What anybody may send changes nothing that is not signed.
 */
export class IceSession {
  private readonly options: IceSessionOptions;
  private readonly bases: IceBase[] = [];
  private readonly transactions: CheckTransactions;
  private readonly consent: Consent;
  private readonly tieBreaker: Uint8Array;
  private current: Generation | undefined;
  private previous: Generation | undefined;
  private path: IcePair | undefined;
  private pace: Timer | undefined;
  private patience: Timer | undefined;
  private waitForBetter: Timer | undefined;

  constructor(options: IceSessionOptions) {
    const { clock, random } = options;
    this.options = options;
    this.tieBreaker = random.bytes(8);
    this.transactions = new CheckTransactions({
      clock,
      send: (check) => this.sendCheck(check),
      onTimeout: (check) => this.onTimeout(check),
    });
    this.consent = new Consent({
      clock,
      random,
      ask: (pair) => this.check(pair, { nominates: false, isConsent: true }),
      onLost: () => this.fail('The other side no longer answers'),
    });
  }

  /** Where media goes: the pair that was nominated, else the best that works. */
  get target(): IcePair | undefined {
    return this.path;
  }

  /** Whether the other side is asked time and again if it wants what we send: a lite side never asks. */
  get asksForConsent(): boolean {
    return this.current?.local.lite === false;
  }

  /** Whether the other side has shown that it is there. */
  isVerified(from: Endpoint): boolean {
    const { remote } = this.path ?? {};
    if (remote?.port === from.port && remote.address === from.address) return true;
    return [this.current, this.previous].some((one) =>
      one?.list.pairs.some(
        ({ state, remote: { address, port } }) =>
          state === 'succeeded' && port === from.port && address === from.address,
      ),
    );
  }

  /** Packets can leave from here, too, from now on. */
  addBase(base: IceBase): void {
    this.bases.push(base);
    const { current } = this;
    if (current === undefined) return;
    for (const remote of current.remotes) current.list.pair(base, remote);
    this.keepPace();
  }

  /** What a round of offer and answer says: new credentials begin anew (RFC 8445 §9). */
  configure({ local, remote, controlling }: NegotiatedIce): void {
    const { current } = this;
    const isSame = current?.local.ufrag === local.ufrag && current.remote.ufrag === remote.ufrag;
    if (!isSame) {
      this.transactions.cancel();
      this.consent.stop();
      this.waitForBetter?.cancel();
      this.previous = current;
      this.current = newGeneration({ local, remote, controlling });
      this.patience?.cancel();
      this.patience = this.options.clock.arm(PATIENCE_MS, () => this.fail('No addresses work'));
    }
    this.addRemotes(remote);
  }

  /** Candidates of the other side that came later (RFC 8838), or with a description. */
  addRemotes({ candidates }: Pick<IceDescription, 'candidates'>): void {
    const { current } = this;
    if (current === undefined) return;
    for (const candidate of candidates) {
      if (!isUsable(candidate, this.options.family)) continue;
      const remote = learnRemote(current, candidate);
      if (remote === undefined || current.local.lite) continue;
      for (const base of this.bases) current.list.pair(base, remote);
    }
    this.keepPace();
  }

  /** A message that came in at a base of ours. */
  receive(message: StunMessage, base: IceBase, from: Endpoint): void {
    if (message.kind === 'request') this.receiveRequest(message, base, from);
    else if (message.kind !== 'indication') this.receiveAnswer(message, base, from);
  }

  close(): void {
    this.transactions.cancel();
    this.consent.stop();
    for (const timer of [this.pace, this.patience, this.waitForBetter]) timer?.cancel();
    this.current = undefined;
    this.previous = undefined;
    this.path = undefined;
  }

  private receiveRequest(message: StunMessage, base: IceBase, from: Endpoint): void {
    const { current, previous, tieBreaker } = this;
    const known = [current, previous].filter((one) => one !== undefined);
    const verdict = judgeRequest(message, known, tieBreaker);
    if (verdict.type === 'unknown') return;
    if (verdict.type === 'refused') return this.options.send(verdict.answer, base, from);
    const { generation, check, switchesRole } = verdict;
    if (switchesRole) generation.list.isControlling = !generation.list.isControlling;
    this.options.send(writeSuccess(message, from, generation.local), base, from);
    // whoever knows our former name and has a new one of its own is of now: Chromium goes on to check so,
    // for as long as the call lasts, where it found another address before our answer came
    const isOfNow = generation === current || senderOf(message) === current?.remote.ufrag;
    if (isOfNow && current !== undefined) this.takeCheck(current, check, { base, from });
  }

  /** What a check of theirs makes known (RFC 8445 §7.3.1). */
  private takeCheck(
    { list, remotes, local }: Generation,
    { priority, nominates }: ReceivedCheck,
    { base, from: { address, port } }: { base: IceBase; from: Endpoint },
  ): void {
    const known = remotes.find((one) => one.port === port && one.address === address);
    const pair = list.pair(base, known ?? { address, port, priority });
    if (pair === undefined) return;
    if (nominates && !list.isControlling) pair.isNominated = true;
    if (local.lite) {
      // they have shown that they are there; that they hear us is theirs to find out
      pair.state = 'succeeded';
      pair.heardAt = this.options.clock.now();
    }
    if (pair.state === 'succeeded') return this.settle(pair, nominates);
    this.transactions.retire(pair);
    pair.state = 'waiting';
    list.trigger(pair);
    this.keepPace();
  }

  private receiveAnswer(message: StunMessage, base: IceBase, from: Endpoint): void {
    const check = this.transactions.find(message.transaction);
    const { current } = this;
    if (check === undefined || current === undefined) return;
    if (!isSignedWith(message, utf8(check.remote.pwd))) return;
    this.transactions.take(message.transaction);
    const { pair, isControlling, nominates } = check;
    const { remote } = pair;
    const isSymmetric =
      base === pair.base && from.port === remote.port && from.address === remote.address;
    if (message.kind === 'error') {
      const code = readErrorCode(message.attributes.get(ATTRIBUTES.errorCode));
      if (code !== 487) return this.giveUp(pair);
      if (current.list.isControlling === isControlling) current.list.isControlling = !isControlling;
      current.list.trigger(pair);
      return this.keepPace();
    }
    if (!isSymmetric) return this.giveUp(pair);
    pair.state = 'succeeded';
    pair.heardAt = this.options.clock.now();
    this.settle(pair, nominates || pair.isNominated);
  }

  /** A pair works: whether media goes there. */
  private settle(pair: IcePair, isNominated: boolean): void {
    const { current } = this;
    if (current === undefined) return;
    const isOurs = current.list.isControlling;
    if (isNominated && (!isOurs || current.nominating === pair)) this.select(current, pair);
    else if (isOurs && current.nominating === undefined) this.considerNominating(current, pair);
    if (current.selected === undefined && !current.local.lite)
      this.goBy(current.list.best('succeeded'));
  }

  private select(current: Generation, pair: IcePair): void {
    const { selected, list, local } = current;
    const now = this.options.clock.now();
    const isBetter =
      selected === undefined ||
      local.lite || // the other side alone knows what works
      list.isBefore(pair, selected) ||
      now - selected.heardAt > STALE_MS;
    if (selected === pair || !isBetter) return;
    current.selected = pair;
    this.patience?.cancel();
    if (!local.lite) this.consent.watch(pair);
    this.goBy(pair);
  }

  private considerNominating(current: Generation, pair: IcePair): void {
    const best = current.list.best('succeeded') ?? pair;
    if (!current.list.hasHopeAbove(best)) return this.nominate(current, best);
    if (this.waitForBetter?.armed) return;
    this.waitForBetter = this.options.clock.arm(NOMINATE_AFTER_MS, () => {
      const found = current.list.best('succeeded');
      if (found && current === this.current) this.nominate(current, found);
    });
  }

  private nominate(current: Generation, pair: IcePair): void {
    this.waitForBetter?.cancel();
    current.nominating = pair;
    this.check(pair, { nominates: true, isConsent: false });
  }

  private goBy(pair: IcePair | undefined): void {
    if (pair === undefined || pair === this.path) return;
    this.path = pair;
    this.options.onSelected(pair);
  }

  /** Sends the next check, and the one after it a little later (RFC 8445 §6.1.4.2). */
  private keepPace(): void {
    const { current } = this;
    if (current === undefined || current.local.lite || this.pace?.armed) return;
    const pair = current.list.next(current.selected !== undefined);
    if (pair === undefined) return;
    this.check(pair, { nominates: false, isConsent: false });
    this.pace = this.options.clock.arm(PACE_MS, () => this.keepPace());
  }

  private check(pair: IcePair, how: Pick<PendingCheck, 'nominates' | 'isConsent'>): void {
    const { current } = this;
    if (current === undefined) return;
    if (pair.state !== 'succeeded') pair.state = 'inProgress';
    const { remote, list } = current;
    const transaction = this.options.random.bytes(12);
    const { isControlling } = list;
    this.transactions.start({ pair, transaction, remote, isControlling, ...how });
  }

  private sendCheck({ pair, ...check }: PendingCheck): void {
    const { local } = this.current ?? {};
    if (local === undefined) return;
    const packet = writeCheck({ ...check, local, tieBreaker: this.tieBreaker });
    this.options.send(packet, pair.base, pair.remote);
  }

  private onTimeout({ pair, isConsent }: PendingCheck): void {
    if (isConsent) return;
    this.giveUp(pair);
    // a path may come to work while there is patience: the other side checks no more than it must
    if (this.current?.selected === undefined) this.current?.list.reviveAll();
    this.keepPace();
  }

  private giveUp(pair: IcePair): void {
    const { current } = this;
    pair.state = 'failed';
    if (current?.nominating === pair && current.selected === undefined) {
      current.nominating = undefined;
      const next = current.list.best('succeeded');
      if (next) this.considerNominating(current, next);
    }
    this.keepPace();
  }

  private fail(reason: string): void {
    this.close();
    this.options.onFailed(reason);
  }
}
