import type { Runtime, Timer } from '@strowger/runtime';
import { createResponse, statelessTag } from '@strowger/sip-message';
import { type Hop, type Inbound, isReliable, type MessageSender } from '@strowger/transaction-core';
import { abandon, answerWaiting } from './abandon.ts';
import { Leg } from './leg.ts';
import type { Rung } from './rungs.ts';
import type { CallSettings, PartySettings } from './settings.ts';
import { StepFailed } from './step-failed.ts';
import type { Tally } from './tally.ts';

/** Plays one side of one call to its end; rejects where it does not go as it should. */
export type Role = (leg: Leg, settings: CallSettings) => Promise<void>;

/** A call that failed. */
export interface FailedCall {
  readonly number: number;
  readonly callId: string;
  readonly failure: StepFailed;
  readonly rungs: readonly Rung[];
}

/** What a party is made of. */
export interface PartyOptions {
  /** Its lifeline in ladders. */
  readonly name: string;
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly settings: PartySettings;
  readonly tally: Tally;
  onFailure?(failed: FailedCall): void;
}

/** How long a call that is over answers repetitions (timer J, RFC 3261 §17.2.2), and how many do. */
const LINGER_MS = 32_000;
const LINGERING = 20_000;

/** Plays calls at one address: hands each message to its call, and begins calls that come in. */
export class Party {
  private readonly options: PartyOptions;
  private readonly legs = new Map<string, Leg>();
  private readonly over = new Map<string, () => void>();
  private served: { role: Role; total: number; taken: number; ended(): void } | undefined;
  private numbers = 0;

  constructor(options: PartyOptions) {
    this.options = options;
  }

  /** Takes what the transport heard. */
  receive(inbound: Inbound): void {
    const { message } = inbound;
    const leg = this.legs.get(message.callId);
    if (leg !== undefined) {
      leg.take(inbound);
      if (this.over.has(message.callId)) answerWaiting(leg);
      return;
    }
    const { served } = this;
    const isNew =
      message.kind === 'request' && message.method !== 'ACK' && message.toTag === undefined;
    if (isNew && served !== undefined && served.taken < served.total) {
      served.taken++;
      const begun = this.begin(message.callId, inbound.hop);
      begun.take(inbound);
      void this.play(begun, served.role).then(() => served.ended());
      return;
    }
    this.refuseStray(inbound);
  }

  /** Plays one call to this peer; resolves when it is over, well or not. */
  place(role: Role, peer: Hop): Promise<void> {
    const { host } = this.options.sender.sentBy(peer);
    const callId = `${this.options.runtime.random.token()}@${host}`;
    return this.play(this.begin(callId, peer), role);
  }

  /** Plays every call that comes in; resolves when `total` of them are over. */
  serve(role: Role, total = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      let ended = 0;
      this.served = { role, total, taken: 0, ended: () => ++ended >= total && resolve() };
    });
  }

  /** Forgets calls that are over. */
  close(): void {
    for (const forget of this.over.values()) forget();
    this.served = undefined;
  }

  /** How many calls it remembers. */
  counts(): { legs: number } {
    return { legs: this.legs.size };
  }

  private begin(callId: string, peer: Hop): Leg {
    const { runtime, sender, tally, name } = this.options;
    const number = ++this.numbers;
    const leg = new Leg({ runtime, sender, tally, callId, number, peer, name });
    this.legs.set(callId, leg);
    return leg;
  }

  private async play(leg: Leg, role: Role): Promise<void> {
    const { tally, onFailure, settings } = this.options;
    const { lines, ...rest } = settings;
    const fields = lines[(leg.number - 1) % lines.length] ?? [];
    tally.began();
    try {
      await role(leg, { ...rest, fields, tally });
      tally.succeeded();
      leg.rungs.length = 0;
    } catch (error) {
      const failure = StepFailed.of(error);
      tally.failedBy(failure);
      leg.mark('failed here');
      await abandon(leg);
      const { number, callId, rungs } = leg;
      onFailure?.({ number, callId, failure, rungs: [...rungs] });
    }
    leg.stop();
    this.linger(leg);
  }

  /** Answers repetitions for a while, as a transaction would. */
  private linger(leg: Leg): void {
    const forget = (): void => {
      timer.cancel();
      this.over.delete(leg.callId);
      this.legs.delete(leg.callId);
    };
    const lasts = isReliable(leg.peer.transport) ? 0 : LINGER_MS;
    const timer: Timer = this.options.runtime.clock.arm(lasts, forget);
    this.over.set(leg.callId, forget);
    if (this.over.size > LINGERING) this.over.values().next().value?.();
    answerWaiting(leg);
  }

  private refuseStray({ message, hop }: Inbound): void {
    this.options.tally.strays++;
    if (message.kind === 'response' || message.method === 'ACK') return;
    const status = message.toTag === undefined ? 503 : 481;
    const response = createResponse(message, status, { toTag: statelessTag(message) });
    this.options.sender.send(response, hop, () => {});
  }
}
