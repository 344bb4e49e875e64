import { StrowgerError } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import {
  type CredentialSource,
  DigestClient,
  type Hop,
  type Inbound,
  type ServerTransaction,
  timerSettings,
  TransactionLayer,
} from '@strowger/transaction-core';
import { dialogKey, type DialogShell } from './dialog-shell.ts';
import type {
  DialogUser,
  ForeignRequests,
  OutgoingInviteUser,
  RequestUser,
} from './dialog-user.ts';
import { InviteClient } from './invite-client.ts';
import { InviteRequest } from './invite-request.ts';
import type { LayerContext } from './layer-context.ts';
import type { DialogCounts, DialogLayerOptions, DialogLimits } from './layer-options.ts';
import type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import { type OutgoingRequest, type RequestOptions, sendRequest } from './outgoing-request.ts';
import { refuse, refuseShortInterval, refuseUnknownOptions, refuseUnreliable } from './refusal.ts';
import { sessionTimerOptions } from './session-expires.ts';
import { checkMethod } from './status.ts';
import { UserAgent } from './user-agent.ts';

/** Requests that make no sense outside of a dialog (RFC 3261 §15.1.2, RFC 3262, 3311, 6086). */
const ONLY_IN_DIALOGS: readonly string[] = ['BYE', 'PRACK', 'UPDATE', 'INFO'];

const DEFAULT_ALLOW: readonly string[] = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'PRACK',
  'UPDATE',
];

const DEFAULT_LIMITS: DialogLimits = {
  dialogs: 200_000,
  earlyDialogs: 32,
  glareRetries: 10,
  reinviteMs: 180_000,
};

/** Dialogs over transactions (RFC 3261 §12 to §15): one for each user agent, without IO. */
export class DialogLayer {
  readonly transactions: TransactionLayer;
  private readonly user: DialogUser;
  private readonly foreign: ForeignRequests | undefined;
  private readonly context: LayerContext;
  private closed = false;

  constructor(options: DialogLayerOptions) {
    const { runtime, sender, timers = {}, onTransactionStep } = options;
    this.user = options.user;
    this.foreign = options.foreign;
    this.transactions = new TransactionLayer({
      runtime,
      sender,
      timers,
      mergedRequests: options.foreign === undefined ? 'refuse' : 'pass',
      ...(onTransactionStep === undefined ? {} : { onStep: onTransactionStep }),
      user: {
        onRequest: (transaction) => this.receiveRequest(transaction),
        onAck: (ack, inbound) => this.receiveAck(ack, inbound),
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
   * `BAD_METHOD` for INVITE, ACK, CANCEL, BYE, PRACK and UPDATE.
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
    const hasTag = request.to.tag !== undefined;
    const dialog = hasTag ? this.dialogOf(request) : undefined;
    if (dialog !== undefined) return dialog.receive(transaction);
    if (this.foreign?.take(transaction) === true) return;
    if (hasTag) refuse(this.context, transaction, 481);
    else if (ONLY_IN_DIALOGS.includes(method)) refuse(this.context, transaction, 481);
    else if (refuseUnknownOptions(this.context, transaction)) return;
    else if (method === 'INVITE') this.receiveInvite(transaction);
    else this.user.onRequest(transaction);
  }

  private receiveAck(ack: SipRequest, inbound: Inbound): void {
    const dialog = this.dialogOf(ack);
    if (dialog === undefined) this.foreign?.takeAck(ack, inbound);
    else dialog.receiveAck(ack);
  }

  private receiveInvite(transaction: ServerTransaction): void {
    const { context } = this;
    if (this.isFull) return refuse(context, transaction, 503, [['Retry-After', '10']]);
    if (refuseUnreliable(context, transaction)) return;
    if (refuseShortInterval(context, transaction)) return;
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

  private checkOpen(): void {
    if (this.closed) throw new StrowgerError('CLOSED', 'the dialog layer is closed');
  }
}

function contextOf(options: DialogLayerOptions, transactions: TransactionLayer): LayerContext {
  const { runtime, sender, contactUser, userAgent } = options;
  const { reliableProvisionals = 'supported' } = options;
  const sessionTimers =
    options.sessionTimers === false ? undefined : sessionTimerOptions(options.sessionTimers);
  const supported = [
    ...(options.supported ?? []),
    ...(reliableProvisionals === 'never' ? [] : ['100rel']),
    ...(sessionTimers === undefined ? [] : ['timer']),
  ];
  const digests = new WeakMap<CredentialSource, DigestClient>();
  return {
    runtime,
    sender,
    transactions,
    timers: timerSettings(options.timers),
    reliableProvisionals,
    sessionTimers,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    userAgent: new UserAgent({
      sender,
      contactUser,
      userAgent,
      allow: options.allow ?? DEFAULT_ALLOW,
      supported: [...new Set(supported)],
    }),
    dialogs: new Map(),
    onStep: options.onStep,
    live: { inviteServers: new Set(), inviteClients: new Set(), requests: new Set() },
    digest(credentials = options.credentials) {
      if (credentials === undefined) return undefined;
      const known = digests.get(credentials) ?? new DigestClient({ runtime, credentials });
      digests.set(credentials, known);
      return known;
    },
  };
}
