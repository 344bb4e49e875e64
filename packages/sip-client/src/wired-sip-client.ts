import { Emitter, type Runtime, StrowgerError } from '@strowger/runtime';
import type { Session, SessionId, SessionManager } from '@strowger/session-core';
import { type Account, type AccountOptions, readAccount } from './account.ts';
import { Call } from './call.ts';
import { CallConference } from './call-conference.ts';
import type { Capabilities } from './capabilities.ts';
import { ClientAccount } from './client-account.ts';
import { ClientAccounts } from './client-accounts.ts';
import { ClientServices, type Reach } from './client-services.ts';
import { ClientStack } from './client-stack.ts';
import type { ClientWiring } from './client-wiring.ts';
import { IncomingCalls } from './incoming-calls.ts';
import { IncomingServices } from './incoming-services.ts';
import type { RegisterOutcome, RegisterWaitOptions } from './register-outcome.ts';
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
  private readonly own: Account;
  private readonly identities: ClientAccounts;
  private readonly runtime: Runtime;
  private readonly wiring: ClientWiring;
  private readonly events: Emitter<SipClientEvents>;
  private readonly calls = new IncomingCalls(WAITING_CALLS);
  /** Who takes calls by `on('incoming')`. */
  private readonly takers = new Set<unknown>();
  private readonly known = new WeakMap<Session, Call>();
  private readonly services: IncomingServices;
  private stack: Promise<ClientStack> | undefined;
  private layers: ClientStack | undefined;
  private closing: Promise<void> | undefined;
  private unwatch: () => void = () => {};

  /** @internal Applications have `SipClient`, which is wired. Throws as that; opens nothing. */
  constructor(options: SipClientOptions, wiring: ClientWiring) {
    super();
    this.settings = options;
    this.own = readAccount(options);
    this.wiring = wiring;
    this.runtime = options.runtime ?? wiring.runtime();
    const { logger } = this.runtime;
    this.events = new Emitter((error) => logger.error({ error }, 'a listener threw'));
    this.services = new IncomingServices({
      messages: options.messages,
      events: this.events,
      callOf: (session) => this.callOf(session),
      isFromServer: async (transaction) => (await this.start()).isFromServer(transaction),
    });
    this.identities = new ClientAccounts(this.own, {
      server: wiring.server,
      make: (account, remove) => this.identity(account, remove),
    });
    this.account.on('registration', (change) => this.events.emit('registration', change));
  }

  /** The identity that the client was made with: what its own methods act for. */
  get account(): ClientAccount {
    return this.identities.own;
  }

  /** All accounts, the client's own first. */
  get accounts(): readonly ClientAccount[] {
    return this.identities.all;
  }

  /**
   * One more identity on this client, over the same sockets and media, until its `remove()`: to register,
   * to call from and to be called at. What comes in is read by `incoming()`, and `call.account` tells for
   * whom it is. Throws `BAD_ACCOUNT`, for an address that is here already, too; `TOO_MANY_ACCOUNTS` above a
   * hundred; `CLOSED`.
   */
  addAccount(options: AccountOptions): ClientAccount {
    if (this.closing !== undefined) throw closed();
    const added = this.identities.add(options);
    if (this.stack !== undefined) void added.open().catch(() => {}); // told to its first use
    return added;
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
   * `REGISTRATION_REFUSED` where it never will, `UNREGISTERED` when it was ended meanwhile. For a program
   * that is of no use without a registration and waits for as long as it takes; who wants to say what is
   * the matter asks `registerAndWait`.
   */
  register(): Promise<{ expiresSeconds: number }> {
    return this.account.register();
  }

  /**
   * Registers as `register` does, and tells what became of that as a value: accepted, refused for good, not
   * in time. What is given up then is the waiting: it is tried on until `unregister` or `close`. For a program
   * that tells a person, or goes on otherwise. Rejects with `LISTEN_FAILED`, `BAD_LISTEN_POINT`, `BAD_OPTION`, `CLOSED`.
   */
  registerAndWait(options: RegisterWaitOptions = {}): Promise<RegisterOutcome> {
    return this.account.registerAndWait(options);
  }

  /** Removes the binding; resolves when the registrar answered, whatever it said. */
  unregister(): Promise<void> {
    return this.account.unregister();
  }

  /**
   * Calls a URI, or a number at our own domain. Resolves once the call is under way; what becomes
   * of it is told by its `answered()` and `ended`. Rejects with `BAD_TARGET`, and `NO_ROUTE` where
   * no way leads there.
   */
  call(target: string, options: ClientCallOptions = {}): Promise<Call> {
    return this.account.call(target, options);
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

  /** The call of this id, of whichever account, until it is over. */
  findCall(id: SessionId): Call | undefined {
    const session = this.layers?.sessions.get(id);
    return session && this.callOf(session);
  }

  /** Asks what somebody can do (OPTIONS). Rejects with `BAD_TARGET`, `NO_ROUTE`, `NO_ANSWER`. */
  options(target: string): Promise<Capabilities> {
    return this.account.options(target);
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
  contact(): Promise<string> {
    return this.account.contact();
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

  /** @internal What its services are made with: those of its own account. */
  reach(): Promise<Reach> {
    return this.account.reach();
  }

  private async closeAll(): Promise<void> {
    this.unwatch();
    const stack = await this.stack?.catch(() => undefined);
    this.calls.close();
    await stack?.close();
  }

  private start(): Promise<ClientStack> {
    if (this.closing !== undefined) {
      return Promise.reject(closed());
    }
    this.stack ??= this.open().catch((error: unknown) => {
      this.stack = undefined;
      this.layers = undefined;
      throw error;
    });
    return this.stack;
  }

  private async open(): Promise<ClientStack> {
    const { settings, runtime, wiring } = this;
    const stack = new ClientStack({
      settings,
      account: this.own,
      runtime,
      wiring,
      onIncoming: (session) => this.take(session),
      transfers: transferHooks({
        settings,
        callOf: (session) => this.callOf(session),
        stack: () => this.start(),
      }),
      isTaking: () => this.takers.size > 0 || this.calls.hasReader,
      services: this.services,
    });
    this.layers = stack;
    await stack.start();
    for (const account of this.accounts) void account.open().catch(() => {});
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
    const moved = await stack.networkChanged({ isAsked });
    if (moved === undefined) return;
    const { address } = moved;
    this.events.emit('networkChanged', address === undefined ? {} : { address });
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

  private identity(account: Account, remove?: () => void): ClientAccount {
    return new ClientAccount({
      account,
      runtime: this.runtime,
      stack: () => this.start(),
      opened: () => this.stack,
      callOf: (session) => this.callOf(session),
      remove,
    });
  }

  /** One session is one call, whoever asks. */
  private callOf(session: Session): Call {
    const known = this.known.get(session);
    if (known !== undefined) return known;
    const line = this.layers?.lineOf(session);
    const account = line === undefined ? this.account : this.identities.of(line.account);
    const call = new Call(session, account);
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

function closed(): StrowgerError {
  return new StrowgerError('CLOSED', 'this client is closed');
}
