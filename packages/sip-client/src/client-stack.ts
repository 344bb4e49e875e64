import { type Runtime, within } from '@strowger/runtime';
import { type Session, SessionManager, type TransferHooks } from '@strowger/session-core';
import { type NameAddr, SipUri, type Uri } from '@strowger/sip-message';
import type { Hop, Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { Account } from './account.ts';
import { answerRequest } from './capabilities.ts';
import type { ClientWiring } from './client-wiring.ts';
import type { IncomingServices } from './incoming-services.ts';
import { LocalMedia } from './local-media.ts';
import { Registration } from './registration.ts';
import type { ClientTransport, SipClientOptions, TransportHooks } from './sip-client-options.ts';
import { Upkeeps } from './watches/upkeeps.ts';

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
  readonly services: IncomingServices;
}

/** The way of a request to others. */
export interface RequestRoute {
  /** None where it is looked up once more when it is known how long the request is. */
  readonly hops?: readonly Hop[];
  readonly route?: readonly NameAddr[];
}

/** How long calls and the registration may take to end, in milliseconds. */
const CLOSE_MS = 2000;

/** The layers of one client, wired: transport, sessions, media, registration. */
export class ClientStack {
  readonly sessions: SessionManager;
  readonly registration: Registration;
  /** Watches and publications. */
  readonly upkeeps = new Upkeeps();
  private readonly options: ClientStackOptions;
  private readonly transport: ClientTransport;
  private readonly media: LocalMedia;
  /** The hop to the server; until that is found, to whom we spoke with first. */
  private anchor: Hop | undefined;
  private isServerFound = false;
  /** Our address towards the anchor when that was last looked at. */
  private seenAs: string | undefined;
  /** The hop over which we last spoke with somebody who calls or is called. */
  private reach: Hop | undefined;
  /** Where the media of a call that has moved is, by the session's id. */
  private readonly movedTo = new Map<string, string>();
  /** What is gone because we leave it, while we do. */
  private left: Hop[] | undefined;

  /** Throws `BAD_LISTEN_POINT`; opens nothing yet. */
  constructor(options: ClientStackOptions) {
    const { settings, account, runtime } = options;
    this.options = options;
    this.transport = this.connect();
    this.media = new LocalMedia({
      address: (sessionId) => this.mediaAddress(sessionId),
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
      onRequestInCall: (transaction, session) => options.services.take(transaction, session),
      allow: () => options.services.allow,
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
  async routeTo(uri: SipUri): Promise<RequestRoute> {
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

  /** Whether a call, or another request, came from an address of our server. */
  async isFromServer(source: Hop | undefined): Promise<boolean> {
    if (source === undefined) return false;
    const hops = await this.transport.locate(this.options.account.server, 0);
    return hops.some(({ address }) => address === source.address);
  }

  /**
   * We are elsewhere in the network: tells the registrar, and the other side of every answered call. False
   * where nobody was spoken with yet, and unless `isAsked` where there is no way out, or our address towards
   * the server is what it was.
   */
  async networkChanged({ isAsked }: { isAsked: boolean }): Promise<boolean> {
    const left = this.leave();
    const hasMoved = await this.hasMoved(isAsked);
    if (!hasMoved) {
      for (const hop of left) this.connectionLost(hop);
      return false;
    }
    this.registration.networkChanged();
    this.upkeeps.moved();
    await Promise.all(this.sessions.sessions().map((session) => this.move(session)));
    return true;
  }

  /** The address that the server sees, as far as we know; none where we have a name that leads nowhere. */
  get address(): string | undefined {
    const { seenAs } = this;
    return seenAs?.endsWith('.invalid') === true ? undefined : seenAs;
  }

  /** Gives the connections that are gone by it. */
  private leave(): readonly Hop[] {
    const left: Hop[] = [];
    this.left = left;
    this.transport.networkChanged?.();
    this.left = undefined;
    return left;
  }

  private async hasMoved(isAsked: boolean): Promise<boolean> {
    const { seenAs: before, isServerFound: wasFound } = this;
    // where names are not to be had yet, the server is where it was
    await this.locateServer().catch(() => {});
    const { anchor } = this;
    if (before === undefined || anchor === undefined) return false;
    const now = this.addressTowards(anchor);
    const isOut = isLoopback(anchor.address) || !isLoopback(now);
    // another change may have been followed meanwhile
    const known = wasFound ? this.seenAs : before;
    if (!isAsked && (!isOut || now === known)) return false;
    this.seenAs = now;
    return true;
  }

  private async move(session: Session): Promise<void> {
    const { dialog, id } = session;
    if (dialog === undefined) return;
    const hop = await this.hopTo(dialog.routeSet[0]?.uri ?? dialog.remoteTarget, id);
    const isLive = session.dialog === dialog && dialog.state === 'confirmed';
    if (hop === undefined || !isLive || !isAnswered(session)) return;
    if (!this.movedTo.has(id)) void session.ended.then(() => this.movedTo.delete(id));
    this.movedTo.set(id, this.addressTowards(hop));
    session.relocate(hop, { iceRestart: this.options.wiring.restartsIce === true });
  }

  private async hopTo(target: Uri, sessionId: string): Promise<Hop | undefined> {
    try {
      return (await this.transport.locate(target, 0))[0];
    } catch (error) {
      this.options.runtime.logger.warn({ err: error, sessionId }, 'no way to the peer');
      return undefined;
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
    const { clock } = this.options.runtime;
    await Promise.all([
      this.endCalls(),
      this.upkeeps.close(CLOSE_MS, clock),
      this.registration.close(CLOSE_MS),
    ]);
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
    const { server } = this.options.account;
    const hops = await (uri === server ? this.locateServer() : this.transport.locate(uri, 0));
    this.speakOver(hops[0]);
    return hops;
  }

  private async locateServer(): Promise<readonly Hop[]> {
    const hops = await this.transport.locate(this.options.account.server, 0);
    const [hop] = hops;
    if (hop === undefined) return hops;
    this.anchor = hop;
    if (!this.isServerFound) this.seenAs = this.addressTowards(hop);
    this.isServerFound = true;
    return hops;
  }

  private speakOver(hop: Hop | undefined): void {
    if (hop === undefined) return;
    this.reach = hop;
    this.anchor ??= hop;
    this.seenAs ??= this.addressTowards(hop);
  }

  private connectionLost(hop: Hop): void {
    this.registration.connectionLost(hop);
    this.upkeeps.connectionLost(hop);
  }

  private answer(transaction: ServerTransaction): void {
    const { services } = this.options;
    if (services.take(transaction)) return;
    answerRequest(transaction, {
      allow: this.sessions.dialogs.allow,
      server: this.options.settings.userAgent ?? 'strowger',
      isTaking: this.options.isTaking(),
      accept: services.accept,
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
        if (message.kind === 'request' && message.method === 'INVITE') this.speakOver(hop);
        this.sessions.receive(inbound);
      },
      onSent: (message, hop) => trace('sent', { message, hop }),
      onConnectionGone: (hop) => {
        if (this.left === undefined) this.connectionLost(hop);
        else this.left.push(hop);
      },
    };
    return settings.connect?.(hooks) ?? wiring.connect(hooks, this.options);
  }

  private mediaAddress(sessionId = ''): string {
    const { settings, account } = this.options;
    const unknown: Hop = { transport: 'udp', address: account.server.host, port: 5060 };
    const address = settings.media?.address ?? this.movedTo.get(sessionId);
    return address ?? this.addressTowards(this.reach ?? unknown);
  }

  /** The address of ours that leads there: what a WebSocket is told leads nowhere (RFC 7118 §5.2). */
  private addressTowards(hop: Hop): string {
    const { transport, address } = hop;
    const isNameless = transport === 'ws' || transport === 'wss';
    const way: Hop = isNameless ? { transport: 'udp', address, port: 5060 } : hop;
    return this.transport.sentBy(way).host;
  }
}

/** Whether its peer can be told that we are elsewhere: it is not about to end. */
function isAnswered({ state }: Session): boolean {
  return state === 'connected' || state === 'onHold' || state === 'transferring';
}

/** Of an address as it is resolved. */
function isLoopback(address: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(address) || address === '::1';
}

function isSamePlace(one: SipUri, other: SipUri): boolean {
  return one.host === other.host && (one.port ?? 5060) === (other.port ?? 5060);
}
