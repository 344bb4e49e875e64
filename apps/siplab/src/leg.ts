import type { Clock, Runtime } from '@strowger/runtime';
import type { SipMessage, SipRequest } from '@strowger/sip-message';
import { type Hop, type Inbound, isReliable, type MessageSender } from '@strowger/transaction-core';
import { hostPort } from './host-port.ts';
import { LegDialog } from './leg-dialog.ts';
import { describeMessage } from './pattern.ts';
import { type Repetition, repeat } from './repetition.ts';
import { labelOf, type Rung } from './rungs.ts';
import { SeenMessages } from './seen-messages.ts';
import { StepFailed } from './step-failed.ts';

/** What legs report while they run. */
export interface LegTally {
  repeated(direction: 'sent' | 'heard'): void;
  responseTime(name: string, ms: number): void;
}

/** What a leg is made of. */
export interface LegOptions {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly tally: LegTally;
  readonly callId: string;
  /** Counts the calls of this run from 1. */
  readonly number: number;
  /** Where its requests go. */
  readonly peer: Hop;
  /** Its lifeline. */
  readonly name: string;
}

/** Messages that wait for the scenario, and arrows that are kept. */
const INBOX = 64;
const RUNGS = 200;

/** One side of one call, message by message: sends, hears, repeats, and tells repetitions apart. */
export class Leg {
  readonly callId: string;
  readonly number: number;
  readonly dialog = new LegDialog();
  readonly clock: Clock;
  /** What it sent and heard. */
  readonly rungs: Rung[] = [];
  private readonly options: LegOptions;
  private readonly seen = new SeenMessages();
  private readonly inbox: Inbound[] = [];
  private readonly repetitions = new Set<Repetition>();
  private readonly asked = new Map<string, number>();
  private broken: StepFailed | undefined;
  private wake: (() => void) | undefined;

  constructor(options: LegOptions) {
    this.options = options;
    this.callId = options.callId;
    this.number = options.number;
    this.clock = options.runtime.clock;
  }

  /** Where its requests go. */
  get peer(): Hop {
    return this.options.peer;
  }

  /** Host and port that the peer reaches us at. */
  get sentBy(): { readonly host: string; readonly port: number } {
    return this.options.sender.sentBy(this.peer);
  }

  /** A new branch (RFC 3261 §8.1.1.7). */
  branch(): string {
    return `z9hG4bK${this.options.runtime.random.token()}`;
  }

  /** A new tag or other token. */
  token(): string {
    return this.options.runtime.random.token();
  }

  /** A uniform number from 0 (included) to 1 (excluded). */
  chance(): number {
    return this.options.runtime.random.float();
  }

  /** Takes a message of this call from the wire. */
  take(inbound: Inbound): void {
    const { message } = inbound;
    const repeated = this.seen.repeated(inbound);
    this.note(message, 'heard', repeated !== undefined);
    if (repeated !== undefined) {
      this.options.tally.repeated('heard');
      if (repeated.again !== undefined) this.transmit(repeated.again.message, repeated.again.hop);
      return;
    }
    for (const repetition of this.repetitions) {
      if (!repetition.isAnsweredBy(message)) continue;
      repetition.stop();
      this.repetitions.delete(repetition);
    }
    this.dialog.heard(message);
    this.measure(message);
    if (this.inbox.length < INBOX) this.inbox.push(inbound);
    this.wake?.();
  }

  /**
   * Sends a message: a response where its request came from, anything else to the peer.
   *
   * @param firstRepeatMs over UDP: when it is sent again if nothing answers it; never without it.
   */
  send(message: SipMessage, { firstRepeatMs }: { firstRepeatMs?: number | undefined } = {}): void {
    const back = message.kind === 'response' ? this.seen.hopFor(message) : undefined;
    const hop = back ?? this.peer;
    this.dialog.sent(message);
    this.seen.answered({ message, hop });
    if (message.kind === 'request' && message.method !== 'ACK')
      this.asked.set(askedKey(message), this.clock.now());
    this.transmit(message, hop);
    if (firstRepeatMs === undefined || isReliable(hop.transport)) return;
    const again = (): void => {
      this.options.tally.repeated('sent');
      this.transmit(message, hop, true);
    };
    this.repetitions.add(repeat(message, { clock: this.clock, firstMs: firstRepeatMs, again }));
  }

  /**
   * The next message, which stays the next one until `shift`. Rejects with a `timeout` that says
   * what was waited for, or with `transport` where a message could not leave.
   */
  async peek(timeoutMs: number, waitedFor: string): Promise<Inbound> {
    const first = this.inbox[0];
    if (first !== undefined) return first;
    if (this.broken !== undefined) throw this.broken;
    await this.sleep(timeoutMs);
    const next = this.inbox[0];
    if (next !== undefined) return next;
    throw this.broken ?? new StepFailed('timeout', `waited for ${waitedFor}`);
  }

  /** Takes the next message out. */
  shift(): void {
    this.inbox.shift();
  }

  /** Messages that arrived and were not looked at. */
  get waiting(): readonly SipMessage[] {
    return this.inbox.map(({ message }) => message);
  }

  /** Requests that were taken and not answered. */
  get unanswered(): readonly SipRequest[] {
    return this.seen.unanswered();
  }

  /** Whether something that it sent is not answered yet. */
  get isWaitingForAnswers(): boolean {
    return this.asked.size > 0;
  }

  /** Lets time pass. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.arm(ms, resolve));
  }

  /** Notes something behind the last arrow of the ladder. */
  mark(note: string): void {
    const last = this.rungs.pop();
    if (last !== undefined) this.rungs.push({ ...last, note: `<- ${note}` });
  }

  /** Stops repeating what was sent. */
  stop(): void {
    for (const repetition of this.repetitions) repetition.stop();
    this.repetitions.clear();
  }

  /** Until a message or trouble comes, or time is over. */
  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.arm(ms, () => this.wake?.());
      this.wake = () => {
        this.wake = undefined;
        timer.cancel();
        resolve();
      };
    });
  }

  private transmit(message: SipMessage, hop: Hop, isRepeated = false): void {
    this.note(message, 'sent', isRepeated);
    this.options.sender.send(message, hop, (error) => {
      this.broken = new StepFailed('transport', `${describeMessage(message)}: ${error.code}`);
      this.wake?.();
    });
  }

  private measure(message: SipMessage): void {
    if (message.kind === 'request' || message.status < 200) return;
    const key = askedKey(message);
    const since = this.asked.get(key);
    if (since === undefined) return;
    this.asked.delete(key);
    this.options.tally.responseTime(message.cseq.method, this.clock.now() - since);
  }

  private note(message: SipMessage, direction: 'sent' | 'heard', isRepeated: boolean): void {
    if (this.rungs.length >= RUNGS) return;
    const other = hostPort(this.peer.address, this.peer.port);
    const [from, to] =
      direction === 'sent' ? [this.options.name, other] : [other, this.options.name];
    const note = isRepeated ? { note: 'again' } : {};
    this.rungs.push({ atMs: this.clock.now(), from, to, label: labelOf(message), ...note });
  }
}

const askedKey = ({ cseq }: SipMessage): string => `${cseq.number} ${cseq.method}`;
