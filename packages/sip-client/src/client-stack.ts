import { type Runtime, within } from '@strowger/runtime';
import { type Session, SessionManager, type TransferHooks } from '@strowger/session-core';
import { type NameAddr, SipUri } from '@strowger/sip-message';
import type { Hop, Inbound, MessageSender, ServerTransaction } from '@strowger/transaction-core';
import type { Account } from './account.ts';
import { answerRequest } from './capabilities.ts';
import type { ClientWiring } from './client-wiring.ts';
import { LocalMedia } from './local-media.ts';
import { Registration } from './registration.ts';
import type { ClientTransport, SipClientOptions, TransportHooks } from './sip-client-options.ts';

/** What a stack is made of. */
export interface ClientStackOptions {
  readonly settings: SipClientOptions;
  readonly account: Account;
  readonly runtime: Runtime;
  readonly wiring: ClientWiring;
  onIncoming(session: Session): void;
  readonly transfers: TransferHooks;
  /** Whether a call would be taken now. */
  isTaking(): boolean;
}

/** How long calls and the registration may take to end, in milliseconds. */
const CLOSE_MS = 2000;

/** The layers of one client, wired: transport, sessions, media, registration. */
export class ClientStack {
  readonly sessions: SessionManager;
  readonly registration: Registration;
  private readonly options: ClientStackOptions;
  private readonly transport: ClientTransport;
  private readonly media: LocalMedia;
  /** As what we were seen when that was last looked at. */
  private seenAs: string | undefined;
  /** The hop over which we last spoke with somebody who calls or is called. */
  private reach: Hop | undefined;

  /** Throws `BAD_LISTEN_POINT`; opens nothing yet. */
  constructor(options: ClientStackOptions) {
    const { settings, account, runtime } = options;
    this.options = options;
    this.transport = this.connect();
    this.media = new LocalMedia({
      address: () => this.mediaAddress(),
      open: (at) => settings.openMedia?.(at) ?? options.wiring.openMedia(at, options),
      ice: settings.media?.ice,
    });
    this.sessions = new SessionManager({
      runtime,
      sender: this.transport,
      media: this.media,
      srtp: settings.media?.srtp,
      keying: settings.media?.keying,
      userAgent: settings.userAgent ?? 'strowger',
      contactUser: account.uri.user,
      onIncoming: (session) => options.onIncoming(session),
      ...options.transfers,
      onRequest: (transaction) => this.answer(transaction),
    });
    this.registration = new Registration({
      runtime,
      dialogs: this.sessions.dialogs,
      account,
      locate: () => this.locate(account.server),
    });
  }

  /** Rejects with `LISTEN_FAILED`, and then holds nothing. */
  start(): Promise<void> {
    return this.transport.start();
  }

  /**
   * The way to a URI: the one that the registrar told us (RFC 3608). Where it told none, calls to our
   * own domain go where the registration goes, others find their own. Rejects with `NO_ROUTE`.
   */
  async routeTo(uri: SipUri): Promise<{ hops?: readonly Hop[]; route?: readonly NameAddr[] }> {
    const { account, settings } = this.options;
    const { serviceRoute: route } = this.registration;
    const first = route[0]?.uri;
    if (first instanceof SipUri) {
      // the proxy that we registered over has a connection to us
      const isOurs = isSamePlace(first, account.server);
      return { route, hops: await this.locate(isOurs ? account.server : first) };
    }
    if (settings.server === undefined && !isSamePlace(uri, account.uri)) {
      await this.locate(uri);
      return {}; // looked up once more when it is known how long the request is
    }
    return { hops: await this.locate(account.server) };
  }

  /** Whether a call came from an address of our server. */
  async isFromServer({ source }: Session): Promise<boolean> {
    if (source === undefined) return false;
    const hops = await this.transport.locate(this.options.account.server, 0);
    return hops.some(({ address }) => address === source.address);
  }

  /**
   * We are elsewhere in the network: tells the registrar, and the other side of every answered call. False
   * where there is no way out, or `isAsked` is not said and our address is what it was.
   */
  async networkChanged({ isAsked }: { isAsked: boolean }): Promise<boolean> {
    this.transport.networkChanged?.();
    const now = this.address;
    const isOut = isLoopback(this.options.account.server.host) || !isLoopback(now);
    if (!isOut || (!isAsked && now === this.seenAs)) return false;
    this.seenAs = now;
    this.registration.networkChanged();
    await Promise.all(this.sessions.sessions().map((session) => this.move(session)));
    return true;
  }

  /** The address that the server, or whom we spoke with last, sees, as far as we know. */
  get address(): string {
    const { reach } = this;
    return reach === undefined ? '' : this.transport.sentBy(reach).host;
  }

  private async move(session: Session): Promise<void> {
    const { dialog } = session;
    if (dialog === undefined) return;
    const target = dialog.routeSet[0]?.uri ?? dialog.remoteTarget;
    try {
      const [hop] = await this.transport.locate(target, 0);
      const isLive = session.dialog === dialog && dialog.state === 'confirmed';
      if (hop === undefined || !isLive || session.endReason !== undefined) return;
      session.relocate(hop, { iceRestart: this.options.wiring.restartsIce === true });
    } catch (error) {
      this.options.runtime.logger.warn({ err: error, sessionId: session.id }, 'no way to the peer');
    }
  }

  /** The URI under which the server, or who stands in its place, reaches us directly. */
  async contact(): Promise<string> {
    const [hop] = await this.locate(this.options.account.server);
    const isSecure = this.options.account.uri.scheme === 'sips';
    const contact = hop && this.sessions.dialogs.contact(hop, { isSecure });
    return contact?.replace(/^<|>$/g, '') ?? '';
  }

  /** Ends calls and registration, waits for the answers for some seconds, releases everything. */
  async close(): Promise<void> {
    await Promise.all([this.endCalls(), this.registration.close(CLOSE_MS)]);
    // what is left waits for messages that no longer concern anybody (RFC 6026 timers L and M)
    await this.sessions.close({ deadlineMs: 0 });
    await this.media.close();
    await this.transport.close();
  }

  private async endCalls(): Promise<void> {
    const live = this.sessions.sessions();
    for (const session of live) {
      if (session.isUnanswered) session.reject(480);
      else void session.hangUp();
    }
    // a call that is over may still wait for the answer to its BYE
    const over = Promise.all(live.map(({ ended }) => ended)).then(() =>
      this.sessions.dialogs.noDialogLeft(),
    );
    await within(over, CLOSE_MS, this.options.runtime.clock);
  }

  private async locate(uri: SipUri): Promise<readonly Hop[]> {
    const hops = await this.transport.locate(uri, 0);
    this.reach = hops[0] ?? this.reach;
    this.seenAs ??= this.address;
    return hops;
  }

  private answer(transaction: ServerTransaction): void {
    answerRequest(transaction, {
      allow: this.sessions.dialogs.allow,
      server: this.options.settings.userAgent ?? 'strowger',
      isTaking: this.options.isTaking(),
    });
  }

  private connect(): ClientTransport {
    const { settings, runtime, wiring } = this.options;
    const trace = (
      direction: 'sent' | 'received',
      { message, hop }: Pick<Inbound, 'message' | 'hop'>,
    ): void => settings.onMessage?.({ direction, message, hop, at: runtime.clock.wall() });
    const hooks: TransportHooks = {
      onMessage: (inbound) => {
        trace('received', inbound);
        const { message, hop } = inbound;
        if (message.kind === 'request' && message.method === 'INVITE') this.reach = hop;
        this.sessions.receive(inbound);
      },
      onSent: (message, hop) => trace('sent', { message, hop }),
      onConnectionGone: (hop) => this.registration.connectionLost(hop),
    };
    return settings.connect?.(hooks) ?? wiring.connect(hooks, this.options);
  }

  private mediaAddress(): string {
    const { settings } = this.options;
    const sender: MessageSender = this.transport;
    const { server } = this.options.account;
    const { address } = this.reach ?? { address: server.host };
    const { transport } = this.reach ?? { transport: 'udp' };
    // what a WebSocket is told leads nowhere (RFC 7118 §5.2)
    const isNameless = transport === 'ws' || transport === 'wss';
    const hop: Hop =
      isNameless || this.reach === undefined
        ? { transport: 'udp', address, port: 5060 }
        : this.reach;
    return settings.media?.address ?? sender.sentBy(hop).host;
  }
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1' || host === 'localhost';
}

function isSamePlace(one: SipUri, other: SipUri): boolean {
  return one.host === other.host && (one.port ?? 5060) === (other.port ?? 5060);
}
