import { type Runtime, StrowgerError } from '@strowger/runtime';
import type { NameAddr, SipRequest, Uri } from '@strowger/sip-message';
import {
  type Hop,
  type Inbound,
  type MessageSender,
  type ServerTransaction,
  type TimerSettings,
  TransactionLayer,
  timerSettings,
} from '@strowger/transaction-core';
import type { CredentialSource, DigestClient } from './credentials.ts';
import { dialogKey, type DialogShell } from './dialog-shell.ts';
import type { DialogUser, MessageParts, OutgoingInviteUser, RequestUser } from './dialog-user.ts';
import { InviteClient } from './invite-client.ts';
import { InviteRequest } from './invite-request.ts';
import type { DialogStep, LayerContext } from './layer-context.ts';
import type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import { sendRequest } from './outgoing-request.ts';
import { checkMethod } from './status.ts';
import { refuseUnknownOptions } from './receive-in-dialog.ts';
import { UserAgent } from './user-agent.ts';

/** What a `DialogLayer` is made of. */
export interface DialogLayerOptions {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly user: DialogUser;
  readonly timers?: Partial<TimerSettings> | undefined;
  /** The user part of our Contact; none by default. */
  readonly contactUser?: string | undefined;
  /** The value of User-Agent and Server; none by default. */
  readonly userAgent?: string | undefined;
  /** The methods of Allow; by default INVITE, ACK, CANCEL, BYE and OPTIONS. */
  readonly allow?: readonly string[] | undefined;
  /** The option tags that the owner understands, for Supported and Require; none by default. */
  readonly supported?: readonly string[] | undefined;
  readonly limits?: Partial<DialogLimits> | undefined;
  /** For requests that are given none of their own, those in dialogs that a peer began among them. */
  readonly credentials?: CredentialSource | undefined;
  /** Told of every step of every table: for logs, ladders and the coverage of tests. */
  readonly onStep?: ((step: DialogStep) => void) | undefined;
}

/** What may exist at the same time. */
export interface DialogLimits {
  /** Dialogs and INVITEs under way; above it a new call gets 503, and `invite` throws. Default 200,000. */
  readonly dialogs: number;
  /** Early dialogs of one INVITE; provisionals of further forks come without one. Default 32. */
  readonly earlyDialogs: number;
  /** How often a re-INVITE is repeated after 491. Default 10. */
  readonly glareRetries: number;
}

/** A request outside of dialogs: REGISTER, OPTIONS, MESSAGE, … */
export interface RequestOptions extends MessageParts {
  readonly method: string;
  readonly requestUri: Uri;
  readonly to: Uri | NameAddr;
  /** A tag is added where it has none. */
  readonly from: NameAddr;
  readonly route?: readonly NameAddr[] | undefined;
  readonly credentials?: CredentialSource | undefined;
  readonly hops?: readonly Hop[] | undefined;
  /**
   * Adds our Contact for the hop that is taken, with these header parameters: `''` or
   * `';expires=300'`. For REGISTER (RFC 3261 §10.2).
   */
  readonly contactParams?: string | undefined;
  /** For a series such as the REGISTERs of one contact (RFC 3261 §10.2.4); by default a random one. */
  readonly callId?: string | undefined;
  /** By default 1; after a challenge one more is used, see `OutgoingRequest.cseq`. */
  readonly cseq?: number | undefined;
}

/** Our request outside of dialogs, on its way. */
export interface OutgoingRequest {
  readonly callId: string;
  /** The CSeq number last used: the next of a series is higher. */
  readonly cseq: number;
}

/** Live objects by kind: all zero when everything has ended. */
export interface DialogCounts {
  /** Early, confirmed, and waiting for the answer to their BYE. */
  readonly dialogs: number;
  /** Incoming and outgoing INVITEs whose transaction lives, re-INVITEs too. */
  readonly invites: number;
  /** Our other requests without a final answer. */
  readonly requests: number;
  readonly clientTransactions: number;
  readonly serverTransactions: number;
}

/** Requests that make no sense outside of a dialog (RFC 3261 §15.1.2, RFC 3262, 3311, 6086). */
const ONLY_IN_DIALOGS: readonly string[] = ['BYE', 'PRACK', 'UPDATE', 'INFO'];

const DEFAULT_LIMITS: DialogLimits = { dialogs: 200_000, earlyDialogs: 32, glareRetries: 10 };

/** Dialogs over transactions (RFC 3261 §12 to §15): one for each user agent, without IO. */
export class DialogLayer {
  readonly transactions: TransactionLayer;
  private readonly user: DialogUser;
  private readonly context: LayerContext;
  private closed = false;

  constructor(options: DialogLayerOptions) {
    const { runtime, sender, timers = {} } = options;
    this.user = options.user;
    this.transactions = new TransactionLayer({
      runtime,
      sender,
      timers,
      user: {
        onRequest: (transaction) => this.receiveRequest(transaction),
        onAck: (ack) => this.dialogOf(ack)?.receiveAck(ack),
        // a 2xx that comes after timer M: its sender gives up and ends the dialog by itself
        onStrayResponse: () => {},
      },
    });
    this.context = contextOf(options, this.transactions);
  }

  /** Takes a message from the transport. */
  receive(inbound: Inbound): void {
    this.transactions.receive(inbound);
  }

  /**
   * Sends an INVITE that may make dialogs. The user hears nothing before this has returned.
   *
   * @throws StrowgerError `CLOSED` after `close()`, `RESERVED_HEADER` for a header of the layer's,
   * `TOO_MANY_DIALOGS` at the limit.
   */
  invite(options: InviteOptions, user: OutgoingInviteUser): OutgoingInvite {
    this.checkOpen();
    if (this.isFull) throw new StrowgerError('TOO_MANY_DIALOGS', 'the limit is reached');
    const invite = new InviteClient(this.context, options, user);
    invite.start();
    return invite;
  }

  /**
   * Sends a request outside of dialogs; a challenge is answered where there are credentials.
   *
   * @throws StrowgerError `CLOSED` after `close()`, `RESERVED_HEADER` for a header of the layer's,
   * `BAD_METHOD` for INVITE, ACK, CANCEL and BYE.
   */
  request(options: RequestOptions, user: RequestUser): OutgoingRequest {
    this.checkOpen();
    checkMethod(options.method);
    return sendRequest(this.context, options, user);
  }

  /** The methods of our Allow, for a 405 of the owner's. */
  get allow(): readonly string[] {
    return this.context.userAgent.options.allow;
  }

  /** The value of our Contact for messages over this hop. */
  contact(hop: Hop): string {
    return this.context.userAgent.contact(hop);
  }

  counts(): DialogCounts {
    const { dialogs, live } = this.context;
    return {
      dialogs: dialogs.size,
      invites: live.inviteServers.size + live.inviteClients.size,
      requests: live.requests.size,
      ...this.transactions.counts(),
    };
  }

  /** Drops everything at once, without a BYE; each owner is told. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.transactions.close();
    const { dialogs, live } = this.context;
    const left = [...live.inviteClients, ...live.inviteServers, ...live.requests];
    for (const one of left) one.close();
    for (const dialog of dialogs.values()) dialog.lose({ kind: 'closed' });
  }

  private receiveRequest(transaction: ServerTransaction): void {
    const { request, method } = transaction;
    if (request.to.tag !== undefined) {
      const dialog = this.dialogOf(request);
      if (dialog === undefined) this.refuse(transaction, 481);
      else dialog.receive(transaction);
    } else if (ONLY_IN_DIALOGS.includes(method)) this.refuse(transaction, 481);
    else if (refuseUnknownOptions(this.context, transaction)) return;
    else if (method === 'INVITE') this.receiveInvite(transaction);
    else this.user.onRequest(transaction);
  }

  private receiveInvite(transaction: ServerTransaction): void {
    if (this.isFull) {
      return this.refuse(transaction, 503, [['Retry-After', '10']]);
    }
    this.user.onInvite(new InviteRequest(this.context, transaction));
  }

  private get isFull(): boolean {
    const { dialogs, live, limits } = this.context;
    return dialogs.size + live.inviteServers.size + live.inviteClients.size >= limits.dialogs;
  }

  private dialogOf(request: SipRequest): DialogShell | undefined {
    const localTag = request.to.tag ?? '';
    const remoteTag = request.from.tag ?? '';
    return this.context.dialogs.get(dialogKey({ callId: request.callId, localTag, remoteTag }));
  }

  private refuse(
    transaction: ServerTransaction,
    status: number,
    headers: [string, string][] = [],
  ): void {
    const { request } = transaction;
    transaction.respond(this.context.userAgent.response(request, status, { headers }));
  }

  private checkOpen(): void {
    if (this.closed) throw new StrowgerError('CLOSED', 'the dialog layer is closed');
  }
}

function contextOf(options: DialogLayerOptions, transactions: TransactionLayer): LayerContext {
  const { runtime, sender, contactUser, userAgent } = options;
  const digests = new WeakMap<CredentialSource, DigestClient>();
  return {
    runtime,
    sender,
    transactions,
    timers: timerSettings(options.timers),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    userAgent: new UserAgent({
      sender,
      contactUser,
      userAgent,
      allow: options.allow ?? ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'],
      supported: options.supported ?? [],
    }),
    dialogs: new Map(),
    onStep: options.onStep,
    live: { inviteServers: new Set(), inviteClients: new Set(), requests: new Set() },
    digest(credentials = options.credentials) {
      return credentials === undefined ? undefined : digests.get(credentials);
    },
  };
}
