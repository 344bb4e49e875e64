import type { ContactParts, Dialog, HeaderFields } from '@strowger/dialog-core';
import { StrowgerError, type Unsubscribe } from '@strowger/runtime';
import {
  isSips,
  type NameAddr,
  type SipRequest,
  type SipResponse,
  type Uri,
} from '@strowger/sip-message';
import { type Hop, isSecure } from '@strowger/transaction-core';
import {
  type AuthenticationInput,
  type AuthenticationState,
  authenticationTable,
} from './authentication-table.ts';
import type { CallContext } from './call-context.ts';
import type {
  AnswerOptions,
  HoldOptions,
  ProgressOptions,
  SessionDigitOptions,
} from './call-options.ts';
import { type EndReason, type PeerReason, rejected } from './end-reason.ts';
import type { MediaDirection, MediaEndpoint, MediaEndpointEvent, Sdp } from './media-backend.ts';
import type {
  AnswererOptions,
  AnswererOutcome,
  AudioSource,
  Cleared,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
  RecordOptions,
  RecordTarget,
  Recording,
} from './media-capabilities.ts';
import { partiesOf, type RecordedParty } from './recording-parties.ts';
import type { RecordingServer, RecordingSession } from './recording-session.ts';
import { refusedBy } from './refused-input.ts';
import { type AuthenticationMachine, authenticationMachine } from './session-authentication.ts';
import { sendInfoDigits } from './info-digit-sender.ts';
import type { ConferenceSide } from './conference-place.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type {
  ApplicationEvent,
  ApplicationEventData,
  ApplicationEventName,
  SecurityEvent,
  SessionEvents,
} from './session-events.ts';
import { SessionIdentity, type SessionIdentifiers } from './session-identity.ts';
import { SessionMedia } from './session-media.ts';
import { type SessionSnapshot, takeSessionSnapshot } from './session-snapshot.ts';
import { SessionShell } from './session-shell.ts';
import type { SessionId, SessionState } from './session-state.ts';
import { type SessionTransport, transportOf } from './session-transport.ts';
import { sessionStateOf } from './session-table.ts';
import type { Transfer } from './transfer.ts';
import type { TransferOptions } from './transfer-options.ts';
import { transferSession } from './transferor.ts';

/** How a session moves to another place in the network. */
export interface RelocateOptions {
  /** Whether the endpoint finds its new way by ICE itself, as that of a browser does. Default `false`. */
  readonly iceRestart?: boolean;
  /**
   * Whether media goes on as it does and the peer is told our Contact alone: where signalling alone has
   * moved, as by a NAT that has given it another port. Default `false`.
   */
  readonly keepsMedia?: boolean;
  /** What our Contact is made of; default: as for all sessions. */
  readonly contact?: ContactParts | undefined;
}

/** One party's leg of a call: its dialog and its media, kept in step. Made by `SessionManager`. */
export class Session extends SessionMedia {
  readonly id: SessionId;
  /** The Call-ID of its dialog. */
  readonly callId: string;
  readonly direction: 'incoming' | 'outgoing';
  /** The other party: To of our INVITE, From of theirs. */
  readonly remote: NameAddr;
  /** Our side of it: From of our INVITE, To of theirs. */
  readonly local: NameAddr;
  /** The INVITE of an incoming call. */
  readonly request: SipRequest | undefined;
  /** Where the INVITE of an incoming call came from: the caller, or a proxy. */
  readonly source: Hop | undefined;
  /** What `routeInviteToSession` was told of the call. */
  readonly callContext: CallContext | undefined;
  /** The caller's offer; undefined where the caller leaves the offer to us. */
  readonly offer: Sdp | undefined;
  /** Resolves when the call is answered; rejects with `SESSION_ENDED` when it ends before. */
  readonly connected: Promise<void>;
  /** Resolves once, with the one reason, when everything of the session is gone. */
  readonly ended: Promise<EndReason>;
  /** @internal Moved by the manager, and by `setAuthenticationState`. */
  readonly authentication: AuthenticationMachine = authenticationMachine();
  /** @internal */
  readonly identity: SessionIdentity;
  /** @internal */
  protected readonly shell: SessionShell;
  private readonly context: SessionContext;

  /** @internal */
  constructor(context: SessionContext, setup: SessionSetup) {
    super();
    const { id, callId, direction, local, remote, request, offer } = setup;
    this.context = context;
    this.id = id;
    this.callId = callId;
    this.direction = direction;
    this.local = local;
    this.remote = remote;
    this.request = request;
    this.source = setup.source;
    this.callContext = setup.callContext;
    this.offer = offer;
    this.identity = new SessionIdentity(`${id} ${callId}`);
    if (request !== undefined) this.identity.hear(request, true);
    if (setup.behalf !== undefined) this.speakFor(setup.behalf);
    if (setup.restored !== undefined) this.goOnAs(setup.restored);
    this.shell = new SessionShell(this, context, setup);
    this.connected = this.shell.waiters.connected.promise;
    this.ended = this.shell.waiters.ended.promise;
    this.shell.link.remote = offer;
    setup.prepare(this.shell.signalling, this.shell.link);
  }

  get state(): SessionState {
    return sessionStateOf(this.shell.state);
  }

  /** Who its two ends are, as Session-ID says (RFC 7989): the same for all legs of a call. */
  get identifiers(): SessionIdentifiers {
    return this.identity.identifiers;
  }

  /** Whom the peer is known as: by the UUID that it says, or by one that we gave it. */
  get partyUuid(): string {
    return this.identity.party;
  }

  /**
   * Our side speaks for the peer of another session from now on, as a back-to-back user agent does:
   * the UUID of that one goes into our Session-ID (RFC 7989 §7).
   */
  speakFor(other: Session): void {
    this.identity.speakFor(other.identity);
  }

  /** What is known of who called. */
  getAuthenticationState(): AuthenticationState {
    return this.authentication.state;
  }

  get isAuthenticated(): boolean {
    return this.authentication.state.name === 'authenticated';
  }

  /**
   * For applications that ask callers themselves: an input to the authentication table. Throws
   * `SESSION_STATE` where that does not allow it.
   */
  setAuthenticationState(input: AuthenticationInput): void {
    if (this.authentication.input(input) !== 'refused') return;
    const { name } = this.authentication.state;
    const allowed = Object.keys(authenticationTable[name]);
    throw refusedBy('SESSION_STATE', { input: input.type, state: name, allowed });
  }

  /** Wall time in milliseconds since 1970. */
  get createdAt(): number {
    return this.shell.createdAt;
  }

  /** The same of the answer. */
  get answeredAt(): number | undefined {
    return this.shell.answeredAt;
  }

  /** The confirmed dialog, from the answer on. */
  get dialog(): Dialog | undefined {
    return this.shell.signalling.dialog;
  }

  /**
   * What the messages of its dialog really go over: the transport to or from the next hop, as the last
   * one did. `isSecure` is about that hop alone; with a `sips:` address it holds for all of them (RFC
   * 3261 §26.2.2). Undefined before the first message.
   */
  get transport(): SessionTransport | undefined {
    return transportOf(this.shell.hop);
  }

  /** Dialogs that no final response has confirmed: of each fork that rings, or of the call that came. */
  get earlyDialogs(): readonly Dialog[] {
    return this.shell.signalling.earlyDialogs;
  }

  /** Of the last completed negotiation, as seen from here; undefined before the answer. */
  get mediaDirection(): MediaDirection | undefined {
    const { state } = this.shell;
    return 'wanted' in state ? state.direction : undefined;
  }

  /** Whether media was agreed before the answer (RFC 3960). */
  get earlyMedia(): boolean {
    const { state } = this.shell;
    if (state.name === 'inviting') return state.answer.applied !== undefined;
    return state.name === 'incoming' && state.alerted && state.media.stage === 'ready';
  }

  /** Why it ends, from the moment at which that is decided. */
  get endReason(): EndReason | undefined {
    const { state } = this.shell;
    return 'reason' in state ? state.reason : undefined;
  }

  /** Whether it is an incoming call that can still be answered or rejected. */
  get isUnanswered(): boolean {
    return this.shell.allows('reject');
  }

  /** Sends 180. Throws `SESSION_STATE` unless an incoming call waits for its answer. */
  ring(headers: HeaderFields = []): void {
    this.shell.ask({ type: 'ring', progress: { status: 180, headers } });
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
      this.shell.ask({ type: 'ring', progress });
      return Promise.resolve();
    }
    if (this.offer === undefined) throw new StrowgerError('NO_OFFER', 'the caller made no offer');
    this.shell.check('ringWithMedia');
    const plan = this.shell.planFor(options);
    const done = this.shell.waiters.prepared();
    this.shell.take({ type: 'ringWithMedia', progress, plan });
    return done;
  }

  /**
   * Begins with our side of the media without telling the peer: on a relay's end this has to
   * happen before the other end makes its offer. Resolves when the answer is ready to be sent.
   */
  prepare(options: AnswerOptions = {}): Promise<void> {
    this.shell.check('prepare');
    const plan = this.shell.planFor(options);
    const done = this.shell.waiters.prepared();
    this.shell.take({ type: 'prepare', plan });
    return done;
  }

  /**
   * Answers with 200. Resolves when the call is connected; rejects with `SESSION_ENDED` when it
   * ends instead: cancelled meanwhile, or refused with 488 because no media fits. Throws
   * `SESSION_STATE` unless an incoming call waits for its answer.
   */
  answer(options: AnswerOptions = {}): Promise<void> {
    this.shell.check('answer');
    const plan = this.shell.planFor(options);
    this.shell.saying(options.headers);
    this.shell.take({ type: 'answer', plan });
    return this.connected;
  }

  /** Header fields of the 2xx besides those of `answer`, whoever calls that: Authentication-Info. */
  sayInAnswer(headers: HeaderFields): void {
    this.shell.signalling.answerHeaders = headers;
  }

  /** Refuses with a status from 300 to 699. Throws `SESSION_STATE` and `BAD_STATUS`. */
  reject(status: number, options: { reason?: string; headers?: HeaderFields } = {}): void {
    if (!(status >= 300 && status <= 699)) {
      throw new StrowgerError('BAD_STATUS', `${status} refuses nothing`);
    }
    this.shell.check('reject');
    this.shell.saying(options.headers, options.reason);
    const text = options.reason;
    const reason = rejected('local', status, text === undefined ? {} : { text });
    this.shell.take({ type: 'reject', status, reason });
  }

  /**
   * Sends the caller elsewhere with 302 (RFC 3261 §8.1.3.4): to the one with the highest `q` first.
   * Throws `SESSION_STATE` unless an incoming call waits for its answer.
   */
  redirect(contacts: readonly (Uri | NameAddr)[]): void {
    this.reject(302, { headers: [['Contact', contacts.map(bracketed).join(', ')]] });
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
    if (this.shell.allows('hangUp')) this.shell.take({ type: 'hangUp', why: options.reason ?? {} });
    await this.ended;
  }

  /**
   * Puts the other side on hold; rejects with `CHANGE_REFUSED` where it refused. `music` is heard
   * there from then on (RFC 5359 §2.3, RFC 7088), until it is taken back; music that cannot be played
   * is logged, and the hold stands.
   */
  hold({ music, via }: HoldOptions = {}): Promise<void> {
    const held = this.shell.change({ direction: 'sendonly', via });
    return music === undefined ? held : held.then(() => this.shell.playOnHold(music));
  }

  /** Takes the other side back; the state moves when it agreed. */
  resume({ via }: Pick<HoldOptions, 'via'> = {}): Promise<void> {
    return this.shell.change({ direction: 'sendrecv', via });
  }

  /**
   * The other side hears silence of us, comfort noise where that was agreed, until `unmute`: whatever
   * is said, played, mixed or echoed; digits and music on hold are heard. Nothing is negotiated; it
   * holds for all media that the session has later, also across holds and `restore`. A recording of
   * ours has the silence, too. May be said at any time before the end, and twice. Rejects with
   * `SESSION_STATE` after the end, `MEDIA_UNSUPPORTED` where media cannot; then it is as it was.
   */
  mute(): Promise<void> {
    return this.shell.mute.set(true);
  }

  /** Takes `mute` back; rejects as that does. */
  unmute(): Promise<void> {
    return this.shell.mute.set(false);
  }

  /** Whether the other side hears silence by our `mute`. */
  get isMuted(): boolean {
    return this.shell.mute.isMuted;
  }

  /**
   * Other codecs from now on, in order of preference: encoding names in lower case (`pcma`, `opus`). The
   * peer is asked, and once it agreed what both have is spoken (`codecChanged`), and nothing else taken
   * of what it offers later, then in its order. Rejects with `CHANGE_REFUSED` where it refused, and with what media says
   * (`MEDIA_UNKNOWN_CODEC`, `MEDIA_UNSUPPORTED` on the end of a relay); then all is as it was. Throws
   * `SESSION_STATE` unless answered.
   */
  changeCodecs(codecs: readonly string[], { via }: Pick<HoldOptions, 'via'> = {}): Promise<void> {
    return this.shell.change({ codecs, via });
  }

  /** Offers the session once more as it is wanted now: after a change behind a relay, for example. */
  renegotiate({ via }: Pick<HoldOptions, 'via'> = {}): Promise<void> {
    return this.shell.change({ via });
  }

  /** Offers the session with an ICE restart (RFC 8445 §2.4). Rejects with `CHANGE_REFUSED`. */
  restartIce({ via }: Pick<HoldOptions, 'via'> = {}): Promise<void> {
    return this.shell.change({ iceRestart: true, via });
  }

  /**
   * Our address has changed, and messages over `hop` see another one: a re-INVITE tells the peer our new
   * Contact, and moves media there: to a new endpoint of ours, or by an ICE restart of the one that it
   * has; again as after a failure, told by `mediaRecovering` and `mediaRecovered`. Media that somebody
   * else brought or has stays where it is, and none is opened for a session that closed its own; where
   * the application has it, our next request tells the Contact. Throws `SESSION_STATE` unless answered.
   */
  relocate(hop: Hop, options: RelocateOptions = {}): void {
    this.shell.check('change');
    this.shell.relocate(hop, options);
  }

  /**
   * Moves media to another endpoint, such as the end of a relay, by a re-INVITE with its offer: its
   * owner opens and closes it. What the session opened itself is closed once the peer agreed; where
   * the peer refuses, media stays where it was, and this rejects with `CHANGE_REFUSED`.
   */
  moveMedia(endpoint: MediaEndpoint): Promise<void> {
    return this.shell.change({ endpoint });
  }

  /**
   * Asks the peer to talk to somebody else instead of us: at an address (blind), or to the peer of
   * another session of ours (attended: RFC 3891). `state` is `transferring` until the outcome is
   * known. Throws `SESSION_STATE` unless answered and no other transfer is under way.
   */
  transfer(target: Uri | NameAddr | Session, options: TransferOptions = {}): Transfer {
    if (this.state === 'transferring') {
      throw new StrowgerError('SESSION_STATE', 'a transfer is under way');
    }
    this.shell.check('transferBegun');
    return transferSession({ session: this, shell: this.shell, target, options });
  }

  /**
   * What the endpoint that the application brought tells: its events are the session's. With `from` they
   * count only while the session's media is on that very endpoint.
   */
  takeMediaEvent(event: MediaEndpointEvent, from?: MediaEndpoint): void {
    this.shell.link.take(event, from);
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

  /** Records what the peer says: into a file, to a server, to a program. */
  record(target: RecordTarget, options?: RecordOptions): Promise<Recording> {
    return this.endpoint().record(target, options);
  }

  /**
   * Has both sides recorded at a server (RFC 7866), which is told of holds as well, until `stop` or
   * the end of the session. Throws `NO_MEDIA` before the answer.
   */
  recordAt(server: RecordingServer): RecordingSession {
    this.endpoint();
    const parties = (): readonly RecordedParty[] => partiesOf(this);
    const recording = this.context.record({ server, from: this.local.withTag(undefined), parties });
    const unsubscribe = this.on('mediaStateChanged', ({ from }) => {
      if (from === 'negotiating') recording.update();
    });
    void this.ended.then(() => recording.stop());
    void recording.ended.then(unsubscribe);
    return recording;
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

  /**
   * Whether a human or a machine has answered, from now on: call it once `answered`, and be silent
   * meanwhile. A machine's beep is told as the event `tone`. Rejects with `NO_MEDIA`,
   * `MEDIA_WRONG_STATE` where another detection begins, `MEDIA_CLOSED`.
   */
  async detectAnsweringMachine(options?: AnswererOptions): Promise<AnswererOutcome> {
    return this.endpoint().detectAnsweringMachine(options);
  }

  /** What the peer says, at `sampleRate` Hz; default 8000. */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame> {
    return this.endpoint().audioIn(options);
  }

  /** What the peer shall hear. */
  audioOut(): WritableStream<PcmFrame> {
    return this.endpoint().audioOut();
  }

  /**
   * The session as plain JSON, for `SessionManager.restore` in another process. Throws `SESSION_STATE`
   * unless it is answered and not over; `DIALOG_STATE` where its dialog has ended meanwhile.
   */
  snapshot(): SessionSnapshot {
    const { state, link } = this.shell;
    const linkedTo = this.context.callOf(this);
    return takeSessionSnapshot(this, { state, keying: link.keying, linkedTo });
  }

  /** Listens to this session alone. Listeners end with the session. */
  on<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.context.listen(this.id, type, listener);
  }

  /** An event of the application's own, told to everybody who listens to `custom`. */
  publish<N extends ApplicationEventName>(name: N, data: ApplicationEventData<N>): void {
    this.shell.emit('custom', { name, data } as ApplicationEvent); // of one name, so of its type
  }

  /** @internal Whether it asks for secure hops all the way, and did not come over one. */
  get cameInsecurely(): boolean {
    const { request, transport } = this;
    return request !== undefined && isSips(request.uri) && transport?.isSecure === false;
  }

  /** @internal Tells whoever guards this machine. */
  guard(event: SecurityEvent): void {
    this.shell.tellSecurity(event);
  }

  /** @internal A message of its dialog came or went over this hop. */
  passed(hop: Hop): void {
    const was = this.transport;
    this.shell.hop = hop;
    if (this.dialog?.isSecure !== true || isSecure(hop.transport) || was?.isSecure === false)
      return;
    const detail = `a message of a sips: call went over ${hop.transport}`;
    this.guard({ what: 'insecureHop', severity: 'warning', detail });
  }

  /** @internal */
  start(): void {
    this.shell.start();
  }

  /** @internal Moves media to a new endpoint of the session's own. */
  renewMedia(): Promise<void> {
    return this.shell.renewMedia();
  }

  /** @internal What an endpoint of its media keeps to. */
  get protection(): SessionShell['link']['protection'] {
    return this.shell.link.protection;
  }

  /** @internal What a conference does with it. */
  get conferenceSide(): ConferenceSide {
    return this.shell;
  }

  /** @internal A REFER of the peer was accepted, or what it asked for is settled. */
  referred(isUnderWay: boolean): void {
    const type = isUnderWay ? 'transferBegun' : 'transferOver';
    if (this.shell.allows(type)) this.shell.take({ type });
  }

  private goOnAs({ dialog, localUuid, remoteUuid }: SessionSnapshot): void {
    const remote = remoteUuid === undefined ? {} : { remote: remoteUuid };
    this.identity.goOn(dialog.localTag, { local: localUuid, ...remote });
  }

  private endpoint(): MediaEndpoint {
    const { endpoint } = this.shell.link;
    if (endpoint === undefined) throw new StrowgerError('NO_MEDIA', 'there is no media yet');
    return endpoint;
  }
}

function bracketed(contact: Uri | NameAddr): string {
  return 'uri' in contact ? contact.toString() : `<${contact}>`;
}
