import { Emitter, type Runtime, type Unsubscribe, within } from '@strowger/runtime';
import {
  type ConferencePackageOptions,
  type EndedConference,
  forwardingHeaders,
  type Session,
  type SessionEvents,
  SessionManager,
} from '@strowger/session-core';
import { createResponse, type Headers, isSips, type SipRequest } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { Admitted } from './admission.ts';
import type { AuthenticationFailure } from './authenticator.ts';
import { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { type CallEngineOptions, type EngineSettings, settingsOf } from './call-engine-options.ts';
import type { CallRecord } from './call-record.ts';
import { CallRoutes } from './call-routes.ts';
import { CallerLeg } from './caller-leg.ts';
import { CdrWriter } from './cdr-writer.ts';
import type { ConferenceRoom } from './conference-room.ts';
import { ContactLegs } from './contact-leg.ts';
import { type EngineParts, enginePartsOf } from './engine-parts.ts';
import type { Binding } from './location-store.ts';
import { ALLOWED } from './non-call-requests.ts';
import { ProxiedCalls } from './proxied-calls.ts';
import { InfoPassing } from './info-passing.ts';
import { Referrals } from './referrals.ts';
import { ProxyMode } from './proxy-mode.ts';
import type { RegistrationChange } from './registrar.ts';
import { relaysWith } from './media-policy.ts';
import { StatelessAnswers } from './stateless-answers.ts';

/** What a `CallEngine` tells. */
export interface CallEngineEvents {
  registered: { readonly addressOfRecord: string; readonly binding: Binding };
  unregistered: { readonly addressOfRecord: string; readonly binding: Binding };
  callStarted: { readonly call: Call };
  callAnswered: { readonly call: Call };
  /** One of the two that talk has put somebody else in its place. */
  callTransferred: { readonly call: Call };
  /** The call is recorded from now on, at the server or by ourselves. */
  recordingStarted: { readonly call: Call; readonly what: 'server' | 'own' };
  /** It is not, or no longer; the call ends where its recording is required. */
  recordingFailed: {
    readonly call: Call;
    readonly what: 'server' | 'own';
    readonly reason: string;
  };
  /** Told once the record is written. */
  callEnded: { readonly call: Call; readonly record: CallRecord };
  /** The same for a call that only passed through, in the mode `proxy`. */
  proxiedCallEnded: { readonly record: CallRecord };
  /** A meeting in a room is over, and what was recorded of it is complete. */
  conferenceEnded: { readonly room: string; readonly ended: EndedConference };
  authenticationFailed: AuthenticationFailure;
  /** Media or signalling of a call is less protected than it has to be, or than it was. */
  security: SessionEvents['security'];
}

/** What lives in an engine; all zero when it has come to rest. */
export interface CallEngineCounts {
  readonly calls: number;
  /** Requests that are passed on, texts in any mode: each lingers for 32 s after a 2xx. */
  readonly proxied: number;
  /** Calls that pass through a proxy and were not ended, as far as it knows. */
  readonly proxiedCalls: number;
  readonly sessions: number;
  readonly conferences: number;
  readonly dialogs: number;
  readonly transactions: number;
  readonly endpoints: number;
  readonly ports: number;
  /** Armed timers of the runtime's clock, but for the registrar's sweep, which never rests. */
  readonly timers: number;
}

/** Seconds after which a caller who met a full or draining engine may try again. */
const RETRY_AFTER_SECONDS = 10;
const LAST_WORDS_MS = 1000;

/** A PBX without its sockets: registrar, routing, B2BUA, services, records. */
export class CallEngine {
  /** The sessions of all calls. */
  readonly sessions: SessionManager;
  private readonly options: CallEngineOptions;
  private readonly settings: EngineSettings;
  private readonly runtime: Runtime;
  private readonly events: Emitter<CallEngineEvents>;
  private readonly parts: EngineParts;
  private readonly context: CallContext;
  private readonly proxy: ProxyMode | undefined;
  /** Passes on texts for users (RFC 3428). */
  private readonly texts: ProxyMode;
  private readonly proxiedCalls: ProxiedCalls;
  /** Records of proxied calls on their way to the store. */
  private readonly writing = new Set<Promise<void>>();
  private readonly live = new Map<string, Call>();
  /** Calls whose caller is being asked who it is. */
  private admitting = 0;
  private isDraining = false;
  /** How a request came in, for as long as it lives. */
  private readonly inbounds = new WeakMap<SipRequest, Inbound>();

  constructor(options: CallEngineOptions) {
    const { runtime, stores, srtp, keying } = options;
    this.options = options;
    this.runtime = runtime;
    this.settings = settingsOf(options);
    this.events = new Emitter((error) =>
      runtime.logger.error({ err: error }, 'a listener of the call engine threw'),
    );
    this.parts = enginePartsOf(options, this.settings, {
      onRegistration: (change) => this.tellRegistrations(change),
      onConferenceEnded: (room, ended) => this.events.emit('conferenceEnded', { room, ended }),
      sessions: () => this.sessions,
      onFailure: (failure) => this.events.emit('authenticationFailed', failure),
    });
    this.context = {
      runtime,
      relays: relaysWith({ ...(srtp && { srtp }), ...(keying && { keying }) }, options.media),
      cdrs: new CdrWriter(runtime, stores.cdrs),
      ringTimeoutMs: this.settings.ringTimeoutMs,
      maxCallMs: this.settings.maxCallMs,
      webSocketMedia: options.webSocketMedia,
      calleeMedia: (user) => options.calleeMedia?.(user),
      trickleIce: options.trickleIce ?? false,
      infos: new InfoPassing(runtime.clock),
      recording: options.recording,
      startRecordingSession: (wanted) => this.sessions.startRecordingSession(wanted),
      onRecordingStarted: (call, what) => this.events.emit('recordingStarted', { call, what }),
      onRecordingFailed: (call, what, reason) =>
        this.events.emit('recordingFailed', { call, what, reason }),
      digits: options.digits ?? {},
      link: ({ id }, call) => {
        if (this.sessions.get(id) !== undefined) this.sessions.linkSessionToCall(id, call.id);
      },
      onAnswered: (call) => this.events.emit('callAnswered', { call }),
      onTransferred: (call) => this.events.emit('callTransferred', { call }),
    };
    this.proxiedCalls = new ProxiedCalls({
      runtime,
      maxCallMs: this.settings.maxCallMs,
      onEnded: (record) => void this.keep(record),
    });
    this.proxy = options.mode === 'proxy' ? this.makeProxy() : undefined;
    this.texts = this.proxy ?? this.makeProxy('MESSAGE');
    const stateless = this.makeStateless();
    this.sessions = this.makeSessions(stateless);
    this.sessions.on('security', (event) => this.events.emit('security', event));
  }

  /** Begins to look after registrations, those of an earlier process among them. */
  start(): void {
    this.parts.registrar.start();
  }

  /** Takes a message from the transport. */
  receive(inbound: Inbound): void {
    if (inbound.message.kind === 'request') this.inbounds.set(inbound.message, inbound);
    this.sessions.receive(inbound);
  }

  /** The calls that are going on, the oldest first. */
  calls(): readonly Call[] {
    return [...this.live.values()];
  }

  /** The conference rooms, whether somebody is in them or not. */
  rooms(): readonly ConferenceRoom[] {
    return this.parts.rooms;
  }

  /** The call of this id, while it goes on. */
  call(id: string): Call | undefined {
    return this.live.get(id);
  }

  on<T extends keyof CallEngineEvents>(
    type: T,
    listener: (event: CallEngineEvents[T]) => void,
  ): Unsubscribe {
    return this.events.on(type, listener);
  }

  once<T extends keyof CallEngineEvents>(
    type: T,
    listener: (event: CallEngineEvents[T]) => void,
  ): Unsubscribe {
    return this.events.once(type, listener);
  }

  off<T extends keyof CallEngineEvents>(
    type: T,
    listener: (event: CallEngineEvents[T]) => void,
  ): void {
    this.events.off(type, listener);
  }

  /** The events of one type as they come, until `signal` aborts. */
  iterate<T extends keyof CallEngineEvents>(
    type: T,
    options?: { signal?: AbortSignal; limit?: number },
  ): AsyncGenerator<CallEngineEvents[T], void, void> {
    return this.events.iterate(type, options);
  }

  /** What lives now. */
  counts(): CallEngineCounts {
    const counts = this.sessions.counts();
    const {
      sessions,
      conferences,
      dialogs,
      clientTransactions,
      serverTransactions,
      endpoints,
      ports,
    } = counts;
    return {
      calls: this.live.size,
      proxied: this.texts.size,
      proxiedCalls: this.proxiedCalls.size,
      sessions,
      conferences,
      dialogs,
      transactions: clientTransactions + serverTransactions,
      endpoints,
      ports,
      timers: this.runtime.clock.armedTimers - this.parts.registrar.standingTimers,
    };
  }

  /** Whether new calls are refused because the engine drains. */
  get draining(): boolean {
    return this.isDraining;
  }

  /**
   * Takes no new call, waits for those that go on, ends with BYE what is left at the deadline, and
   * resolves when every record is written. Registrations go on being answered.
   */
  async drain({ deadlineMs }: { deadlineMs: number }): Promise<void> {
    this.isDraining = true;
    const timer = this.runtime.clock.arm(deadlineMs, () => this.hangUpAll('draining'));
    await this.allEnded();
    timer.cancel();
    await this.lastWords();
  }

  /**
   * Hangs up what is left, writes its records, drops what is still under way and frees every timer.
   * Stores and media stay open.
   */
  async close(): Promise<void> {
    this.isDraining = true;
    this.hangUpAll('closing');
    await this.allEnded();
    this.parts.registrar.close();
    this.texts.close();
    this.proxiedCalls.close('closing');
    await Promise.all(this.writing);
    await this.sessions.close({ deadlineMs: 0 });
  }

  private async keep(record: CallRecord): Promise<void> {
    const written = this.context.cdrs.write(record);
    this.writing.add(written);
    await written;
    this.writing.delete(written);
    this.events.emit('proxiedCallEnded', { record });
  }

  private async allEnded(): Promise<void> {
    while (this.live.size > 0) await Promise.all(this.calls().map(({ ended }) => ended));
  }

  /** Gives the peers a moment to answer the BYEs, so that none is left with half a call. */
  private async lastWords(): Promise<void> {
    const sessions = this.sessions.sessions();
    if (sessions.length === 0) return;
    const over = Promise.all(sessions.map(({ ended }) => ended));
    await within(over, LAST_WORDS_MS, this.runtime.clock);
  }

  private hangUpAll(reason: string): void {
    for (const call of this.calls()) call.hangUp(reason);
  }

  private async admit(session: Session): Promise<void> {
    if (this.refuseWhenFull(session)) return;
    const { request } = session;
    const inbound = request && this.inbounds.get(request);
    if (request === undefined || inbound === undefined) return session.reject(500);
    this.admitting++;
    const admission = await this.parts.doorkeeper.admit(request, inbound).finally(() => {
      this.admitting--;
    });
    // the caller may have given up while it was looked up
    if (session.endReason !== undefined || this.refuseWhenFull(session)) return;
    if (admission.ok) return this.startCall(session, admission);
    if ('status' in admission) return session.reject(admission.status);
    const { status, headers } = admission.response;
    session.reject(status, {
      headers: SAID_WITH_REFUSALS.flatMap((name) => fields(headers, name)),
    });
  }

  private get isFull(): boolean {
    return this.isDraining || this.live.size + this.admitting >= this.settings.maxCalls;
  }

  private refuseWhenFull(session: Session): boolean {
    if (!this.isFull) return false;
    session.reject(503, { headers: [['Retry-After', RETRY_AFTER_SECONDS]] });
    return true;
  }

  private startCall(session: Session, admitted: Admitted): void {
    const { from, isUser, dialled, maxForwards, confirmation } = admitted;
    const { displayName } = from;
    session.sayInAnswer(confirmation);
    const routes = this.routesOf(session, dialled);
    const call = new Call(this.context, {
      id: this.runtime.random.token(128),
      parties: {
        caller: from.uri.toString(),
        dialled,
        ...(displayName === undefined ? {} : { callerName: displayName }),
      },
      caller: new CallerLeg(session),
      isUser,
      routes,
      contacts: new ContactLegs({
        manager: this.sessions,
        from,
        maxForwards: Math.min(maxForwards, this.settings.maxForwards + 1),
        history: () => forwardingHeaders(session.request?.headers, routes.forwarded),
      }),
    });
    this.live.set(call.id, call);
    this.sessions.linkSessionToCall(session.id, call.id);
    this.events.emit('callStarted', { call });
    void call.start();
    void this.awaitEnd(call);
  }

  private routesOf({ request }: Session, dialled: string): CallRoutes {
    const { domain, router } = this.parts;
    const inbound = request && this.inbounds.get(request);
    return new CallRoutes({
      router,
      domain,
      rules: this.options.forwarding,
      limit: this.settings.maxForwardings,
      followsRedirects: this.options.followRedirects ?? true,
      dialled,
      isSecure: isSips(request?.uri),
      received: request?.headers,
      userOf: (uri) => inbound && domain.userOf(uri, inbound),
    });
  }

  private async awaitEnd(call: Call): Promise<void> {
    const record = await call.ended;
    this.live.delete(call.id);
    this.events.emit('callEnded', { call, record });
  }

  private async answer(transaction: ServerTransaction): Promise<void> {
    if (this.texts.take(transaction)) return;
    try {
      transaction.respond(await this.parts.requests.answer(transaction));
    } catch (error) {
      const { method } = transaction;
      this.runtime.logger.error({ err: error, method }, 'a request could not be answered');
      transaction.respond(createResponse(transaction.request, 500));
    }
  }

  private makeProxy(only?: string): ProxyMode {
    const { domain, router, doorkeeper } = this.parts;
    return new ProxyMode({
      engine: this.options,
      domain,
      router,
      doorkeeper,
      maxCalls: this.settings.maxCalls,
      ringTimeoutMs: this.settings.ringTimeoutMs,
      calls: this.proxiedCalls,
      isDraining: () => this.isDraining,
      transactions: () => this.sessions.dialogs.transactions,
      ...(only !== undefined && { only }),
    });
  }

  private makeStateless(): StatelessAnswers {
    const { doorkeeper, requests, authenticator } = this.parts;
    return new StatelessAnswers({
      logger: this.runtime.logger,
      authenticator,
      doorkeeper,
      requests,
      isFull: () => this.isFull,
      respond: (inbound, response) =>
        this.sessions.dialogs.transactions.respondStateless(inbound, response),
      takeAgain: (inbound) => this.sessions.receive(inbound),
    });
  }

  private makeSessions(stateless: StatelessAnswers): SessionManager {
    const { runtime, sender, media, userAgent, timers, sessionIds, srtp, keying } = this.options;
    const referrals = new Referrals({
      router: this.parts.router,
      sessions: () => this.sessions,
      callOf: ({ id }) => this.live.get(this.sessions.callOf(id) ?? ''),
    });
    return new SessionManager({
      runtime,
      sender,
      media,
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(timers === undefined ? {} : { timers }),
      sessionIds,
      srtp,
      keying,
      trickleIce: this.options.trickleIce,
      foreign: this.proxy,
      supported: ['path'],
      allow: ALLOWED,
      ...(this.parts.rooms.length > 0 && { conferencePackage: this.conferencePackage() }),
      limits: { answerMs: this.settings.answerMs },
      onIncoming: (session) => this.admit(session),
      onRequest: (transaction) => void this.answer(transaction),
      onRefer: (session, refer) => referrals.decide(session, refer),
      takesStateless: (request, inbound) =>
        this.mayEndHere(request) && stateless.takes(request, inbound),
    });
  }

  /** Users see who is in a room that is open to all of them; others are asked who they are. */
  private conferencePackage(): ConferencePackageOptions {
    const { authenticator, domain, rooms } = this.parts;
    return {
      mayWatch: async (subscribe, conference) => {
        const { request, inbound } = subscribe;
        const proof = await authenticator.authenticate(request, inbound, 407);
        if (!proof.ok) {
          const { status, headers } = proof.response;
          const said = SAID_WITH_REFUSALS.flatMap((name) => fields(headers, name));
          subscribe.reject(status, { headers: said });
          return false;
        }
        const isOpen = rooms.some((room) => room.conference === conference && !room.needsPin);
        return isOpen && domain.userOf(request.from.uri, inbound) === proof.user.username;
      },
    };
  }

  /** What a proxy passes on it answers itself, but for calls, whose callers are asked in the same way. */
  private mayEndHere({ method }: SipRequest): boolean {
    return this.proxy === undefined || method === 'INVITE' || method === 'REGISTER';
  }

  private tellRegistrations({ addressOfRecord, added, removed }: RegistrationChange): void {
    for (const binding of added) this.events.emit('registered', { addressOfRecord, binding });
    for (const binding of removed) this.events.emit('unregistered', { addressOfRecord, binding });
  }
}

const SAID_WITH_REFUSALS = ['Proxy-Authenticate', 'Retry-After'];

function fields(headers: Headers, name: string): [string, string][] {
  return headers.raw(name).map((value) => [name, value]);
}
