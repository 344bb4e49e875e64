import type { Dialog, HeaderFields } from '@strowger/dialog-core';
import { Machine, StrowgerError, type Timer, type Unsubscribe } from '@strowger/runtime';
import type { NameAddr, SipRequest, SipResponse, Uri } from '@strowger/sip-message';
import {
  type AnswerOptions,
  type ProgressOptions,
  type SessionDigitOptions,
  wishesOf,
} from './call-options.ts';
import { DigitDoubles } from './digit-doubles.ts';
import { type EndReason, type PeerReason, rejected } from './end-reason.ts';
import type {
  AudioSource,
  Cleared,
  MarkOutcome,
  MediaDirection,
  MediaEndpoint,
  MediaEndpointEvent,
  PcmFrame,
  Playback,
  PlayOptions,
  RecordOptions,
  Recording,
  Sdp,
} from './media-backend.ts';
import { sendInfoDigits } from './info-digit-sender.ts';
import { MediaLink } from './media-link.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type { SessionEventDetails, SessionEvents } from './session-events.ts';
import type {
  AnswerPlan,
  SessionInput,
  SessionMachineState,
  SessionOutput,
} from './session-machine.ts';
import type { SessionId, SessionMediaState, SessionState } from './session-state.ts';
import { sessionStateOf, sessionTable } from './session-table.ts';
import { Signalling } from './signalling.ts';
import { tellMedia } from './media-events.ts';
import { Waiters } from './waiters.ts';

/** One party's leg of a call: its dialog and its media, kept in step. Made by `SessionManager`. */
export class Session {
  readonly id: SessionId;
  /** The Call-ID of its dialog. */
  readonly callId: string;
  readonly direction: 'incoming' | 'outgoing';
  /** The other party: To of our INVITE, From of theirs. */
  readonly remote: NameAddr;
  /** The INVITE of an incoming call. */
  readonly request: SipRequest | undefined;
  /** The caller's offer; undefined where the caller leaves the offer to us. */
  readonly offer: Sdp | undefined;
  /** Resolves when the call is answered; rejects with `SESSION_ENDED` when it ends before. */
  readonly connected: Promise<void>;
  /** Resolves once, with the one reason, when everything of the session is gone. */
  readonly ended: Promise<EndReason>;
  private readonly context: SessionContext;
  private readonly link: MediaLink;
  private readonly signalling: Signalling;
  private readonly waiters = new Waiters();
  private readonly doubles = new DigitDoubles();
  private readonly createdAt: number;
  private readonly ringTimeoutMs: number | undefined;
  private readonly machine: Machine<SessionMachineState, SessionInput, SessionOutput>;
  private answeredAt: number | undefined;
  private ringTimer: Timer | undefined;

  /** @internal */
  constructor(context: SessionContext, setup: SessionSetup) {
    const { id, callId, direction, remote, request, offer, ringTimeoutMs } = setup;
    this.context = context;
    this.id = id;
    this.callId = callId;
    this.direction = direction;
    this.remote = remote;
    this.request = request;
    this.offer = offer;
    this.ringTimeoutMs = ringTimeoutMs;
    this.createdAt = context.clock.wall();
    this.connected = this.waiters.connected.promise;
    this.ended = this.waiters.ended.promise;
    this.link = new MediaLink({
      backend: context.backend,
      clock: context.clock,
      label: id,
      tell: (input) => this.take(input),
      onEvent: (event) => this.tellMediaEvent(event),
      onState: (from, to) => this.emit('mediaStateChanged', { from, to }),
    });
    this.signalling = new Signalling({
      input: (input) => this.take(input),
      onProgress: ({ status, reason, body }) =>
        this.emit('progress', { status, reason, withMedia: body.length > 0 }),
      onDigit: (digit) => this.tellDigit('info', { ...digit, source: 'info' }),
      onChangeOffered: (withOffer) => this.emit('changeOffered', { withOffer }),
      onRefresh: () => this.refresh(),
      onDialog: (dialog, exists) => context.onDialog(this, dialog, exists),
    });
    this.machine = new Machine<SessionMachineState, SessionInput, SessionOutput>({
      table: sessionTable,
      initial: setup.initial,
      context: undefined,
      perform: (output) => this.perform(output),
      onStep: (from, input, next) => this.onStep(from, input, next),
    });
    setup.prepare(this.signalling, this.link);
  }

  get state(): SessionState {
    return sessionStateOf(this.machine.state);
  }

  get mediaState(): SessionMediaState {
    return this.link.state;
  }

  /** The confirmed dialog, from the answer on. */
  get dialog(): Dialog | undefined {
    return this.signalling.dialog;
  }

  get media(): MediaEndpoint | undefined {
    return this.link.endpoint;
  }

  /** Of the last completed negotiation, as seen from here; undefined before the answer. */
  get mediaDirection(): MediaDirection | undefined {
    const { state } = this.machine;
    return 'wanted' in state ? state.direction : undefined;
  }

  /** Whether media was agreed before the answer (RFC 3960). */
  get earlyMedia(): boolean {
    const { state } = this.machine;
    if (state.name === 'inviting') return state.answer.applied !== undefined;
    return state.name === 'incoming' && state.alerted && state.media.stage === 'ready';
  }

  /** Why it ends, from the moment at which that is decided. */
  get endReason(): EndReason | undefined {
    const { state } = this.machine;
    return 'reason' in state ? state.reason : undefined;
  }

  /** Whether it is an incoming call that can still be answered or rejected. */
  get isUnanswered(): boolean {
    return this.machine.allows('reject');
  }

  /** Sends 180. Throws `SESSION_STATE` unless an incoming call waits for its answer. */
  ring(headers: HeaderFields = []): void {
    this.ask({ type: 'ring', progress: { status: 180, headers } });
  }

  /**
   * Sends a provisional response from 101 to 199; `withMedia` with our answer: early media. Resolves
   * when it was sent; rejects where media could not be had, which leaves the call as it was.
   * Throws `NO_OFFER` for media where the caller made no offer (that takes RFC 3262).
   */
  progress(status: number, options: ProgressOptions = {}): Promise<void> {
    const { headers = [], reliable } = options;
    const progress = { status, headers, ...(reliable === undefined ? {} : { reliable }) };
    if (options.withMedia !== true) {
      this.ask({ type: 'ring', progress });
      return Promise.resolve();
    }
    if (this.offer === undefined) throw new StrowgerError('NO_OFFER', 'the caller made no offer');
    this.check('ringWithMedia');
    const plan = this.planFor(options);
    const done = this.waiters.prepared();
    this.take({ type: 'ringWithMedia', progress, plan });
    return done;
  }

  /**
   * Begins with our side of the media without telling the peer: on a relay's end this has to
   * happen before the other end makes its offer. Resolves when the answer is ready to be sent.
   */
  prepare(options: AnswerOptions = {}): Promise<void> {
    this.check('prepare');
    const plan = this.planFor(options);
    const done = this.waiters.prepared();
    this.take({ type: 'prepare', plan });
    return done;
  }

  /**
   * Answers with 200. Resolves when the call is connected; rejects with `SESSION_ENDED` when it
   * ends instead: cancelled meanwhile, or refused with 488 because no media fits. Throws
   * `SESSION_STATE` unless an incoming call waits for its answer.
   */
  answer(options: AnswerOptions = {}): Promise<void> {
    this.check('answer');
    const plan = this.planFor(options);
    this.signalling.headers = options.headers ?? [];
    this.take({ type: 'answer', plan });
    return this.connected;
  }

  /** Refuses with a status from 300 to 699. Throws `SESSION_STATE` and `BAD_STATUS`. */
  reject(status: number, options: { reason?: string; headers?: HeaderFields } = {}): void {
    if (!(status >= 300 && status <= 699)) {
      throw new StrowgerError('BAD_STATUS', `${status} refuses nothing`);
    }
    this.check('reject');
    this.signalling.headers = options.headers ?? [];
    this.signalling.reason = options.reason;
    const text = options.reason;
    const reason = rejected('local', status, text === undefined ? {} : { text });
    this.take({ type: 'reject', status, reason });
  }

  /** Sends the caller elsewhere with 302 (RFC 3261 §8.1.3.4). */
  redirect(contacts: readonly (Uri | NameAddr)[]): void {
    const headers = contacts.map((contact) => ['Contact', bracketed(contact)] as const);
    this.reject(302, { headers });
  }

  /** Refuses with a challenge (401 or 407) that somebody else built, its header fields included. */
  challenge(response: SipResponse): void {
    const headers = ['WWW-Authenticate', 'Proxy-Authenticate'].flatMap((name) =>
      response.headers.raw(name).map((value) => [name, value] as const),
    );
    this.reject(response.status, { headers });
  }

  /**
   * Ends the session as its state demands: CANCEL, 480 or BYE, with a Reason header where `reason`
   * says something (RFC 3326). Resolves when it has ended. May be called at any time.
   */
  async hangUp(options: { reason?: PeerReason } = {}): Promise<void> {
    if (this.machine.allows('hangUp')) this.take({ type: 'hangUp', why: options.reason ?? {} });
    await this.ended;
  }

  /** Puts the other side on hold by re-INVITE; rejects with `CHANGE_REFUSED` where it refused. */
  hold(): Promise<void> {
    return this.change('sendonly');
  }

  /** Takes the other side back; the state moves when it agreed. */
  resume(): Promise<void> {
    return this.change('sendrecv');
  }

  /** Offers the session once more as it is wanted now: after a change behind a relay, for example. */
  renegotiate(): Promise<void> {
    return this.change(undefined);
  }

  /** What the endpoint that the application brought tells: its events are the session's. */
  takeMediaEvent(event: MediaEndpointEvent): void {
    this.link.take(event);
  }

  /** Plays to the peer. Throws `NO_MEDIA` before media is there, `MEDIA_UNSUPPORTED`. */
  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.endpoint().play(source, options);
  }

  /** Resolves when all audio up to now has left as RTP, or was cleared. Rejects with `NO_MEDIA`. */
  async mark(name: string): Promise<MarkOutcome> {
    return this.endpoint().mark(name);
  }

  /** Silence from the next packet on; tells how much was heard. Rejects with `NO_MEDIA`. */
  async clear(): Promise<Cleared> {
    return this.endpoint().clear();
  }

  /** Records what the peer says. */
  record(path: string, options?: RecordOptions): Promise<Recording> {
    return this.endpoint().record(path, options);
  }

  /**
   * Sends digits `0-9*#A-D`, by media or by INFO; resolves when all are sent, or answered. Rejects
   * with `NO_MEDIA`, with what media says, and with `DIGITS_REFUSED` where the peer takes no INFO.
   */
  async sendDigits(digits: string, options: SessionDigitOptions = {}): Promise<void> {
    const { via, infoType, ...rest } = options;
    if (via === 'info') return sendInfoDigits(this.dialog, { digits, infoType, ...rest });
    return this.endpoint().sendDigits(digits, { ...rest, ...(via && { via }) });
  }

  /** Sends back what is heard. */
  echo(enabled: boolean): void {
    this.endpoint().echo(enabled);
  }

  /** What the peer says. */
  audioIn(): ReadableStream<PcmFrame> {
    return this.endpoint().audioIn();
  }

  /** What the peer shall hear. */
  audioOut(): WritableStream<PcmFrame> {
    return this.endpoint().audioOut();
  }

  /** Listens to this session alone. Listeners end with the session. */
  on<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.context.listen(this.id, type, listener);
  }

  /** An event of the application's own, told to everybody who listens to `custom`. */
  publish(name: string, data: unknown): void {
    this.emit('custom', { name, data });
  }

  /** @internal */
  start(): void {
    const { direction, remote } = this;
    this.emit('created', { direction, remote: remote.uri.toString() });
    if (direction === 'outgoing') this.take({ type: 'dial' });
    else this.armRingTimer();
  }

  /** The next re-INVITE refreshes the session, one that waits or is under way as well (RFC 4028). */
  private refresh(): void {
    if (this.machine.allows('change')) this.renegotiate().catch(() => {}); // the timer sees to it
  }

  private change(direction: MediaDirection | undefined): Promise<void> {
    this.check('change');
    const { id, done } = this.waiters.change();
    this.take({ type: 'change', change: direction === undefined ? { id } : { id, direction } });
    return done;
  }

  private planFor(options: AnswerOptions): AnswerPlan {
    const { endpoint, sdp } = options;
    this.link.wishes = { ...this.link.wishes, ...wishesOf(options) };
    if (endpoint !== undefined) this.link.bring(endpoint);
    const given = this.link.endpoint !== undefined;
    return sdp === undefined ? { given } : { given, sdp };
  }

  private check(type: SessionInput['type']): void {
    if (this.machine.allows(type)) return;
    const { name } = this.machine.state;
    throw new StrowgerError('SESSION_STATE', `${type} is not possible while ${name}`);
  }

  private ask(input: SessionInput): void {
    this.check(input.type);
    this.take(input);
  }

  private take(input: SessionInput): void {
    const { name } = this.machine.state;
    if (this.machine.input(input) !== 'refused') return;
    const fields = { sessionId: this.id, state: name, input: input.type };
    this.context.logger.debug(fields, 'no row for this input');
  }

  private endpoint(): MediaEndpoint {
    const { endpoint } = this.link;
    if (endpoint === undefined) throw new StrowgerError('NO_MEDIA', 'there is no media yet');
    return endpoint;
  }

  private perform(output: SessionOutput): void {
    switch (output.type) {
      case 'openMedia':
      case 'createOffer':
      case 'acceptOffer':
      case 'acceptAnswer':
      case 'rollback':
      case 'closeMedia':
        return this.link.perform(output);
      case 'prepared':
        return this.waiters.settlePrepared(output.refusal);
      case 'changed':
        return this.waiters.settleChange(output.change.id, output.refusal);
      case 'invite':
        this.armRingTimer();
        return this.signalling.perform(output);
      default:
        return this.signalling.perform(output);
    }
  }

  private armRingTimer(): void {
    if (this.ringTimeoutMs === undefined) return;
    const ring = (): void => this.take({ type: 'ringTimeout' });
    this.ringTimer = this.context.clock.arm(this.ringTimeoutMs, ring);
  }

  private onStep(
    before: SessionMachineState,
    _input: SessionInput,
    next: SessionMachineState,
  ): void {
    const [from, to] = [sessionStateOf(before), sessionStateOf(next)];
    this.context.onStep?.(before.name, _input.type);
    if (from === to) return;
    const isAnswered = to === 'connected' || to === 'onHold';
    if (isAnswered || to === 'terminating') this.ringTimer?.cancel();
    if (isAnswered && this.answeredAt === undefined) this.answeredAt = this.context.clock.wall();
    this.emit('stateChanged', { from, to });
    if (isAnswered) this.waiters.connected.resolve();
    if (next.name === 'ended') this.finish(next);
    else if (next.name === 'ending') this.waiters.fail(next.reason);
  }

  private finish({ reason, stats }: Extract<SessionMachineState, { name: 'ended' }>): void {
    const { createdAt, answeredAt } = this;
    this.emit('terminated', {
      reason,
      createdAt,
      ...(answeredAt === undefined ? {} : { answeredAt }),
      ...(stats === undefined ? {} : { stats }),
    });
    this.context.onGone(this);
    this.waiters.ended.resolve(reason);
  }

  private tellMediaEvent(event: MediaEndpointEvent): void {
    if (event.type === 'digit') this.tellDigit('media', event);
    else tellMedia(event, (type, details) => this.emit(type, details));
  }

  private tellDigit(way: 'media' | 'info', details: SessionEventDetails['digit']): void {
    const { digit, durationMs, source } = details;
    if (!this.doubles.isNew(way, digit, this.context.clock.now())) return;
    this.emit('digit', { digit, durationMs, source });
  }

  private emit<T extends keyof SessionEventDetails>(
    type: T,
    details: SessionEventDetails[T],
  ): void {
    this.context.emit(this, type, details);
  }
}

function bracketed(contact: Uri | NameAddr): string {
  return 'uri' in contact ? contact.toString() : `<${contact}>`;
}
