import { type Dialog, DialogLayer, type IncomingInvite } from '@strowger/dialog-core';
import { Emitter, StrowgerError, type Unsubscribe } from '@strowger/runtime';
import { NameAddr } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import { type CallOptions, wishesOf } from './call-options.ts';
import { CallLinks } from './call-links.ts';
import { ALLOWED, answerOptions, refuseMethod } from './request-in-dialog.ts';
import { Session } from './session.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type { SessionEvent, SessionEventDetails, SessionEvents } from './session-events.ts';
import type {
  SessionCounts,
  SessionLimits,
  SessionManagerOptions,
} from './session-manager-options.ts';
import { type SessionId, sessionId } from './session-state.ts';
import { hasForeignBody, sdpOf, TAKEN_BODIES } from './sip-body.ts';

const DEFAULT_LIMITS: SessionLimits = { sessions: 100_000, answerMs: 180_000 };
const CLOSE_DEADLINE_MS = 5000;

/** The owner of all sessions of one user agent: calls out, calls in, and what they belong to. */
export class SessionManager {
  readonly dialogs: DialogLayer;
  private readonly options: SessionManagerOptions;
  private readonly limits: SessionLimits;
  private readonly live = new Map<SessionId, Session>();
  private readonly byDialog = new Map<string, Session>();
  private readonly links = new CallLinks<Session>();
  private readonly emitter: Emitter<SessionEvents>;
  private readonly ownEmitters = new Map<SessionId, Emitter<SessionEvents>>();
  private readonly context: SessionContext;
  private seq = 0;
  private closing: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    const { runtime, sender, contactUser, userAgent, timers, allow = [] } = options;
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.emitter = new Emitter((error) => this.report(error));
    this.dialogs = new DialogLayer({
      runtime,
      sender,
      contactUser,
      userAgent,
      timers,
      foreign: options.foreign,
      supported: options.supported,
      reliableProvisionals: options.reliableProvisionals,
      sessionTimers: options.sessionTimers,
      allow: [...new Set([...ALLOWED, ...allow])],
      user: {
        onInvite: (invite) => this.takeInvite(invite),
        onRequest: (transaction) => this.takeRequest(transaction),
        takesStateless: (request, inbound) => options.takesStateless?.(request, inbound) === true,
      },
    });
    this.context = this.contextOfSessions();
  }

  /** Takes a message from the transport. */
  receive(inbound: Inbound): void {
    this.dialogs.receive(inbound);
  }

  /**
   * Places a call; the session begins at once, the INVITE follows when media has made its offer.
   * Throws `CLOSED` after `close()`, `TOO_MANY_SESSIONS` at the limit.
   */
  call(options: CallOptions): Session {
    this.checkOpen();
    const { endpoint, offer, lateOffer = false, ringTimeoutMs } = options;
    const callId = options.callId ?? this.newCallId();
    const given = endpoint !== undefined;
    const plan = { given, late: lateOffer, ...(offer === undefined ? {} : { offer }) };
    const session = this.open({
      id: this.newId(),
      callId,
      direction: 'outgoing',
      remote: options.to instanceof NameAddr ? options.to : new NameAddr({ uri: options.to }),
      ringTimeoutMs,
      initial: { name: 'created', plan },
      prepare: (signalling, link) => {
        signalling.plan(this.dialogs, options, callId);
        link.wishes = wishesOf(options);
        if (endpoint !== undefined) link.bring(endpoint);
      },
    });
    this.followSignal(session, options.signal);
    return session;
  }

  /** The live sessions, oldest first. */
  sessions(): Session[] {
    return [...this.live.values()];
  }

  get(id: SessionId): Session | undefined {
    return this.live.get(id);
  }

  /** The session of a dialog, early ones too; the tags in either order. Constant time. */
  findSessionForDialog(callId: string, fromTag: string, toTag: string): Session | undefined {
    return (
      this.byDialog.get(keyOf(callId, fromTag, toTag)) ??
      this.byDialog.get(keyOf(callId, toTag, fromTag))
    );
  }

  /**
   * Says that a session is a leg of the application's call `callId`; a session belongs to one call
   * at most. Throws `NO_SESSION` when it does not live.
   */
  linkSessionToCall(id: SessionId, callId: string): void {
    const session = this.live.get(id);
    if (session === undefined) throw new StrowgerError('NO_SESSION', `there is no session ${id}`);
    this.links.link(session, callId);
  }

  /** The live sessions that were linked to this call, in the order of linking. */
  getSessionsForCall(callId: string): Session[] {
    return this.links.of(callId);
  }

  /** Listens to all sessions. Told after the state was committed and the outputs were performed. */
  on<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.emitter.on(type, listener);
  }

  /** Listens to all sessions, once. */
  once<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.emitter.once(type, listener);
  }

  off<T extends keyof SessionEvents>(type: T, listener: (event: SessionEvents[T]) => void): void {
    this.emitter.off(type, listener);
  }

  counts(): SessionCounts {
    const sessions = this.live.size;
    return { sessions, ...this.options.media.usage(), ...this.dialogs.counts() };
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
    for (const session of this.sessions()) {
      if (session.isUnanswered) session.reject(503);
      else void session.hangUp();
    }
    const ended = Promise.all(this.sessions().map((session) => session.ended));
    if (this.live.size > 0) await this.orDeadline(ended, deadlineMs);
    this.dialogs.close();
    await ended;
  }

  /** What has ended needs no more of the dialogs than what the peer may repeat. */
  private orDeadline(ended: Promise<unknown>, deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.options.runtime.clock.arm(deadlineMs, resolve);
      void ended.finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  private takeInvite(invite: IncomingInvite): void {
    if (this.closing !== undefined || this.live.size >= this.limits.sessions) {
      return invite.reject(503, { headers: [['Retry-After', '10']] });
    }
    if (hasForeignBody(invite.request)) {
      return invite.reject(415, { headers: [...TAKEN_BODIES] });
    }
    const { request } = invite;
    const offer = sdpOf(request);
    const described = offer === undefined ? {} : { offer };
    const session = this.open({
      id: this.newId(),
      callId: request.callId,
      direction: 'incoming',
      remote: request.from,
      request,
      offer,
      ringTimeoutMs: this.limits.answerMs,
      initial: { name: 'incoming', alerted: false, media: { stage: 'none' }, ...described },
      prepare: (signalling) => signalling.take(invite),
    });
    void this.announce(session);
  }

  private async announce(session: Session): Promise<void> {
    const { onIncoming } = this.options;
    try {
      if (onIncoming !== undefined) await onIncoming(session);
      else if (session.isUnanswered) session.reject(480);
    } catch (error) {
      this.report(error);
      if (session.isUnanswered) session.reject(500);
    }
  }

  private takeRequest(transaction: ServerTransaction): void {
    const { onRequest } = this.options;
    if (onRequest !== undefined) onRequest(transaction);
    else if (transaction.method === 'OPTIONS') answerOptions(transaction);
    else refuseMethod(transaction);
  }

  private open(setup: SessionSetup): Session {
    const session = new Session(this.context, setup);
    this.live.set(session.id, session);
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

  private checkOpen(): void {
    if (this.closing !== undefined) throw new StrowgerError('CLOSED', 'the manager is closed');
    if (this.live.size < this.limits.sessions) return;
    throw new StrowgerError('TOO_MANY_SESSIONS', `there are ${this.live.size} sessions`);
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
      onStep,
      emit: (session, type, details) => this.emit(session, type, details),
      listen: (id, type, listener) => this.listen(id, type, listener),
      onDialog: (session, dialog, exists) => this.mapDialog(session, dialog, exists),
      onGone: (session) => {
        this.live.delete(session.id);
        this.ownEmitters.delete(session.id);
        this.links.unlink(session);
      },
    };
  }

  private listen<T extends keyof SessionEvents>(
    id: SessionId,
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    if (!this.live.has(id)) return () => {};
    const own = this.ownEmitters.get(id) ?? new Emitter((error) => this.report(error));
    this.ownEmitters.set(id, own);
    return own.on(type, listener);
  }

  private emit<T extends keyof SessionEventDetails>(
    { id, callId }: Session,
    type: T,
    details: SessionEventDetails[T],
  ): void {
    const at = this.options.runtime.clock.wall();
    const head = { type, seq: ++this.seq, at, sessionId: id, callId };
    // `details` are those of `type`, which the compiler cannot follow through the generic
    const event = { ...details, ...head } as SessionEvent as SessionEvents[T];
    this.emitter.emit(type, event);
    this.ownEmitters.get(id)?.emit(type, event);
  }

  private mapDialog(session: Session, { id }: Dialog, exists: boolean): void {
    const key = keyOf(id.callId, id.localTag, id.remoteTag);
    if (exists) this.byDialog.set(key, session);
    else if (this.byDialog.get(key) === session) this.byDialog.delete(key);
  }

  private report(error: unknown): void {
    this.options.runtime.logger.error({ err: error }, 'the application threw');
  }
}

function keyOf(callId: string, oneTag: string, otherTag: string): string {
  return `${callId}\n${oneTag}\n${otherTag}`;
}
