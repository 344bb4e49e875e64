import type { MediaDirection } from '@strowger/media-core';
import { type SipMessage, type SipRequest, type SipResponse, uri } from '@strowger/sip-message';
import { authorize } from './credentials.ts';
import { hostOf } from './host-port.ts';
import { introduce } from './introduce.ts';
import type { Leg } from './leg.ts';
import {
  ackOf,
  cancelOf,
  type MessageParts,
  requestOf,
  type RequestParts,
  responseOf,
} from './leg-messages.ts';
import { describePattern, matches, type Pattern, unexpected } from './pattern.ts';
import { answerTo, describeSession } from './session-description.ts';
import type { CallSettings } from './settings.ts';
import { StepFailed } from './step-failed.ts';

/** How a scenario waits. */
export interface ExpectOptions {
  /** What may come before it, any number of times; `100` always may. */
  readonly after?: Pattern;
  /** By default that of the run (`--timeout`), 32 s. */
  readonly timeoutMs?: number | undefined;
}

/** What may be said with a description of the session. */
export interface OfferParts extends MessageParts {
  /** Default `sendrecv`; in an answer what fits the offer. */
  readonly direction?: MediaDirection;
}

/** T1 (RFC 3261 §17.1.1.1): when something is sent again over UDP. */
const T1_MS = 500;

/**
 * One side of a call, as a scenario plays it. Whatever does not go as a step says rejects with
 * `StepFailed`, which fails the call.
 */
export class Call {
  /** Counts the calls of this run from 1. */
  readonly number: number;
  /** The line of `--fields` that belongs to this call. */
  readonly fields: readonly string[];
  private readonly leg: Leg;
  private readonly settings: CallSettings;
  private lastRequest: SipRequest | undefined;
  private asked: { request: SipRequest; parts: RequestParts } | undefined;
  private descriptions = 0;
  private isAckLate = false;

  /** @internal */
  constructor(leg: Leg, settings: CallSettings) {
    this.leg = leg;
    this.settings = settings;
    this.number = leg.number;
    this.fields = settings.fields;
  }

  /** The Call-ID. */
  get id(): string {
    return this.leg.callId;
  }

  /** The INVITE that was heard or sent last: what a late 487 answers. */
  get invited(): SipRequest {
    const { invite } = this.leg.dialog;
    if (invite === undefined) throw new StepFailed('script', 'there was no INVITE');
    return invite.request;
  }

  /** Sends a request, in the dialog where there is one, and again until it is answered. */
  request(method: string, parts: RequestParts = {}): SipRequest {
    const { service, user } = this.settings;
    introduce(this.leg, this.settings, { from: user, to: service });
    const request = requestOf(this.leg, method, parts);
    this.asked = { request, parts };
    this.leg.send(request, { firstRepeatMs: method === 'ACK' ? undefined : T1_MS });
    return request;
  }

  /** Answers the request that was heard last, or another one. */
  respond(
    status: number,
    { to = this.lastRequest, ...parts }: MessageParts & { to?: SipRequest; reason?: string } = {},
  ): void {
    if (to === undefined) throw new StepFailed('script', 'nothing to answer was heard');
    const response = responseOf(this.leg, to, status, parts);
    const isKept = to.method === 'INVITE' && (status >= 200 || response.headers.has('rseq'));
    this.leg.send(response, { firstRepeatMs: isKept ? T1_MS : undefined });
  }

  /** Waits for the next message, which has to be this one. */
  async expect(pattern: Pattern, options: ExpectOptions = {}): Promise<SipMessage> {
    const found = await this.await(pattern, options);
    if (found.isMatch) return found.message;
    throw unexpected(found.message, pattern);
  }

  /** The same where it may also not come: what comes instead is still to come then. */
  async perhaps(pattern: Pattern, options: ExpectOptions = {}): Promise<SipMessage | undefined> {
    const found = await this.await(pattern, options);
    return found.isMatch ? found.message : undefined;
  }

  /** Lets time pass, by default as `--pause` says; virtual time in the simulator. */
  pause(ms: number = this.settings.pauseMs): Promise<void> {
    return this.leg.pause(ms);
  }

  /** Sends an INVITE with an offer, to the user of `--service` or the one named here. */
  invite({
    to = this.settings.service,
    direction,
    ...parts
  }: OfferParts & { to?: string } = {}): SipRequest {
    introduce(this.leg, this.settings, { from: this.settings.user, to });
    return this.request('INVITE', { body: this.describe(direction), ...parts });
  }

  /** Waits for the 2xx to our INVITE while it rings, proves who we are where asked, sends the ACK. */
  async answered(options: ExpectOptions = {}): Promise<SipResponse> {
    return this.outcome({ ...options, expect: '2xx' });
  }

  /** The same where a refusal is what is wanted, such as `486`. */
  async outcome({
    expect = ['2xx', '3xx', '4xx', '5xx', '6xx'],
    ...options
  }: ExpectOptions & { expect?: Pattern } = {}): Promise<SipResponse> {
    const answer = await this.final('INVITE', expect, options);
    if (!matches(answer, expect)) throw unexpected(answer, expect);
    return answer;
  }

  /** Sends a request and waits for its final answer, 2xx by default; proves who we are where asked. */
  async ask(
    method: string,
    { expect = '2xx', ...parts }: RequestParts & { expect?: Pattern } = {},
  ): Promise<SipResponse> {
    this.request(method, parts);
    const answer = await this.final(method, expect);
    if (!matches(answer, expect)) throw unexpected(answer, expect);
    return answer;
  }

  /** Registers us at the peer for so many seconds, 0 to undo it. */
  register(seconds = 3600): Promise<SipResponse> {
    const { user, domain = this.leg.peer.address } = this.settings;
    introduce(this.leg, this.settings, { from: user, to: user });
    const registrar = uri(`sip:${hostOf(domain)}`);
    return this.ask('REGISTER', { uri: registrar, headers: { Expires: seconds } });
  }

  /**
   * Answers the INVITE that was heard last with 200 and waits for its ACK. Another request shows that
   * the ACK was lost or overtaken, which is no failure.
   */
  async accept({ direction, ...parts }: OfferParts = {}): Promise<void> {
    const invite = this.invited;
    const fitting = invite.body.length > 0 ? answerTo(invite.text()) : 'sendrecv';
    const body = this.describe(direction ?? fitting);
    this.respond(200, { to: invite, body, ...parts });
    const { number } = invite.cseq;
    const isIts = (message: SipMessage): boolean =>
      matches(message, 'ACK') && message.cseq.number === number;
    if ((await this.perhaps(isIts)) === undefined) this.isAckLate = true;
  }

  /** Offers another direction by re-INVITE: `sendonly` holds, `sendrecv` resumes. */
  async reinvite(direction: MediaDirection, parts: MessageParts = {}): Promise<SipResponse> {
    this.invite({ ...parts, direction });
    return this.answered();
  }

  /** Takes our INVITE back and waits for the 487. */
  async cancel(): Promise<void> {
    this.leg.send(cancelOf(this.leg), { firstRepeatMs: T1_MS });
    await this.expect(isAnswerTo('CANCEL'), { after: '1xx' });
    await this.outcome({ expect: 487 });
  }

  /** Hangs up, and waits for the answer. */
  async bye(): Promise<void> {
    await this.ask('BYE');
  }

  /** Waits until the other side hangs up, and answers. */
  async ended(options: ExpectOptions = {}): Promise<void> {
    await this.expect('BYE', options);
    this.respond(200);
  }

  /** Fails the call unless something holds. */
  check(holds: boolean, what: string): void {
    if (!holds) throw new StepFailed('mismatch', what);
  }

  /** Measures until what it returns is called; the times stand among the response times. */
  stopwatch(name: string): () => void {
    const since = this.leg.clock.now();
    return () => this.settings.tally.responseTime(name, this.leg.clock.now() - since);
  }

  /** The next message that is not one of those that may come before. */
  private async await(
    pattern: Pattern,
    { after = [], timeoutMs = this.settings.timeoutMs }: ExpectOptions,
  ): Promise<{ message: SipMessage; isMatch: boolean }> {
    for (;;) {
      const { message } = await this.leg.peek(timeoutMs, describePattern(pattern));
      const isMatch = matches(message, pattern);
      if (!isMatch && !matches(message, this.mayComeBefore(after))) return { message, isMatch };
      this.leg.shift();
      if (!isMatch) continue;
      if (message.kind === 'request' && message.method !== 'ACK') this.lastRequest = message;
      return { message, isMatch };
    }
  }

  /** The final answer; an INVITE's has its ACK then. A challenge is answered once. */
  private async final(
    method: string,
    wanted: Pattern,
    options: ExpectOptions = {},
  ): Promise<SipResponse> {
    for (let proofs = 0; ; proofs++) {
      const answer = await this.expect(isFinalTo(method), { after: '1xx', ...options });
      if (answer.kind === 'request') throw unexpected(answer, wanted);
      if (method === 'INVITE') this.leg.send(ackOf(this.leg, answer));
      const isChallenge = matches(answer, [401, 407]) && this.settings.login !== undefined;
      if (!isChallenge || proofs > 0 || isNamed(wanted, answer.status)) return answer;
      this.prove(answer);
    }
  }

  /** Sends our last request again, with credentials. */
  private prove(challenge: SipResponse): void {
    if (this.asked === undefined)
      throw new StepFailed('script', 'challenged, and nothing was asked');
    const { request, parts } = this.asked;
    const { login } = this.settings;
    const { name, value } = authorize(challenge, request, { login, cnonce: this.leg.token() });
    this.request(request.method, { ...parts, headers: { ...parts.headers, [name]: value } });
  }

  private mayComeBefore(after: Pattern): Pattern {
    return [100, ...(this.isAckLate ? ['ACK'] : []), ...[after].flat()];
  }

  private describe(direction: MediaDirection = 'sendrecv'): string {
    const { mediaAddress: address = this.leg.sentBy.host, mediaPort: port } = this.settings;
    const place = { address, port };
    return describeSession(place, { version: ++this.descriptions, direction });
  }
}

const isAnswerTo =
  (method: string) =>
  (message: SipMessage): boolean =>
    message.kind === 'response' && message.cseq.method === method;

const isFinalTo =
  (method: string) =>
  (message: SipMessage): boolean =>
    isAnswerTo(method)(message) && message.kind === 'response' && message.status >= 200;

/** Whether a scenario waits for this very status. */
const isNamed = (wanted: Pattern, status: number): boolean =>
  wanted === status || (Array.isArray(wanted) && wanted.includes(status));
