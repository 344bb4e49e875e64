import type { ContactParts, DialogLayer } from '@strowger/dialog-core';
import type { Runtime } from '@strowger/runtime';
import type { CallOptions } from '@strowger/session-core';
import { type NameAddr, type SipResponse, SipUri } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { Account } from './account.ts';
import { FlowKeeper } from './flow-keeper.ts';
import { isWhereWeSaid, type Place, seenAt } from './reflexive.ts';
import { Registration } from './registration.ts';
import { ownGruu, serviceRouteOf } from './service-route.ts';
import type { ClientTransport } from './sip-client-options.ts';
import { Upkeeps } from './watches/upkeeps.ts';

/** What a line is made of. */
export interface LineOptions {
  readonly account: Account;
  readonly runtime: Runtime;
  readonly transport: ClientTransport;
  dialogs(): DialogLayer;
  /** Somebody is about to be spoken with over this hop. */
  onSpeaking(hop: Hop): void;
  /** Our address for those whom we reach over UDP is another one: a NAT, or the lack of one. */
  onReflexiveChanged(): void;
}

/** How somebody is reached on behalf of a line. */
export type LineRoute = Pick<CallOptions, 'hops' | 'route' | 'credentials'>;

/** One account on the wire: where its server is, how that sees us, the registration there. */
export class Line {
  readonly account: Account;
  readonly registration: Registration;
  /** Watches and publications. */
  readonly upkeeps = new Upkeeps();
  private readonly options: LineOptions;
  private readonly keeper: FlowKeeper;
  /** The hop to the server; until that is found, to whom we spoke with first. */
  private anchor: Hop | undefined;
  private isServerFound = false;
  /** Where the server is, by address. */
  private servers: ReadonlySet<string> = new Set();
  /** Our address towards the anchor when that was last looked at. */
  private seenAs: string | undefined;
  /** Where a NAT makes the server see us over UDP; undefined where it sees us where we are. */
  private reflexive: Place | undefined;
  /** What of that calls were told. */
  private told: Place | undefined;
  private gruu: SipUri | undefined;
  private serviceRoute: readonly NameAddr[] = [];

  constructor(options: LineOptions) {
    const { account, runtime, transport } = options;
    this.options = options;
    this.account = account;
    const { keepAliveMs } = account;
    this.keeper = new FlowKeeper({ transport, logger: runtime.logger, keepAliveMs });
    this.registration = new Registration({
      runtime,
      account,
      dialogs: options.dialogs,
      locate: () => this.locate(account.server),
      contact: (hop) => this.contactFor(hop),
      learn: (response, learnt) => this.learn(response, learnt),
      forget: () => this.forget(),
    });
    this.registration.events.on('change', ({ type }) => {
      if (type === 'registered') this.tellReflexive();
    });
  }

  /** The address that the server sees, as far as we know; none where we have a name that leads nowhere. */
  get address(): string | undefined {
    const { seenAs } = this;
    return seenAs?.endsWith('.invalid') === true ? undefined : seenAs;
  }

  /** Whether our server is at this address, as far as we have looked. */
  isServer(address: string): boolean {
    return this.servers.has(address);
  }

  /** Whether a message came from an address of our server. */
  async isFromServer(source: Hop | undefined): Promise<boolean> {
    if (source === undefined) return false;
    const hops = await this.options.transport.locate(this.account.server, 0);
    return hops.some(({ address }) => address === source.address);
  }

  /**
   * The way to a URI: the one that the registrar told us (RFC 3608). Where it told none, calls to our
   * own domain go where the registration goes, others find their own; who is reached past our server is
   * shown no digest of our password. Rejects with `NO_ROUTE`.
   */
  async routeTo(uri: SipUri): Promise<LineRoute> {
    const { account, serviceRoute: route } = this;
    const { credentials } = account;
    const first = route[0]?.uri;
    if (first instanceof SipUri) {
      // the proxy that we registered over has a connection to us
      const isOurs = isSamePlace(first, account.server);
      return { credentials, route, hops: await this.locate(isOurs ? account.server : first) };
    }
    if (!account.isServerGiven && !isSamePlace(uri, account.uri)) {
      await this.locate(uri);
      return {}; // looked up once more when it is known how long the request is
    }
    return { credentials, hops: await this.locate(account.server) };
  }

  /** What our Contact is made of for messages over this hop. */
  contactParts(hop: Hop): ContactParts {
    const { account, gruu, reflexive } = this;
    // what a server says of us is believed towards that server alone
    const isRewritten = hop.transport === 'udp' && this.isServer(hop.address);
    return { user: account.uri.user, gruu, ...(isRewritten ? { sentBy: reflexive } : {}) };
  }

  /** The URI under which the server, or who stands in its place, reaches us directly. */
  async contact(): Promise<string> {
    const [hop] = await this.locate(this.account.server);
    return hop === undefined ? '' : this.contactFor(hop).replace(/^<|>$/g, '');
  }

  /** Somebody is spoken with over this hop. */
  speakOver(hop: Hop): void {
    this.options.onSpeaking(hop);
    this.anchor ??= hop;
    this.seenAs ??= this.addressTowards(hop);
  }

  /**
   * Whether our address towards the server is another one than when this was last asked; `isAsked`: whether
   * it is, or somebody who knows says so. False where nobody was spoken with yet, and where there is no way out.
   */
  async hasMoved(isAsked: boolean): Promise<boolean> {
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
    this.reflexive = undefined; // of the network that we have left
    return true;
  }

  /** The address of ours that leads there: what a WebSocket is told leads nowhere (RFC 7118 §5.2). */
  addressTowards(hop: Hop): string {
    const { transport, address } = hop;
    const isNameless = transport === 'ws' || transport === 'wss';
    const way: Hop = isNameless ? { transport: 'udp', address, port: 5060 } : hop;
    return this.options.transport.sentBy(way).host;
  }

  /** We are elsewhere: registrar, watches and publications are told at once. */
  moved(): void {
    this.registration.networkChanged();
    this.upkeeps.moved();
  }

  connectionLost(hop: Hop): void {
    this.registration.connectionLost(hop);
    this.upkeeps.connectionLost(hop);
  }

  /** Ends watches and publications, and unregisters, for `deadlineMs` at most. */
  async close(deadlineMs: number): Promise<void> {
    const { clock } = this.options.runtime;
    await Promise.all([this.upkeeps.close(deadlineMs, clock), this.registration.close(deadlineMs)]);
    this.keeper.stop();
  }

  private contactFor(hop: Hop): string {
    const isSecure = this.account.uri.scheme === 'sips';
    return this.options.dialogs().contact(hop, { isSecure, ...this.contactParts(hop) });
  }

  private async locate(uri: SipUri): Promise<readonly Hop[]> {
    const isServer = uri === this.account.server;
    const hops = await (isServer ? this.locateServer() : this.options.transport.locate(uri, 0));
    if (hops[0] !== undefined) this.speakOver(hops[0]);
    return hops;
  }

  private async locateServer(): Promise<readonly Hop[]> {
    const hops = await this.options.transport.locate(this.account.server, 0);
    const [hop] = hops;
    if (hop === undefined) return hops;
    this.anchor = hop;
    this.servers = new Set(hops.map(({ address }) => address));
    if (!this.isServerFound) this.seenAs = this.addressTowards(hop);
    this.isServerFound = true;
    return hops;
  }

  /**
   * Each 2xx says it anew: what it does not say is not so any more (RFC 3608 §6.1). Tells whether it sees us
   * elsewhere than at this contact.
   */
  private learn(response: SipResponse, { contact, hop }: { contact: string; hop: Hop }): boolean {
    this.serviceRoute = serviceRouteOf(response);
    this.gruu = ownGruu(response, contact);
    this.keeper.registered(hop, response);
    if (hop.transport !== 'udp' || !this.account.contactRewrite) return false;
    const seen = seenAt(response, hop);
    if (seen === undefined) return false;
    const { reflexive: before } = this;
    this.reflexive = isWhereWeSaid(response, seen) ? undefined : seen;
    return !isSame(before, this.reflexive);
  }

  private tellReflexive(): void {
    if (isSame(this.told, this.reflexive)) return;
    this.told = this.reflexive;
    this.options.onReflexiveChanged();
  }

  private forget(): void {
    this.serviceRoute = [];
    this.gruu = undefined;
    this.keeper.stop();
  }
}

function isSame(one: Place | undefined, other: Place | undefined): boolean {
  return one?.host === other?.host && one?.port === other?.port;
}

/** Of an address as it is resolved. */
function isLoopback(address: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(address) || address === '::1';
}

function isSamePlace(one: SipUri, other: SipUri): boolean {
  return one.host === other.host && (one.port ?? 5060) === (other.port ?? 5060);
}
