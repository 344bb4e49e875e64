import { type Dialog, DialogLayer, type IncomingInvite } from '@strowger/dialog-core';
import { StrowgerError, type Unsubscribe } from '@strowger/runtime';
import { NameAddr } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { CallOptions } from './call-options.ts';
import { Bridges } from './bridge.ts';
import { ALLOWED, answerOptions, refuseMethod } from './request-in-dialog.ts';
import { Session } from './session.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type { SessionEvents } from './session-events.ts';
import type {
  SessionCounts,
  SessionLimits,
  SessionManagerOptions,
} from './session-manager-options.ts';
import { SessionRegistry } from './session-registry.ts';
import { type SessionId, sessionId } from './session-state.ts';
import { hasForeignBody, sdpOf, TAKEN_BODIES } from './sip-body.ts';
import { Transferee } from './transferee.ts';
import type { ReplacesDecision } from './transfer-hooks.ts';

const DEFAULT_LIMITS: SessionLimits = { sessions: 100_000, answerMs: 180_000 };
const CLOSE_DEADLINE_MS = 5000;

/** The owner of all sessions of one user agent: calls out, calls in, and what they belong to. */
export class SessionManager {
  readonly dialogs: DialogLayer;
  private readonly options: SessionManagerOptions;
  private readonly limits: SessionLimits;
  private readonly registry: SessionRegistry;
  private readonly transferee: Transferee;
  private readonly context: SessionContext;
  private closing: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    const { runtime, sender, contactUser, userAgent, timers, allow = [] } = options;
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.registry = new SessionRegistry(runtime.clock, (error) => this.report(error));
    this.dialogs = new DialogLayer({
      runtime,
      sender,
      contactUser,
      userAgent,
      timers,
      foreign: options.foreign,
      supported: ['replaces', 'norefersub', ...(options.supported ?? [])],
      reliableProvisionals: options.reliableProvisionals,
      sessionTimers: options.sessionTimers,
      allow: [...new Set([...ALLOWED, ...allow])],
      user: {
        onInvite: (invite) => this.takeInvite(invite),
        onRequest: (transaction) => this.takeRequest(transaction),
        takesStateless: (request, inbound) => options.takesStateless?.(request, inbound) === true,
      },
    });
    this.transferee = this.makeTransferee();
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
      local: options.from,
      remote: options.to instanceof NameAddr ? options.to : new NameAddr({ uri: options.to }),
      ringTimeoutMs,
      initial: { name: 'created', plan },
      prepare: (signalling, link) => {
        signalling.plan(this.dialogs, options, callId);
        link.codecs = options.codecs;
        if (endpoint !== undefined) link.bring(endpoint);
      },
    });
    this.followSignal(session, options.signal);
    return session;
  }

  /** The live sessions, oldest first. */
  sessions(): Session[] {
    return this.registry.all();
  }

  get(id: SessionId): Session | undefined {
    return this.registry.get(id);
  }

  /** The session of a dialog, early ones too; the tags in either order. Constant time. */
  findSessionForDialog(callId: string, fromTag: string, toTag: string): Session | undefined {
    return this.registry.byTags(callId, fromTag, toTag);
  }

  /**
   * Says that a session is a leg of the application's call `callId`; a session belongs to one call
   * at most. Throws `NO_SESSION` when it does not live.
   */
  linkSessionToCall(id: SessionId, callId: string): void {
    this.registry.link(id, callId);
  }

  /** The live sessions that were linked to this call, in the order of linking. */
  getSessionsForCall(callId: string): Session[] {
    return this.registry.sessionsOf(callId);
  }

  /** The application's call that a live session was linked to. */
  callOf(id: SessionId): string | undefined {
    const session = this.registry.get(id);
    return session && this.registry.callOf(session);
  }

  /** Listens to all sessions. Told after the state was committed and the outputs were performed. */
  on<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.registry.events.on(type, listener);
  }

  /** Listens to all sessions, once. */
  once<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.registry.events.once(type, listener);
  }

  off<T extends keyof SessionEvents>(type: T, listener: (event: SessionEvents[T]) => void): void {
    this.registry.events.off(type, listener);
  }

  counts(): SessionCounts {
    const sessions = this.registry.size;
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
    if (this.registry.size > 0) await this.orDeadline(ended, deadlineMs);
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
    if (this.closing !== undefined || this.registry.size >= this.limits.sessions) {
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
      local: request.to,
      remote: request.from,
      request,
      source: invite.inbound.hop,
      offer,
      ringTimeoutMs: this.limits.answerMs,
      initial: { name: 'incoming', alerted: false, media: { stage: 'none' }, ...described },
      prepare: (signalling) => signalling.take(invite),
    });
    const { replaces } = invite;
    if (replaces === undefined) void this.announce(session);
    else void this.replace(session, replaces);
  }

  /** Decides on a call that wants to take the place of another one (RFC 3891 §3). */
  private async replace(session: Session, { id }: Dialog): Promise<void> {
    const replaced = this.registry.byTags(id.callId, id.localTag, id.remoteTag);
    if (replaced === undefined) return session.reject(481);
    const decision = await this.decideReplaces(session, replaced);
    if (!session.isUnanswered) return; // it was given up meanwhile
    if (decision.kind === 'refuse') return session.reject(decision.status ?? 403);
    if (decision.kind === 'take') return;
    try {
      await session.answer(decision.options);
    } catch {
      return; // it ended instead, which everybody was told: the other one goes on
    }
    this.registry.emit(replaced, 'replaced', { by: session.id });
    void replaced.hangUp();
  }

  private async decideReplaces(session: Session, replaced: Session): Promise<ReplacesDecision> {
    try {
      return (await this.options.onReplaces?.(session, replaced)) ?? { kind: 'refuse' };
    } catch (error) {
      this.report(error);
      return { kind: 'refuse', status: 500 };
    }
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
    this.registry.add(session);
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
    if (this.registry.size < this.limits.sessions) return;
    throw new StrowgerError('TOO_MANY_SESSIONS', `there are ${this.registry.size} sessions`);
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
      mediaRetries: this.options.mediaRetries ?? 1,
      onStep,
      emit: (session, type, details) => this.registry.emit(session, type, details),
      listen: (id, type, listener) => this.registry.listen(id, type, listener),
      onDialog: (session, dialog, exists) => this.registry.mapDialog(session, dialog, exists),
      onGone: (session) => this.registry.remove(session),
      onRefer: (session, refer) => this.transferee.take(session, refer),
      bridges: new Bridges({ media, call: (options) => this.call(options) }),
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

  private report(error: unknown): void {
    this.options.runtime.logger.error({ err: error }, 'the application threw');
  }
}
