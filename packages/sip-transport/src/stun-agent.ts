import { Buffer } from 'node:buffer';
import type { Clock, Endpoint, Random, Timer } from '@strowger/runtime';
import { Admission } from './admission.ts';
import type { Gate } from './gate.ts';
import { canonicalAddress } from './ip-address.ts';
import type { LocalPoint } from './local-points.ts';
import { bindingRequest, bindingSuccess, readStun, unknownAttributes } from './stun.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** RFC 8489 §6.2.1: the first retransmission, how many requests, and the wait after the last. */
const RTO_MS = 500;
const REQUESTS = 7;
const LAST_WAIT_MS = 16 * RTO_MS;
/** Attributes that an error names; it must not be much longer than what caused it. */
const NAMED_UNKNOWN = 2;

/** What an agent needs. */
export interface StunAgentOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly gate: Gate;
  send(bytes: Uint8Array, to: Endpoint, point: LocalPoint): void;
}

interface Question {
  readonly to: Endpoint;
  timer: Timer | undefined;
  readonly answered: (mapped: Endpoint | undefined) => void;
}

/** STUN on the sockets of SIP (RFC 5626 §8): answers Binding requests, and sends its own. */
export class StunAgent {
  private readonly options: StunAgentOptions;
  private readonly admission: Admission;
  private readonly questions = new Map<string, Question>();

  constructor(options: StunAgentOptions) {
    const { clock, limits } = options;
    this.options = options;
    this.admission = new Admission(clock, limits.stunPerSecondPerSource, limits.sources);
  }

  /** Takes a datagram that is STUN. */
  take(bytes: Uint8Array, from: Endpoint, point: LocalPoint): void {
    const message = readStun(bytes);
    if (message?.kind === 'request') this.answer({ ...message, bytes: bytes.length }, from, point);
    else if (message?.kind === 'success') this.conclude(message, from);
  }

  /**
   * Asks where a server sees us, again and again until it answers; `answered` is called once, with
   * nothing where it never did. Gives what ends the asking.
   */
  ask(to: Endpoint, point: LocalPoint, answered: Question['answered']): () => void {
    const transaction = Buffer.from(this.options.random.bytes(12)).toString('latin1');
    const question: Question = { to, timer: undefined, answered };
    this.questions.set(transaction, question);
    this.send(transaction, question, point, 1);
    return () => this.forget(transaction, question);
  }

  /** Forgets all; no question is answered any more. */
  close(): void {
    for (const [transaction, question] of this.questions) this.forget(transaction, question);
    this.admission.clear();
  }

  /** Source addresses that are kept account of. */
  get sources(): number {
    return this.admission.sources;
  }

  private answer(
    question: { transaction: string; unknown: readonly number[]; bytes: number },
    from: Endpoint,
    point: LocalPoint,
  ): void {
    const { limits, metrics, send, gate } = this.options;
    const { transaction, unknown } = question;
    if (limits.stunPerSecondPerSource === 0 || !this.admission.admits(from.address)) {
      metrics.droppedByAdmission++;
      return;
    }
    const answer =
      unknown.length === 0
        ? bindingSuccess(transaction, from)
        : unknownAttributes(transaction, unknown.slice(0, NAMED_UNKNOWN));
    if (!gate.echoes(from.address, question.bytes, answer.length)) return;
    metrics.stunAnswered++;
    send(answer, from, point);
  }

  /** Only who was asked can answer, and only what was asked. */
  private conclude(
    { transaction, mapped }: { transaction: string; mapped?: Endpoint },
    from: Endpoint,
  ): void {
    const question = this.questions.get(transaction);
    if (question === undefined || mapped === undefined) return;
    const { to } = question;
    if (to.port !== from.port || canonicalAddress(to.address) !== from.address) return;
    this.forget(transaction, question);
    question.answered(mapped);
  }

  private send(transaction: string, question: Question, point: LocalPoint, count: number): void {
    this.options.send(bindingRequest(transaction), question.to, point);
    const isLast = count === REQUESTS;
    const waitMs = isLast ? LAST_WAIT_MS : RTO_MS * 2 ** (count - 1);
    question.timer = this.options.clock.arm(waitMs, () => {
      if (!isLast) return this.send(transaction, question, point, count + 1);
      this.forget(transaction, question);
      question.answered(undefined);
    });
  }

  private forget(transaction: string, { timer }: Question): void {
    timer?.cancel();
    this.questions.delete(transaction);
  }
}
