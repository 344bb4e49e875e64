import { Emitter, type Runtime, StrowgerError } from '@strowger/runtime';
import type { Session, SessionId, SessionManager } from '@strowger/session-core';
import type { SipUri } from '@strowger/sip-message';
import { type Account, readAccount, targetUri } from './account.ts';
import { Call, type Way } from './call.ts';
import { CallConference } from './call-conference.ts';
import { askCapabilities, type Capabilities } from './capabilities.ts';
import { ClientServices, type Reach } from './client-services.ts';
import { ClientStack } from './client-stack.ts';
import type { ClientWiring } from './client-wiring.ts';
import { IncomingCalls } from './incoming-calls.ts';
import { IncomingServices } from './incoming-services.ts';
import { transferHooks } from './transfers.ts';
import type { ClientCallOptions, SipClientEvents, SipClientOptions } from './sip-client-options.ts';

/** How many incoming calls may wait for one reader of `incoming()`. */
const WAITING_CALLS = 16;

type Listener<T extends keyof SipClientEvents> = (event: SipClientEvents[T]) => void;

/**
 * A phone number for a program: registers, calls, answers. It opens its sockets with the first use:
 * every promise below rejects with `LISTEN_FAILED` or `BAD_LISTEN_POINT` where that fails, which the
 * next use tries again, and with `CLOSED` after `close()`.
 */
export class WiredSipClient extends ClientServices {
  private readonly settings: SipClientOptions;
  private readonly account: Account;
  private readonly runtime: Runtime;
  private readonly wiring: ClientWiring;
  private readonly events: Emitter<SipClientEvents>;
  private readonly calls = new IncomingCalls(WAITING_CALLS);
  /** Who takes calls by `on('incoming')`. */
  private readonly takers = new Set<unknown>();
  private readonly known = new WeakMap<Session, Call>();
  private readonly services: IncomingServices;
  private stack: Promise<ClientStack> | undefined;
  private closing: Promise<void> | undefined;
  private unwatch: () => void = () => {};

  /** @internal Applications have `SipClient`, which is wired. Throws as that; opens nothing. */
  constructor(options: SipClientOptions, wiring: ClientWiring) {
    super();
    this.settings = options;
    this.account = readAccount(options);
    this.wiring = wiring;
    this.runtime = options.runtime ?? wiring.runtime();
    const { logger } = this.runtime;
    this.events = new Emitter((error) => logger.error({ error }, 'a listener threw'));
    this.services = new IncomingServices({
      messages: options.messages,
      events: this.events,
      callOf: (session) => this.callOf(session),
      isFromServer: async ({ inbound }) => (await this.start()).isFromServer(inbound.hop),
    });
  }

  /** Listens; whoever listens to `incoming` is given the calls, and `incoming()` gets none. */
  on<T extends keyof SipClientEvents>(type: T, listener: Listener<T>): () => void {
    if (type === 'incoming') this.takers.add(listener);
    this.events.on(type, listener);
    return () => this.off(type, listener);
  }

  off<T extends keyof SipClientEvents>(type: T, listener: Listener<T>): void {
    if (type === 'incoming') this.takers.delete(listener);
    this.events.off(type, listener);
  }

  /**
   * Registers, and keeps the registration alive until `unregister` or `close`; an unreachable
   * registrar is tried again and again. Resolves when it accepted; rejects with
   * `REGISTRATION_REFUSED` where it never will, `UNREGISTERED` when it was ended meanwhile.
   */
  async register(): Promise<{ expiresSeconds: number }> {
    const { registration } = await this.start();
    return registration.register();
  }

  /** Removes the binding; resolves when the registrar answered, whatever it said. */
  async unregister(): Promise<void> {
    if (this.stack === undefined) return;
    const { registration } = await this.stack;
    await registration.unregister();
  }

  /**
   * Calls a URI, or a number at our own domain. Resolves once the call is under way; what becomes
   * of it is told by its `connected` and `ended`. Rejects with `BAD_TARGET`, and `NO_ROUTE` where
   * no way leads there.
   */
  async call(target: string, options: ClientCallOptions = {}): Promise<Call> {
    const { ringTimeoutMs = 60_000, ...wishes } = options;
    const to = targetUri(target, this.account);
    const stack = await this.start();
    const way = this.way(to, await stack.routeTo(to));
    return this.callOf(stack.sessions.call({ ...way, ...wishes, ringTimeoutMs }));
  }

  /**
   * Lets answered calls hear each other, and us: who is held is taken back. From then on audio goes in
   * and out of the conference; that of a call is what it says alone. Rejects with `CHANGE_REFUSED` and
   * as `Conference.join` does: then the calls go on as before.
   */
  async conference(calls: readonly Call[]): Promise<CallConference> {
    return CallConference.of((await this.start()).sessions, calls);
  }

  /**
   * Calls from now on, until `signal` aborts or the client closes. Callers get 480 while nobody
   * reads or listens, and when 16 wait for a slow reader.
   */
  incoming({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<Call, void, void> {
    const calls = this.calls.read(signal);
    if (this.closing !== undefined) this.calls.close();
    return calls;
  }

  /** Asks what somebody can do (OPTIONS). Rejects with `BAD_TARGET`, `NO_ROUTE`, `NO_ANSWER`. */
  async options(target: string): Promise<Capabilities> {
    const uri = targetUri(target, this.account);
    const { identity: from, credentials } = this.account;
    const stack = await this.start();
    const request = { requestUri: uri, to: uri, from, credentials, ...(await stack.routeTo(uri)) };
    return askCapabilities(stack.sessions.dialogs, request, this.runtime.clock);
  }

  /**
   * We are elsewhere in the network, as an application knows that is told so, or behind a NAT that has
   * another address now: connections from addresses that are gone are closed, the registration is renewed
   * with our new Contact, and each answered call goes on from there by a re-INVITE (RFC 3261 §14), with an
   * ICE restart where media finds its way by that. Resolves when all that has begun; does nothing before
   * the first use. Changes of this machine's own addresses are noticed without it.
   */
  async networkChanged(): Promise<void> {
    if (this.stack === undefined || this.closing !== undefined) return;
    await this.follow(await this.stack, true);
  }

  /**
   * Opens the sockets, if that has not been done, and resolves with the URI under which we can be
   * called directly, without a registrar. Rejects with `NO_ROUTE` where the server is out of reach.
   */
  async contact(): Promise<string> {
    return (await this.start()).contact();
  }

  /** The layer below. */
  async sessions(): Promise<SessionManager> {
    return (await this.start()).sessions;
  }

  /**
   * Ends every call, unregisters, ends the readers of `incoming()`, and resolves when all sockets
   * are released. Peers that do not answer hold it up for two seconds at most.
   */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What its services are made with. */
  protected async reach(): Promise<Reach> {
    const { account, runtime } = this;
    return { account, runtime, stack: await this.start() };
  }

  private async closeAll(): Promise<void> {
    this.unwatch();
    const stack = await this.stack?.catch(() => undefined);
    this.calls.close();
    await stack?.close();
  }

  private start(): Promise<ClientStack> {
    if (this.closing !== undefined) {
      return Promise.reject(new StrowgerError('CLOSED', 'this client is closed'));
    }
    this.stack ??= this.open().catch((error: unknown) => {
      this.stack = undefined;
      throw error;
    });
    return this.stack;
  }

  private async open(): Promise<ClientStack> {
    const { settings, account, runtime, wiring } = this;
    const stack = new ClientStack({
      settings,
      account,
      runtime,
      wiring,
      onIncoming: (session) => this.take(session),
      transfers: transferHooks({
        settings,
        account,
        callOf: (session) => this.callOf(session),
        stack: () => this.start(),
      }),
      isTaking: () => this.takers.size > 0 || this.calls.hasReader,
      services: this.services,
    });
    await stack.start();
    stack.registration.events.on('change', (change) => this.events.emit('registration', change));
    this.tellTransfers(stack.sessions);
    this.watchNetwork(stack);
    return stack;
  }

  private watchNetwork(stack: ClientStack): void {
    if (this.settings.followNetwork === false || this.closing !== undefined) return;
    // a page is told that something has changed, and has no address of its own to look at
    const isAsked = this.wiring.restartsIce === true;
    const stop = this.runtime.network?.watch(() => void this.follow(stack, isAsked));
    if (stop !== undefined) this.unwatch = stop;
  }

  private async follow(stack: ClientStack, isAsked: boolean): Promise<void> {
    const hasMoved = await stack.networkChanged({ isAsked });
    const { address } = stack;
    if (hasMoved) this.events.emit('networkChanged', address === undefined ? {} : { address });
  }

  private tellTransfers(sessions: SessionManager): void {
    const pair = (one: SessionId, other: SessionId): [Call, Call] | undefined => {
      const [first, second] = [sessions.get(one), sessions.get(other)];
      return first && second && [this.callOf(first), this.callOf(second)];
    };
    sessions.on('referAccepted', ({ sessionId, replacement: id }) => {
      const [call, replacement] = pair(sessionId, id) ?? [];
      if (call && replacement) this.events.emit('transferred', { call, replacement });
    });
    sessions.on('replaced', ({ sessionId, by: id }) => {
      const [call, by] = pair(sessionId, id) ?? [];
      if (call && by) this.events.emit('replaced', { call, by });
    });
  }

  private async wayTo(target: string): Promise<Way> {
    const to = targetUri(target, this.account);
    return this.way(to, await (await this.start()).routeTo(to));
  }

  private way(to: SipUri, route: Partial<Way>): Way {
    const { identity: from, credentials } = this.account;
    return { to, from, credentials, ...route };
  }

  /** One session is one call, whoever asks. */
  private callOf(session: Session): Call {
    const call = this.known.get(session) ?? new Call(session, (target) => this.wayTo(target));
    this.known.set(session, call);
    return call;
  }

  private take(session: Session): void {
    const call = this.callOf(session);
    if (this.closing !== undefined) call.reject(480);
    else if (this.takers.size > 0) this.events.emit('incoming', call);
    else if (!this.calls.offer(call)) call.reject(480);
  }
}
