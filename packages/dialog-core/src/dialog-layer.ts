import { StrowgerError } from '@strowger/runtime';
import type { SipRequest, SipResponse, SipUri } from '@strowger/sip-message';
import {
  type CredentialSource,
  DigestClient,
  type Hop,
  type Inbound,
  type ServerTransaction,
  timerSettings,
  TransactionLayer,
} from '@strowger/transaction-core';
import type { Dialog } from './dialog.ts';
import { dialogKey, type DialogShell } from './dialog-shell.ts';
import type {
  DialogUsageUser,
  DialogUser,
  ForeignRequests,
  MessageParts,
  OutgoingInviteUser,
  RequestUser,
} from './dialog-user.ts';
import {
  type CompositorLimits,
  type CompositorUser,
  EventStateCompositor,
} from './events/compositor.ts';
import { EventCentre } from './events/event-centre.ts';
import { eventOptions } from './events/event-options.ts';
import { subscribeOutside } from './events/outgoing-subscription.ts';
import type {
  OutgoingSubscribe,
  SubscribeOptions,
  SubscribeUser,
} from './events/outgoing-subscribe.ts';
import {
  type OutgoingPublication,
  Publication,
  type PublicationUser,
  type PublishOptions,
} from './events/publication.ts';
import { referOutside } from './events/refer.ts';
import type { OutgoingRefer, OutsideReferOptions, ReferUser } from './events/refer-options.ts';
import { takeRefer } from './events/refer-request.ts';
import { matchDialog } from './events/replaces.ts';
import { InviteClient } from './invite-client.ts';
import { InviteRequest } from './invite-request.ts';
import { halfDialogKey, type LayerContext } from './layer-context.ts';
import { LiveDialogs } from './live-dialogs.ts';
import type { ContactParts } from './local-party.ts';
import type { DialogCounts, DialogLayerOptions, DialogLimits } from './layer-options.ts';
import type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import { type OutgoingRequest, type RequestOptions, sendRequest } from './outgoing-request.ts';
import { refuse, refuseShortInterval, refuseUnknownOptions, refuseUnreliable } from './refusal.ts';
import { readSnapshot } from './read-snapshot.ts';
import { restoreDialog, type RestoreOptions } from './restore-dialog.ts';
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
  /** The dialog of the request that is being received, where it was found already. */
  private found: { request: SipRequest; dialog: DialogShell } | undefined;
  /** Takes the transaction of the INVITE that is being restored. */
  private adopt: ((transaction: ServerTransaction) => void) | undefined;

  constructor(options: DialogLayerOptions) {
    const { runtime, sender, timers = {}, onTransactionStep, onTransactionTrouble } = options;
    this.user = options.user;
    this.foreign = options.foreign;
    this.transactions = new TransactionLayer({
      runtime,
      sender,
      timers,
      mergedRequests: options.foreign === undefined ? 'refuse' : 'pass',
      ...(onTransactionStep === undefined ? {} : { onStep: onTransactionStep }),
      onTrouble: onTransactionTrouble,
      user: {
        onRequest: (transaction) => this.receiveRequest(transaction),
        onAck: (ack, inbound) => this.receiveAck(ack, inbound),
        takesStateless: (request, inbound) => this.takesStateless(request, inbound),
        onStrayResponse: (response) => this.receiveStray(response),
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

  /**
   * Goes on with a dialog that another process saved with `dialog.snapshot()`: CSeq, route set,
   * target, offer and answer, session timer. What was under way is settled: a 2xx is repeated until
   * its ACK comes, or acknowledged; a re-INVITE of either side is rolled back, that of the peer with
   * 500 and Retry-After. `snapshot` may be anything that JSON gives.
   *
   * @throws StrowgerError `CLOSED` after `close()`, `SNAPSHOT_CORRUPT` for what makes no sense,
   * `SNAPSHOT_VERSION` for a version that cannot be read, `DIALOG_EXISTS` for one that lives here,
   * `TOO_MANY_DIALOGS` at the limit.
   */
  restore(snapshot: unknown, user: DialogUsageUser, options: RestoreOptions = {}): Dialog {
    this.checkOpen();
    const read = readSnapshot(snapshot);
    if (this.context.dialogs.has(dialogKey(read))) {
      throw new StrowgerError('DIALOG_EXISTS', 'this dialog lives here already');
    }
    if (this.isFull) throw new StrowgerError('TOO_MANY_DIALOGS', 'the limit is reached');
    return restoreDialog(this.context, {
      ...options,
      snapshot: read,
      user,
      receive: (inbound, adopt) => {
        this.adopt = adopt;
        this.transactions.receive(inbound);
        this.adopt = undefined;
      },
    });
  }

  /**
   * Subscribes (RFC 6665): every fork that notifies is one subscription.
   *
   * @throws StrowgerError `CLOSED`, `RESERVED_HEADER`, `TOO_MANY_SUBSCRIPTIONS` at the limit.
   */
  subscribe(options: SubscribeOptions, user: SubscribeUser): OutgoingSubscribe {
    this.checkOpen();
    return subscribeOutside(this.context, options, user);
  }

  /**
   * Sends a REFER outside of dialogs (RFC 3515); in a dialog see `dialog.refer`.
   *
   * @throws StrowgerError as `subscribe` does.
   */
  refer(options: OutsideReferOptions, user: ReferUser): OutgoingRefer {
    this.checkOpen();
    return referOutside(this.context, options, user);
  }

  /**
   * Publishes event state of ours and refreshes it until it is removed (RFC 3903 §4).
   *
   * @throws StrowgerError as `subscribe` does.
   */
  publish(options: PublishOptions, user: PublicationUser): OutgoingPublication {
    this.checkOpen();
    this.context.events.checkRoom();
    const publication = new Publication(this.context, options, user);
    this.context.events.publish(publication);
    return publication;
  }

  /** Makes a keeper of what others publish here (RFC 3903 §6): one for the life of the layer. */
  compositor(user: CompositorUser, limits?: Partial<CompositorLimits>): EventStateCompositor {
    this.checkOpen();
    const compositor = new EventStateCompositor(this.context, user, limits);
    this.context.events.compose(compositor);
    return compositor;
  }

  /**
   * Answers an OPTIONS with what we can (RFC 3261 §11.2): Allow, Supported, Accept, Accept-Encoding,
   * Accept-Language, Allow-Events and Recv-Info. The status is the one that an INVITE would get.
   */
  answerOptions(transaction: ServerTransaction, status = 200, parts: MessageParts = {}): void {
    const { userAgent } = this.context;
    transaction.respond(userAgent.optionsResponse(transaction.request, status, parts));
  }

  /** The methods of our Allow, for a 405 of the owner's. */
  get allow(): readonly string[] {
    return this.context.userAgent.allow;
  }

  /**
   * The value of our Contact for messages over this hop, as a registrar binds it; `isSecure`: for a
   * `sips:` address of record, which `sips:` calls reach alone (RFC 3261 §8.1.1.8). A `gruu` among the
   * parts is not heeded: a registrar binds what that stands for.
   */
  contact(
    hop: Hop,
    { isSecure = false, ...parts }: ContactParts & { readonly isSecure?: boolean } = {},
  ): string {
    return this.context.userAgent.hopContact(hop, isSecure, parts);
  }

  /**
   * From now on new dialogs and requests outside of them, but REGISTER, have this GRUU as our Contact
   * (RFC 5627 §4.4), so that others reach us by it from anywhere; `undefined`: where the hop sees us
   * again. A GRUU comes with the 2xx to a REGISTER (`gruusOf`) and is good for as long as that.
   */
  useGruu(gruu: SipUri | undefined): void {
    this.context.userAgent.gruu = gruu;
  }

  counts(): DialogCounts {
    const { dialogs, live } = this.context;
    return {
      dialogs: dialogs.size,
      invites: live.inviteServers.size + live.inviteClients.size,
      requests: live.requests.size,
      subscriptions: this.context.events.size,
      publications: this.context.events.published,
      ...this.transactions.counts(),
    };
  }

  /**
   * Resolves when no dialog is left: each was ended, and every BYE of ours answered or given up, which
   * takes 32 s where nobody answers.
   */
  noDialogLeft(): Promise<void> {
    return this.context.dialogs.empty();
  }

  /** Drops everything at once, without a BYE; each owner is told. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.transactions.close();
    const { dialogs, live } = this.context;
    const left = [...live.inviteClients, ...live.inviteServers, ...live.requests];
    for (const one of left) one.close();
    this.context.events.close();
    for (const dialog of dialogs.values()) dialog.lose({ kind: 'closed' });
  }

  /** What belongs to no dialog of ours is told so, and nothing is kept of it. */
  private takesStateless(request: SipRequest, inbound: Inbound): boolean {
    if (request.toTag === undefined && !ONLY_IN_DIALOGS.includes(request.method)) {
      return this.user.takesStateless?.(request, inbound) === true;
    }
    if (this.foreign !== undefined || this.mayBelong(request)) return false;
    // subscriptions know dialogs of their own (RFC 6665 §4.4.1)
    if (this.context.events.knows(request)) return false;
    this.transactions.respondStateless(inbound, this.context.userAgent.response(request, 481));
    return true;
  }

  private receiveRequest(transaction: ServerTransaction): void {
    const { request, method } = transaction;
    if (this.adopt !== undefined) return this.adopt(transaction);
    const hasTag = request.toTag !== undefined;
    const dialog = hasTag ? this.foundOr(request) : undefined;
    if (dialog !== undefined) return dialog.receive(transaction);
    if (hasTag && this.context.events.receive(transaction)) return;
    if (this.foreign?.take(transaction) === true) return;
    if (hasTag) refuse(this.context, transaction, 481);
    else if (ONLY_IN_DIALOGS.includes(method)) refuse(this.context, transaction, 481);
    else if (refuseUnknownOptions(this.context, transaction)) return;
    else if (method === 'INVITE') this.receiveInvite(transaction);
    else if (method === 'SUBSCRIBE' && this.context.events.receiveOutside(transaction)) return;
    else if (method === 'REFER' && this.user.onRefer !== undefined) this.receiveRefer(transaction);
    else this.user.onRequest(transaction);
  }

  private receiveAck(ack: SipRequest, inbound: Inbound): void {
    const dialog = this.dialogOf(ack);
    if (dialog === undefined) this.foreign?.takeAck(ack, inbound);
    else dialog.receiveAck(ack);
  }

  private receiveRefer(transaction: ServerTransaction): void {
    const refer = takeRefer(this.context, transaction);
    if (refer !== undefined) this.user.onRefer?.(refer);
  }

  private receiveInvite(transaction: ServerTransaction): void {
    const { context } = this;
    if (this.isFull) return refuse(context, transaction, 503, [['Retry-After', '10']]);
    if (refuseUnreliable(context, transaction)) return;
    if (refuseShortInterval(context, transaction)) return;
    const match = matchDialog(transaction.request, (id) => context.dialogs.get(dialogKey(id)));
    if (match.kind === 'refused') return refuse(context, transaction, match.status);
    this.user.onInvite(new InviteRequest(context, transaction, match));
  }

  /**
   * A 2xx to an INVITE of the process before us is acknowledged. Any other comes after timer M: its
   * sender gives up and ends the dialog by itself.
   */
  private receiveStray({ status, cseq, callId, from, to }: SipResponse): void {
    if (cseq.method !== 'INVITE' || status < 200 || status > 299) return;
    const id = { callId, localTag: from.tag ?? '', remoteTag: to.tag ?? '' };
    const acks = this.context.dialogs.get(dialogKey(id))?.usage.lastAcks ?? [];
    for (const ack of acks) ack.receiveStray(cseq.number);
  }

  private get isFull(): boolean {
    const { dialogs, live, limits } = this.context;
    return dialogs.size + live.inviteServers.size + live.inviteClients.size >= limits.dialogs;
  }

  /**
   * Whether there is a dialog for this request, or may be one before a copy of it comes: that which
   * the 2xx of an INVITE of ours makes is not there yet where the request overtook the 2xx.
   */
  private mayBelong(request: SipRequest): boolean {
    const dialog = this.dialogOf(request);
    if (dialog !== undefined) {
      this.found = { request, dialog };
      return true;
    }
    const half = halfDialogKey(request.callId, request.toTag ?? '');
    return this.context.live.halfDialogs.has(half);
  }

  private foundOr(request: SipRequest): DialogShell | undefined {
    const { found } = this;
    this.found = undefined;
    return found?.request === request ? found.dialog : this.dialogOf(request);
  }

  private dialogOf(request: SipRequest): DialogShell | undefined {
    const localTag = request.toTag ?? '';
    const remoteTag = request.fromTag ?? '';
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
  const events = eventOptions(options.events);
  const context: LayerContext = {
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
      allow: options.allow ?? [...DEFAULT_ALLOW, ...eventMethods(options)],
      supported: [...new Set(supported)],
      eventPackages: events.packages,
      infoPackages: options.infoPackages ?? [],
      accept: options.accept,
    }),
    localParty: (clue) => options.localParty?.(clue),
    dialogs: new LiveDialogs(),
    onStep: options.onStep,
    onDialogChanged:
      options.user.onDialogChanged === undefined
        ? undefined
        : (dialog) => options.user.onDialogChanged?.(dialog),
    live: {
      inviteServers: new Set(),
      inviteClients: new Set(),
      halfDialogs: new Set(),
      requests: new Set(),
    },
    digest(credentials = options.credentials) {
      if (credentials === undefined) return undefined;
      const known = digests.get(credentials) ?? new DigestClient({ runtime, credentials });
      digests.set(credentials, known);
      return known;
    },
    get events() {
      return centre;
    },
  };
  const centre = new EventCentre(context, options.user, events);
  return context;
}

/** The methods that an owner of subscriptions takes, besides those of every dialog. */
function eventMethods({ events, user }: DialogLayerOptions): string[] {
  const methods = events === undefined && user.onRefer === undefined ? [] : ['NOTIFY'];
  if ((events?.packages ?? []).length > 0) methods.push('SUBSCRIBE');
  if (user.onRefer !== undefined) methods.push('REFER');
  return methods;
}
