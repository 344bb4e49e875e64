import { DialogLayer, type IncomingInvite, type IncomingRefer } from '@strowger/dialog-core';
import { StrowgerError, within } from '@strowger/runtime';
import { NameAddr, type SipMessage, SipRequest } from '@strowger/sip-message';
import type { Inbound, MessageSender, ServerTransaction } from '@strowger/transaction-core';
import type { CallContext } from './call-context.ts';
import { type CallOptions, wishesOf } from './call-options.ts';
import { callOptionsOf } from './invite-to-send.ts';
import { checkCallOptions, checkManagerOptions } from './option-checks.ts';
import { type RestoreSessionOptions, setupOfRestored } from './restored-session.ts';
import { SessionAgeing } from './session-ageing.ts';
import { Admission } from './admission.ts';
import type { Conference } from './conference.ts';
import type { ConferenceId, ConferenceOptions, JoinOptions } from './conference-options.ts';
import { Conferences } from './conferences.ts';
import { Bridges, type RelayId } from './bridge.ts';
import { RecordingSession, type RecordingSessionOptions } from './recording-session.ts';
import { ALLOWED, answerUntaken } from './request-in-dialog.ts';
import { Session } from './session.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type {
  SessionCounts,
  SessionLimits,
  SessionManagerOptions,
} from './session-manager-options.ts';
import { SessionDirectory } from './session-directory.ts';
import { watchedSender } from './session-sender.ts';
import { readSessionSnapshot } from './session-snapshot.ts';
import { type SessionId, sessionId } from './session-state.ts';
import { hasForeignBody, refuseForBody, sdpOf } from './sip-body.ts';
import { TRICKLE_ICE } from './trickle-ice.ts';
import { Transferee } from './transferee.ts';
import { tooMany } from './recovery.ts';

const DEFAULT_LIMITS: SessionLimits = {
  sessions: 100_000,
  perUser: Number.MAX_SAFE_INTEGER,
  answerMs: 180_000,
  conferences: 1000,
  conferenceMembers: 200,
};
const CLOSE_DEADLINE_MS = 5000;

/** The owner of all sessions of one user agent: calls out, calls in, and what they belong to. */
export class SessionManager extends SessionDirectory {
  readonly dialogs: DialogLayer;
  private readonly limits: SessionLimits;
  private readonly transferee: Transferee;
  private readonly bridges: Bridges;
  private readonly conferenceRooms: Conferences;
  private readonly admission: Admission;
  private readonly context: SessionContext;
  private readonly ageing: SessionAgeing | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    checkManagerOptions(options);
    super(options);
    const { runtime, contactUser, userAgent, timers } = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.ageing = this.makeAgeing();
    this.dialogs = new DialogLayer({
      runtime,
      sender: this.senderOf(options),
      contactUser,
      localParty: options.localParty,
      userAgent,
      timers,
      foreign: options.foreign,
      ...(options.conferencePackage && { events: { packages: ['conference'] } }),
      supported: [
        'replaces',
        'norefersub',
        ...(options.trickleIce ? [TRICKLE_ICE] : []),
        ...(options.supported ?? []),
      ],
      ...(options.trickleIce && { infoPackages: [TRICKLE_ICE] }),
      reliableProvisionals: options.reliableProvisionals,
      sessionTimers: options.sessionTimers,
      allow: allowOf(options),
      user: {
        onInvite: (invite) => this.takeInvite(invite),
        onRequest: (transaction) => this.takeRequest(transaction),
        ...(options.conferencePackage && {
          onSubscribe: (subscribe) => this.conferenceRooms.take(subscribe),
        }),
        ...(options.onSessionChanged && {
          onDialogChanged: ({ id }) =>
            this.tellChanged(this.registry.byTags(id.callId, id.localTag, id.remoteTag)),
        }),
        takesStateless: (request, inbound) => options.takesStateless?.(request, inbound) === true,
      },
    });
    this.transferee = this.makeTransferee();
    this.bridges = new Bridges({
      media: options.media,
      protection: wishesOf({ srtp: options.srtp, keying: options.keying }),
      call: (call) => this.call(call),
      tell: (session, type, details) => this.registry.emit(session, type, details),
      newId: () => runtime.random.token(),
    });
    this.conferenceRooms = new Conferences({
      media: options.media,
      registry: this.registry,
      limits: this.limits,
      package: options.conferencePackage,
      onStep: options.onStep,
      newId: () => runtime.random.token(),
      report: (error) => this.report(error),
    });
    this.admission = new Admission({
      hooks: options,
      registry: this.registry,
      authentication: this.authentication,
      report: (error) => this.report(error),
    });
    this.context = this.contextOfSessions();
  }

  /** Takes a message from the transport. */
  receive(inbound: Inbound): void {
    const { message, hop } = inbound;
    const session = this.registry.onlyOf(message.callId);
    // who knows a Call-ID alone cannot say what the session goes over
    if (session !== undefined && this.isOf(session, message)) session.passed(hop);
    session?.identity.hear(message);
    this.dialogs.receive(inbound);
  }

  /**
   * Places a call; the session begins at once, the INVITE follows when media has made its offer.
   * Throws `CLOSED` after `close()`, `TOO_MANY_SESSIONS` at a limit, `BAD_OPTION` for what cannot be.
   */
  call(options: CallOptions): Session {
    checkCallOptions(options);
    this.checkOpen(options.from);
    const { endpoint, offer, lateOffer = false, ringTimeoutMs } = options;
    const callId = options.callId ?? this.newCallId();
    const given = endpoint !== undefined || offer !== undefined;
    const plan = { given, late: lateOffer, ...(offer === undefined ? {} : { offer }) };
    const session = this.open({
      id: this.newId(),
      callId,
      direction: 'outgoing',
      local: options.from,
      behalf: options.onBehalfOf,
      remote: options.to instanceof NameAddr ? options.to : new NameAddr({ uri: options.to }),
      ringTimeoutMs,
      initial: { name: 'created', plan },
      prepare: (signalling, link) => {
        signalling.plan(this.dialogs, options, callId);
        link.wishes = { ...link.wishes, ...wishesOf(options) };
        if (endpoint !== undefined) link.bring(endpoint);
        else if (offer !== undefined) link.leaveToOwner();
      },
    });
    this.followSignal(session, options.signal);
    return session;
  }

  /**
   * Does what a REFER asks for, as `onRefer` with `call` would: a new session of ours calls whom it
   * names. For REFERs that came another way. Throws `NO_SESSION`, `REFER_ANSWERED`.
   */
  handleCallTransfer(
    id: SessionId,
    refer: IncomingRefer,
    options: Partial<CallOptions> = {},
  ): void {
    this.transferee.call(this.registry.live(id), refer, options);
  }

  /**
   * Lets the media of two answered sessions flow through each other, over a relay of the backend: what
   * one changes is asked of the other, and they end together. Rejects where one does not agree: then
   * each talks to us as before, `b` with new media of its own. Rejects with `NO_SESSION`.
   */
  async setupRtpRelay(a: SessionId, b: SessionId): Promise<RelayId> {
    return this.bridges.join(this.registry.live(a), this.registry.live(b));
  }

  /** Parts them again: each talks to us, with media of its own. Rejects with `NO_RELAY`. */
  teardownRtpRelay(id: RelayId): Promise<void> {
    return this.bridges.part(id);
  }

  /** A conference that sessions join. Throws `CLOSED`, `TOO_MANY_CONFERENCES`, `BAD_CONFERENCE`. */
  createConference(options: ConferenceOptions = {}): Conference {
    if (this.closing !== undefined) throw new StrowgerError('CLOSED', 'the manager is closed');
    return this.conferenceRooms.create(options);
  }

  /**
   * Lets sessions hear each other: all of them, or none. Resolves when all are in; by default it is
   * over when but one is left. Rejects as `Conference.join` and `createConference` do: then
   * those who had come in go on alone, and who was answered for it stays answered.
   */
  setupConferenceBridge(
    sessions: readonly SessionId[],
    options: ConferenceOptions & { readonly member?: JoinOptions } = {},
  ): Promise<ConferenceId> {
    return this.conferenceRooms.bridge(sessions, options);
  }

  /**
   * Has a call recorded at a server (RFC 7866): each party on a line of its own. What changes is told
   * by `update` of it; it goes on until `stop`, or until the server ends it. Needs a backend that can
   * copy streams. For a session that talks to us: `Session.recordAt`.
   */
  startRecordingSession(options: RecordingSessionOptions): RecordingSession {
    const { runtime, media } = this.options;
    return new RecordingSession(options, {
      runtime,
      media,
      wishes: this.context.wishes,
      newId: () => runtime.random.token(),
      call: (call) => this.call(call),
    });
  }

  /** The conferences that are not over, oldest first. */
  conferences(): readonly Conference[] {
    return this.conferenceRooms.all();
  }

  /** The conference of this id, while it is not over. */
  conference(id: ConferenceId): Conference | undefined {
    return this.conferenceRooms.get(id);
  }

  /** The conference that a session is in, waits for, or is on its way into. */
  conferenceOf(id: SessionId): Conference | undefined {
    return this.conferenceRooms.of(id);
  }

  counts(): SessionCounts {
    const sessions = this.registry.size;
    const conferences = this.conferenceRooms.all().length;
    return { sessions, conferences, ...this.options.media.usage(), ...this.dialogs.counts() };
  }

  /**
   * Ends everything: BYE, CANCEL, 503; at the deadline (default 5000 ms) without waiting for the
   * peers. Resolves when nothing of this manager is left; the media backend is its owner's.
   */
  close(options: { deadlineMs?: number } = {}): Promise<void> {
    this.closing ??= this.shut(options.deadlineMs ?? CLOSE_DEADLINE_MS);
    return this.closing;
  }

  private async shut(deadlineMs: number): Promise<void> {
    const over = this.conferences().map((conference) => conference.end());
    for (const session of this.sessions()) {
      if (session.isUnanswered) session.reject(503);
      else void session.hangUp();
    }
    const ended = Promise.all(this.sessions().map((session) => session.ended));
    // what has ended needs no more of the dialogs than what the peer may repeat
    if (this.registry.size > 0) await within(ended, deadlineMs, this.options.runtime.clock);
    this.dialogs.close();
    await Promise.all([ended, ...over]);
  }

  /**
   * A session for an INVITE that the application has: one that came (`onInvite`, or a `DialogLayer` of
   * its own), which it answers or rejects itself, as nobody is asked; or one of its own making, which
   * is sent with the media of the session. Throws as `call`; `BAD_OPTION` for a request that is no
   * INVITE, or has a description, as media makes its own.
   */
  createSessionForInvite(invite: IncomingInvite | SipRequest): Session {
    if (invite instanceof SipRequest) return this.call(callOptionsOf(invite));
    this.checkOpen(invite.request.from);
    return this.openFor(invite, undefined);
  }

  /**
   * Makes a session of an INVITE that `onInvite` took, with what its router knows of it: it becomes a
   * leg of `context.callId`, who calls is asked, and then `onIncoming`. Throws as `call`.
   */
  routeInviteToSession(invite: IncomingInvite, context: CallContext): Session {
    this.checkOpen(invite.request.from);
    const session = this.openFor(invite, context);
    if (context.callId !== undefined) this.registry.link(session.id, context.callId);
    void this.admission.admit(session, invite.replaces);
    return session;
  }

  /**
   * Goes on with a session that another process saved with `session.snapshot()`: with its dialog as
   * `DialogLayer.restore` does, with media by a re-INVITE that offers an endpoint of ours, as often as
   * `mediaRetries` says. It is `connected`, or `onHold`, at once; `mediaRecovered` tells that media is
   * there, and what the peer answers instead ends it as in any call: `dialogLost` where it gives 481,
   * `timeout` where it says nothing. `snapshot` may be anything that JSON gives.
   *
   * What a snapshot cannot hold is given anew or lost: what is asked of media, credentials; the INVITE,
   * who was authenticated, music, a transfer that was under way, a conference.
   *
   * @throws StrowgerError `SNAPSHOT_CORRUPT`, `SNAPSHOT_VERSION`, `SESSION_EXISTS`, and as
   * `DialogLayer.restore` and `call` do.
   */
  restore(snapshot: unknown, options: RestoreSessionOptions = {}): Session {
    const read = readSessionSnapshot(snapshot);
    if (this.registry.get(read.id) !== undefined) {
      throw new StrowgerError('SESSION_EXISTS', `session ${read.id} lives here already`);
    }
    const setup = setupOfRestored(read, options, this.dialogs);
    this.checkOpen(read.direction === 'incoming' ? setup.remote : setup.local);
    const session = this.open(setup);
    if (read.linkedTo !== undefined) this.registry.link(session.id, read.linkedTo);
    return session;
  }

  /** Whether a message is of a session's own dialog, where it has one. */
  private isOf(session: Session, { callId, fromTag = '', toTag = '' }: SipMessage): boolean {
    return session.dialog === undefined || this.registry.byTags(callId, fromTag, toTag) === session;
  }

  /** Who saves sessions is told; early dialogs are not worth it. */
  private tellChanged(session: Session | undefined): void {
    const { onSessionChanged } = this.options;
    if (session === undefined || onSessionChanged === undefined) return;
    const { state } = session;
    if (state !== 'terminated' && session.mediaDirection === undefined) return;
    try {
      onSessionChanged(session);
    } catch (error) {
      this.report(error);
    }
  }

  private takeInvite(invite: IncomingInvite): void {
    if (this.closing !== undefined || this.registry.size >= this.limits.sessions) {
      return invite.reject(503, { headers: [['Retry-After', '10']] });
    }
    if (hasForeignBody(invite.request)) return refuseForBody(invite);
    try {
      if (this.options.onInvite?.(invite) === true) return;
    } catch (error) {
      this.report(error);
      return invite.pending ? invite.reject(500) : undefined;
    }
    if (this.isTooMany(invite.request.from)) return invite.reject(480);
    void this.admission.admit(this.openFor(invite, undefined), invite.replaces);
  }

  private openFor(invite: IncomingInvite, callContext: CallContext | undefined): Session {
    const { request } = invite;
    const offer = sdpOf(request);
    const described = offer === undefined ? {} : { offer };
    return this.open({
      id: this.newId(),
      callId: request.callId,
      direction: 'incoming',
      local: request.to,
      remote: request.from,
      request,
      callContext,
      source: invite.inbound.hop,
      offer,
      ringTimeoutMs: this.limits.answerMs,
      initial: { name: 'incoming', alerted: false, media: { stage: 'none' }, ...described },
      prepare: (signalling) => signalling.take(invite),
    });
  }

  private senderOf({ sender, sessionIds = true }: SessionManagerOptions): MessageSender {
    // what is sent again stays as it was (RFC 3261 §17.2), whoever has come, spoken or gone since
    const left = new WeakSet<SipMessage>();
    return watchedSender(sender, (message, hop) => {
      const session = this.registry.onlyOf(message.callId);
      if (session !== undefined && this.isOf(session, message)) session.passed(hop);
      if (!sessionIds || left.has(message)) return;
      left.add(message);
      session?.identity.leaves(message);
    });
  }

  private takeRequest(transaction: ServerTransaction): void {
    const { onRequest } = this.options;
    if (onRequest !== undefined) onRequest(transaction);
    else answerUntaken(transaction, this.dialogs.allow);
  }

  private takeRequestInCall(session: Session, transaction: ServerTransaction): void {
    const { onRequestInCall } = this.options;
    const isTaken =
      transaction.method !== 'OPTIONS' && onRequestInCall?.(transaction, session) === true;
    if (!isTaken) answerUntaken(transaction, this.dialogs.allow);
  }

  private open(setup: SessionSetup): Session {
    const session = new Session(this.context, setup);
    this.registry.add(session);
    this.ageing?.begun(session);
    session.start();
    return session;
  }

  private followSignal(session: Session, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => void session.hangUp();
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void session.ended.then(() => signal.removeEventListener('abort', abort));
  }

  private checkOpen(caller: NameAddr): void {
    if (this.closing !== undefined) throw new StrowgerError('CLOSED', 'the manager is closed');
    if (this.registry.size >= this.limits.sessions) {
      throw tooMany('TOO_MANY_SESSIONS', `there are ${this.registry.size} sessions`);
    }
    if (!this.isTooMany(caller)) return;
    const begun = this.registry.begunBy(caller);
    throw tooMany('TOO_MANY_SESSIONS', `${caller.uri} has begun ${begun} sessions`);
  }

  private isTooMany(caller: NameAddr): boolean {
    return this.registry.begunBy(caller) >= this.limits.perUser;
  }

  private makeAgeing(): SessionAgeing | undefined {
    const { maxAgeMs } = this.limits;
    if (maxAgeMs === undefined) return undefined;
    return new SessionAgeing(this.options.runtime.clock, maxAgeMs);
  }

  private newCallId(): string {
    const { sender, runtime } = this.options;
    return sender.newCallId?.() ?? runtime.random.token(128);
  }

  private newId(): SessionId {
    return sessionId(this.options.runtime.random.token());
  }

  private contextOfSessions(): SessionContext {
    const { runtime, media, onStep } = this.options;
    return {
      clock: runtime.clock,
      logger: runtime.logger,
      backend: media,
      wishes: wishesOf({ srtp: this.options.srtp, keying: this.options.keying }),
      mediaRetries: this.options.mediaRetries ?? 3,
      trickleIce: this.options.trickleIce ?? false,
      onStep,
      emit: (session, type, details) => this.registry.emit(session, type, details),
      listen: (id, type, listener) => this.registry.listen(id, type, listener),
      onDialog: (session, dialog, exists) => this.registry.mapDialog(session, dialog, exists),
      callOf: (session) => this.registry.callOf(session),
      onRest: (session) => this.tellChanged(session),
      onGone: (session) => {
        if (session.answeredAt !== undefined) this.tellChanged(session);
        this.registry.remove(session);
        this.ageing?.gone(session);
      },
      onRequest: (session, transaction) => this.takeRequestInCall(session, transaction),
      onRefer: (session, refer) => this.transferee.take(session, refer),
      bridges: this.bridges,
      record: (options) => this.startRecordingSession(options),
    };
  }

  private makeTransferee(): Transferee {
    const { registry } = this;
    return new Transferee({
      hooks: this.options,
      call: (options) => this.call(options),
      emit: (session, type, details) => registry.emit(session, type, details),
      adopt: (replacement, of) => {
        const callId = registry.callOf(of);
        if (callId !== undefined) registry.link(replacement.id, callId);
      },
      report: (error) => this.report(error),
    });
  }
}

/** The methods of sessions, and those of the owner. */
function allowOf({
  conferencePackage,
  allow = [],
}: SessionManagerOptions): readonly string[] | (() => readonly string[]) {
  const ours = [...ALLOWED, ...(conferencePackage ? ['SUBSCRIBE'] : [])];
  const all = (more: readonly string[]): string[] => [...new Set([...ours, ...more])];
  return typeof allow === 'function' ? () => all(allow()) : all(allow);
}
