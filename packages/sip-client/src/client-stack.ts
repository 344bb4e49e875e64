import { type Runtime, within } from '@strowger/runtime';
import {
  type CallOptions,
  type Session,
  type SessionId,
  SessionManager,
  type TransferHooks,
} from '@strowger/session-core';
import type { Hop, Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { Account } from './account.ts';
import { calledLine, sayingLine } from './called-line.ts';
import { answerRequest } from './capabilities.ts';
import type { ClientWiring } from './client-wiring.ts';
import type { IncomingServices } from './incoming-services.ts';
import { Line } from './line.ts';
import { LocalMedia } from './local-media.ts';
import { MovingCalls } from './moving-calls.ts';
import type { ClientTransport, SipClientOptions, TransportHooks } from './sip-client-options.ts';

/** What a stack is made of. */
export interface ClientStackOptions {
  readonly settings: SipClientOptions;
  /** The client's own: it is there for as long as the stack is. */
  readonly account: Account;
  readonly runtime: Runtime;
  readonly wiring: ClientWiring;
  onIncoming(session: Session): void;
  readonly transfers: TransferHooks;
  /** Whether a call would be taken now. */
  isTaking(): boolean;
  readonly services: IncomingServices;
}

/** How long calls and a registration may take to end, in milliseconds. */
const CLOSE_MS = 2000;

/** The layers of one client, wired: transport, sessions and media; and the lines that share them. */
export class ClientStack {
  readonly sessions: SessionManager;
  private readonly options: ClientStackOptions;
  private readonly transport: ClientTransport;
  private readonly media: LocalMedia;
  /** The client's own first. */
  private readonly lines: [Line, ...Line[]];
  private readonly lineBySession = new WeakMap<Session, Line>();
  /** The hop over which we last spoke with somebody who calls or is called. */
  private reach: Hop | undefined;
  private readonly moving: MovingCalls;
  /** What is gone because we leave it, while we do. */
  private left: Hop[] | undefined;

  /** Throws `BAD_LISTEN_POINT`; opens nothing yet. */
  constructor(options: ClientStackOptions) {
    const { settings, account, runtime } = options;
    this.options = options;
    this.transport = this.connect();
    this.moving = new MovingCalls({
      runtime,
      transport: this.transport,
      restartsIce: options.wiring.restartsIce === true,
    });
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
      localParty: (clue) => {
        const { hop } = clue;
        const line =
          clue.kind === 'sent'
            ? sayingLine(this.lines, clue.from)
            : calledLine(this.lines, clue.request, hop.address);
        const { credentials } = line.isServer(hop.address) ? line.account : {};
        return { contact: line.contactParts(hop), credentials };
      },
      onIncoming: (session) => options.onIncoming(session),
      ...options.transfers,
      onRequest: (transaction) => this.answer(transaction),
      onRequestInCall: (transaction, session) => options.services.take(transaction, session),
      allow: () => options.services.allow,
    });
    this.lines = [this.newLine(account)];
  }

  /** Rejects with `LISTEN_FAILED`, and then holds nothing. */
  start(): Promise<void> {
    return this.transport.start();
  }

  /**
   * The line of an account, which is there from then on. Rejects with `LISTEN_FAILED` where what leads to its
   * server cannot be opened.
   */
  async line(account: Account): Promise<Line> {
    const find = (): Line | undefined => this.lines.find((line) => line.account === account);
    const known = find();
    if (known !== undefined) return known;
    await this.transport.reach?.(account.server);
    const line = find() ?? this.newLine(account);
    if (!this.lines.includes(line)) this.lines.push(line);
    return line;
  }

  /** Ends the calls of an account, unregisters it and forgets it. */
  async removeLine(account: Account): Promise<void> {
    const line = this.lines.find((one) => one.account === account);
    if (line === undefined) return;
    await Promise.all([this.endCalls(this.ofLine(line)), line.close(CLOSE_MS)]);
    this.lines.splice(this.lines.indexOf(line), 1);
  }

  /** Whose call a session is. */
  lineOf(session: Session): Line {
    const known = this.lineBySession.get(session);
    if (known !== undefined) return known;
    const { request, source, local } = session;
    const line =
      request === undefined
        ? sayingLine(this.lines, local)
        : calledLine(this.lines, request, source?.address);
    this.lineBySession.set(session, line);
    return line;
  }

  /** Whether a request came from the server of the account that it is for. */
  isFromServer({ request, inbound }: ServerTransaction): Promise<boolean> {
    const { hop } = inbound;
    return calledLine(this.lines, request, hop.address).isFromServer(hop);
  }

  /** Places a call of a line. Throws as `SessionManager.call` does. */
  place(line: Line, options: CallOptions): Session {
    // media opens at the address that leads where this call goes
    const [hop] = options.hops ?? [];
    if (hop !== undefined) this.reach = hop;
    const session = this.sessions.call(options);
    this.lineBySession.set(session, line);
    return session;
  }

  /**
   * We are elsewhere in the network: tells the registrars, and the other side of every answered call. Nothing
   * where nobody was spoken with yet, and unless `isAsked` where there is no way out, or our address towards
   * the server is what it was; else a line that has moved.
   */
  async networkChanged({ isAsked }: { isAsked: boolean }): Promise<Line | undefined> {
    const left = this.leave();
    const moved = new Set<Line>();
    await Promise.all(
      this.lines.map(async (line) => {
        if (await line.hasMoved(isAsked)) moved.add(line);
      }),
    );
    for (const line of this.lines) {
      if (moved.has(line)) line.moved();
      else for (const hop of left) line.connectionLost(hop);
    }
    const calls = [...moved].map((line) =>
      this.ofLine(line).map((session) => this.moving.move(session, line)),
    );
    await Promise.all(calls.flat());
    return this.lines.find((line) => moved.has(line));
  }

  /** Ends calls and registrations, waits for the answers for some seconds, releases everything. */
  async close(): Promise<void> {
    const over = this.lines.map((line) => line.close(CLOSE_MS));
    await Promise.all([this.endCalls(this.sessions.sessions()), ...over]);
    // what is left waits for messages that no longer concern anybody (RFC 6026 timers L and M)
    await this.sessions.close({ deadlineMs: 0 });
    await this.media.close();
    await this.transport.close();
  }

  private newLine(account: Account): Line {
    const line: Line = new Line({
      account,
      runtime: this.options.runtime,
      transport: this.transport,
      dialogs: () => this.sessions.dialogs,
      onSpeaking: (hop) => (this.reach = hop),
      onReflexiveChanged: () => {
        for (const session of this.ofLine(line)) void this.moving.tellContact(session, line);
      },
    });
    return line;
  }

  private ofLine(line: Line): readonly Session[] {
    return this.sessions.sessions().filter((session) => this.lineOf(session) === line);
  }

  /** Gives the connections that are gone by it. */
  private leave(): readonly Hop[] {
    const left: Hop[] = [];
    this.left = left;
    this.transport.networkChanged?.();
    this.left = undefined;
    return left;
  }

  private async endCalls(live: readonly Session[]): Promise<void> {
    for (const session of live) {
      if (session.isUnanswered) session.reject(480);
      else void session.hangUp();
    }
    const isAll = live.length === this.sessions.sessions().length;
    const over = Promise.all(live.map(({ ended }) => ended)).then(() =>
      // a call that is over may still wait for the answer to its BYE
      isAll ? this.sessions.dialogs.noDialogLeft() : undefined,
    );
    await within(over, CLOSE_MS, this.options.runtime.clock);
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
        if (message.kind === 'request' && message.method === 'INVITE') {
          calledLine(this.lines, message, hop.address).speakOver(hop);
        }
        this.sessions.receive(inbound);
      },
      onSent: (message, hop) => trace('sent', { message, hop }),
      onConnectionGone: (hop) => {
        if (this.left === undefined) this.lost(hop);
        else this.left.push(hop);
      },
      onFlowGone: ({ hop }) => {
        if (hop.transport === 'udp') this.lost(hop); // others are told as connections
      },
    };
    return settings.connect?.(hooks) ?? wiring.connect(hooks, this.options);
  }

  private lost(hop: Hop): void {
    for (const line of this.lines) line.connectionLost(hop);
  }

  private mediaAddress(sessionId = ''): string {
    const { settings, account } = this.options;
    const unknown: Hop = { transport: 'udp', address: account.server.host, port: 5060 };
    const address = settings.media?.address ?? this.moving.addressOf(sessionId);
    // what media is labelled with is its session's id
    const source = this.sessions.get(sessionId as SessionId)?.source;
    return address ?? this.lines[0].addressTowards(source ?? this.reach ?? unknown);
  }
}
