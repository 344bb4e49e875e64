import { createMediaEngine } from '@strowger/media-core';
import {
  Emitter,
  nodeRuntime,
  type Runtime,
  StrowgerError,
  type Unsubscribe,
} from '@strowger/runtime';
import { type MediaBackend, type Session, SessionManager } from '@strowger/session-core';
import type { SipMessage, SipUri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import type { Hop, Inbound, MessageSender } from '@strowger/transaction-core';
import { type Account, type AccountOptions, readAccount, targetUri } from './account.ts';
import { Call } from './call.ts';
import { IncomingCalls } from './incoming-calls.ts';
import { Registration } from './registration.ts';
import type { RegistrationChange } from './registration-table.ts';

/** What a client is made of. Only `uri` is needed. */
export interface SipClientOptions extends AccountOptions {
  /**
   * Where it hears and sends from, such as `udp:192.168.1.5:5060`. Default: any port of the address
   * that reaches the server.
   */
  readonly listen?: readonly string[];
  readonly media?: {
    /** Default: the address that reaches the server. */
    readonly address?: string;
    /** UDP ports for RTP. Default 10000 to 19999. */
    readonly ports?: { readonly from: number; readonly to: number };
    /** In order of preference. Default `pcmu`, `pcma`. */
    readonly codecs?: readonly string[];
  };
  /** The value of User-Agent. Default `strowger`. */
  readonly userAgent?: string;
  /** Default: the real one. */
  readonly runtime?: Runtime;
  /** Told of every SIP message, for traces and ladders; it is not to be changed. */
  readonly onMessage?: (trace: MessageTrace) => void;
  /** Other ways to the network than UDP and TCP: a simulated one. */
  readonly connect?: (hooks: TransportHooks) => ClientTransport;
  /** Another media backend than the engine in this process. */
  readonly openMedia?: (address: string) => MediaBackend;
}

/** A SIP message as it passed. */
export interface MessageTrace {
  readonly direction: 'sent' | 'received';
  readonly message: SipMessage;
  /** The other side. */
  readonly hop: Hop;
  /** Wall time in milliseconds since 1970. */
  readonly at: number;
}

/** What a transport tells a client. */
export interface TransportHooks {
  onMessage(inbound: Inbound): void;
  onSent(message: SipMessage, hop: Hop): void;
  /** A connection is gone. */
  onConnectionGone(hop: Hop): void;
}

/** What a client needs of a transport. */
export interface ClientTransport extends MessageSender {
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The events of a client. */
export interface SipClientEvents {
  registration: RegistrationChange;
  incoming: Call;
}

/** What a call may be given. */
export interface ClientCallOptions {
  /** Aborting gives the call up: CANCEL, or BYE where the answer won the race. */
  readonly signal?: AbortSignal;
  /** How long it may ring, in milliseconds. Default 60,000. */
  readonly ringTimeoutMs?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** The answer to OPTIONS (RFC 3261 §11.2). */
export interface Capabilities {
  readonly status: number;
  readonly reason: string;
  readonly allow: readonly string[];
  readonly supported: readonly string[];
  readonly server?: string;
  readonly roundTripMs: number;
}

/** The layers of a client that has started. */
interface Stack {
  readonly transport: ClientTransport;
  readonly sessions: SessionManager;
  readonly media: MediaBackend;
  readonly registration: Registration;
}

/** How many incoming calls may wait for `incoming()` at once. */
const WAITING_CALLS = 16;

/** A phone number for a program: registers, calls, answers. */
export class SipClient {
  private readonly settings: SipClientOptions;
  private readonly account: Account;
  private readonly runtime: Runtime;
  private readonly events = new Emitter<SipClientEvents>((error) =>
    this.runtime.logger.error({ error }, 'a listener threw'),
  );
  private readonly calls = new IncomingCalls(WAITING_CALLS);
  private listeners = 0;
  private stack: Promise<Stack> | undefined;
  private closing: Promise<void> | undefined;

  /** Throws `BAD_ACCOUNT`; opens nothing yet. */
  constructor(options: SipClientOptions) {
    this.settings = options;
    this.account = readAccount(options);
    this.runtime = options.runtime ?? nodeRuntime();
  }

  /** The layer below, once it has started. */
  async sessions(): Promise<SessionManager> {
    return (await this.start()).sessions;
  }

  on<T extends keyof SipClientEvents>(
    type: T,
    listener: (event: SipClientEvents[T]) => void,
  ): Unsubscribe {
    const unsubscribe = this.events.on(type, listener);
    if (type !== 'incoming') return unsubscribe;
    this.listeners++;
    let active = true;
    return () => {
      if (active) this.listeners--;
      active = false;
      unsubscribe();
    };
  }

  /**
   * Registers, and keeps the registration alive until `unregister` or `close`. Resolves when the
   * registrar accepted; rejects with `REGISTRATION_REFUSED` where it never will.
   */
  async register(): Promise<{ expiresSeconds: number }> {
    const { registration } = await this.start();
    return new Promise((resolve, reject) => {
      const unsubscribe = registration.events.on('change', (change) => {
        if (change.type === 'registrationFailed' && change.retryMs !== undefined) return;
        unsubscribe();
        if (change.type === 'registered') resolve({ expiresSeconds: change.expiresSeconds });
        else reject(registrationRefused(change));
      });
      registration.register();
    });
  }

  /** Removes the binding; resolves when the registrar answered, whatever it said. */
  async unregister(): Promise<void> {
    if (this.stack === undefined) return;
    const { registration } = await this.stack;
    if (registration.state === 'unregistered' || registration.state === 'refused') return;
    await new Promise<void>((resolve) => {
      const unsubscribe = registration.events.on('change', ({ type }) => {
        if (type !== 'unregistered') return;
        unsubscribe();
        resolve();
      });
      registration.unregister();
    });
  }

  /**
   * Calls a URI, or a number at our own domain. Resolves with the call once its INVITE is under way.
   * Throws `BAD_TARGET`; what becomes of the call is told by `connected` and `ended`.
   */
  async call(target: string, options: ClientCallOptions = {}): Promise<Call> {
    const uri = targetUri(target, this.account);
    const { sessions, transport } = await this.start();
    const { identity, credentials } = this.account;
    const session = sessions.call({
      to: uri,
      from: identity,
      hops: await this.hopsTo(uri, transport),
      ringTimeoutMs: options.ringTimeoutMs ?? 60_000,
      ...(credentials === undefined ? {} : { credentials }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    });
    return new Call(session);
  }

  /** Calls as they come in, until `signal` aborts. Without a reader, callers get 480. */
  incoming({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Call, void, void> {
    return this.calls.read(signal);
  }

  /** Asks what somebody can do (OPTIONS). Rejects with `NO_ANSWER`. */
  async options(target: string): Promise<Capabilities> {
    const uri = targetUri(target, this.account);
    const { sessions, transport } = await this.start();
    const { identity, credentials } = this.account;
    const hops = await this.hopsTo(uri, transport);
    const began = this.runtime.clock.now();
    return new Promise((resolve, reject) => {
      sessions.dialogs.request(
        { method: 'OPTIONS', requestUri: uri, to: uri, from: identity, hops, credentials },
        {
          onResponse: (response) => {
            const server = response.headers.get('server') ?? response.headers.get('user-agent');
            resolve({
              status: response.status,
              reason: response.reason,
              allow: response.headers.get('allow') ?? [],
              supported: response.headers.get('supported') ?? [],
              roundTripMs: this.runtime.clock.now() - began,
              ...(server === undefined ? {} : { server }),
            });
          },
          onFailed: ({ kind }) => reject(new StrowgerError('NO_ANSWER', `OPTIONS: ${kind}`)),
        },
      );
    });
  }

  /** Ends every call, unregisters, and resolves when all sockets are released. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    if (this.stack === undefined) return;
    const stack = await this.stack.catch(() => undefined);
    if (stack === undefined) return;
    const { sessions, registration, media, transport } = stack;
    await sessions.close({ deadlineMs: 2000 });
    await media.close();
    registration.close();
    await transport.close();
  }

  private start(): Promise<Stack> {
    if (this.closing !== undefined) {
      return Promise.reject(new StrowgerError('CLOSED', 'this client is closed'));
    }
    this.stack ??= this.startAll();
    return this.stack;
  }

  private async startAll(): Promise<Stack> {
    const { account, runtime, settings: options } = this;
    let sessions: SessionManager | undefined;
    let registration: Registration | undefined;
    const hooks: TransportHooks = {
      onMessage: (inbound) => {
        this.trace('received', inbound.message, inbound.hop);
        sessions?.receive(inbound);
      },
      onSent: (message, hop) => this.trace('sent', message, hop),
      onConnectionGone: (hop) => {
        if (isSamePeer(registration?.hop, hop)) registration?.connectionLost();
      },
    };
    const transport = options.connect?.(hooks) ?? this.openTransport(hooks);
    await transport.start();
    const [hop] = await transport.locate(account.server, 0);
    if (hop === undefined) throw new StrowgerError('NO_ROUTE', `no way to ${account.server}`);
    const media = this.openMedia(transport.sentBy(hop).host);
    sessions = new SessionManager({
      runtime,
      sender: transport,
      media,
      userAgent: options.userAgent ?? 'strowger',
      ...(account.uri.user === undefined ? {} : { contactUser: account.uri.user }),
      onIncoming: (session) => this.onIncoming(session),
    });
    const locate = async (): Promise<readonly Hop[]> => transport.locate(account.server, 0);
    const { dialogs } = sessions;
    registration = new Registration({ runtime, dialogs, account, locate });
    registration.events.on('change', (change) => this.events.emit('registration', change));
    return { transport, sessions, media, registration };
  }

  private openTransport(hooks: TransportHooks): ClientTransport {
    const { runtime, settings: options, account } = this;
    const address = localAddress(account.server);
    const transport = account.server.params.get('transport') ?? 'udp';
    const listen = options.listen ?? [`${transport}:${address}:0`];
    return new TransportLayer({ runtime, listen, ...hooks });
  }

  private openMedia(address: string): MediaBackend {
    const { settings: options, runtime } = this;
    if (options.openMedia !== undefined) return options.openMedia(address);
    const { ports = { from: 10_000, to: 19_999 }, codecs = ['pcmu', 'pcma'] } = options.media ?? {};
    return createMediaEngine({
      address: options.media?.address ?? address,
      ports,
      codecs,
      runtime,
    });
  }

  /** Calls to our own domain take the way of the registration; others find their own. */
  private async hopsTo(uri: SipUri, transport: ClientTransport): Promise<readonly Hop[]> {
    const home = uri.host === this.account.uri.host || this.settings.server !== undefined;
    return transport.locate(home ? this.account.server : uri, 0);
  }

  private trace(direction: 'sent' | 'received', message: SipMessage, hop: Hop): void {
    this.settings.onMessage?.({ direction, message, hop, at: this.runtime.clock.wall() });
  }

  private onIncoming(session: Session): void {
    const call = new Call(session);
    if (this.listeners > 0) {
      this.events.emit('incoming', call);
      return;
    }
    if (!this.calls.offer(call)) call.reject(480);
  }
}

/** The wildcard of the server's family, or loopback where the server is there. */
function localAddress(server: SipUri): string {
  if (server.host.includes(':')) return server.host === '::1' ? '[::1]' : '[::]';
  return server.host.startsWith('127.') || server.host === 'localhost' ? '127.0.0.1' : '0.0.0.0';
}

function isSamePeer(one: Hop | undefined, other: Hop): boolean {
  return (
    one !== undefined &&
    one.transport === other.transport &&
    one.address === other.address &&
    one.port === other.port
  );
}

function registrationRefused(change: RegistrationChange): StrowgerError {
  const status = change.type === 'registrationFailed' ? change.status : undefined;
  return new StrowgerError(
    'REGISTRATION_REFUSED',
    status === undefined ? 'it was unregistered' : `the registrar answered ${status}`,
    { recovery: { kind: status === 403 || status === 401 ? 'authenticate' : 'none' } },
  );
}
