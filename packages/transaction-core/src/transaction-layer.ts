import { type Runtime, StrowgerError } from '@strowger/runtime';
import {
  createResponse,
  type SipRequest,
  type SipResponse,
  statelessTag,
  validateMessage,
} from '@strowger/sip-message';
import { AckSender } from './ack-sender.ts';
import type { ClientAttempt } from './client-attempt.ts';
import {
  ClientTransaction,
  type ClientTransactionOwner,
  type ClientTransactionUser,
  type RequestOptions,
} from './client-transaction.ts';
import { Lingering, type LingeringServer } from './lingering.ts';
import { type LingeringClient, LingeringClients } from './lingering-client.ts';
import {
  cancelled,
  clientKey,
  hasForeignVia,
  identityOf,
  isCancellable,
  serverKey,
} from './matching.ts';
import type { Inbound, MessageSender } from './message-sender.ts';
import { ServerPlace } from './server-place.ts';
import { ServerPlaces } from './server-places.ts';
import { ServerTransaction, type ServerTransactionOwner } from './server-transaction.ts';
import { Soon } from './soon.ts';
import { type TimerSettings, timerSettings } from './timer-settings.ts';
import { note, type TransactionTrouble } from './trouble.ts';
import type {
  TransactionCounters,
  TransactionStep,
  TransactionSurroundings,
} from './transaction-shell.ts';

/** What the layer above has to hear: there is one such owner. */
export interface TransactionUser {
  /** Every new request but ACK and CANCEL. Answer with `transaction.respond`, now or later. */
  onRequest(transaction: ServerTransaction): void;
  /**
   * A new request but ACK and CANCEL, before anything is kept of it. True where the user answers it
   * with `respondStateless`, now or later, or not at all; it has to decide alike about every copy
   * (RFC 3261 §8.2.7). Without this method every request gets a transaction.
   */
  takesStateless?(request: SipRequest, inbound: Inbound): boolean;
  /** An ACK that ends no transaction of ours: the ACK to a 2xx, and each copy of it. */
  onAck(ack: SipRequest, inbound: Inbound): void;
  /** A response that belongs to no transaction (any more). */
  onStrayResponse(response: SipResponse, inbound: Inbound): void;
}

/** What a `TransactionLayer` is made of. */
export interface TransactionLayerOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'logger'>;
  readonly sender: MessageSender;
  readonly user: TransactionUser;
  readonly timers?: Partial<TimerSettings>;
  /**
   * Live transactions at most, client and server together, those that linger behind their final
   * response not counted; 100 000 by default. A request beyond that gets 503.
   */
  readonly maxTransactions?: number;
  /**
   * Server transactions at most that linger for copies of what they have answered; 250 000 by
   * default, some hundred bytes each: 32 s of 3,900 calls/s. Beyond that the oldest ends early.
   */
  readonly maxLingering?: number;
  /**
   * What to do with a second copy of a request over another path: a user agent answers 482 (RFC 3261
   * §8.2.2.2, the default), a proxy passes it on.
   */
  readonly mergedRequests?: 'refuse' | 'pass';
  /** Told of every step of every transaction: for logs, ladders and the coverage of tests. */
  readonly onStep?: (step: TransactionStep) => void;
  /** Told of retransmissions and time-outs as they happen; `counters` has their numbers. */
  readonly onTrouble?: ((trouble: TransactionTrouble) => void) | undefined;
}

/**
 * All transactions of one element (RFC 3261 §17): matches messages to them, makes new ones, keeps
 * a bound on them. Without IO: messages come in by `receive` and leave by the `MessageSender`.
 */
export class TransactionLayer {
  /** What happened since the layer was made. */
  readonly counters: Readonly<TransactionCounters>;
  private readonly around: TransactionSurroundings;
  private readonly user: TransactionUser;
  private readonly options: TransactionLayerOptions;
  private readonly acks: AckSender;
  private readonly clients = new Map<string, ClientAttempt | LingeringClient>();
  private readonly waiting = new Set<ClientTransaction>();
  private readonly servers = new ServerPlaces();
  private readonly lingering: Lingering;
  private readonly lingeringClients: LingeringClients;
  private readonly soon: Soon;
  private closed = false;

  constructor(options: TransactionLayerOptions) {
    const { runtime, sender, user, timers, onStep, onTrouble } = options;
    this.options = options;
    this.user = user;
    this.soon = new Soon(runtime.clock);
    const counters = newCounters();
    this.counters = counters;
    this.around = { runtime, sender, timers: timerSettings(timers), counters, onStep, onTrouble };
    this.acks = new AckSender(this.around);
    this.lingering = new Lingering({
      around: this.around,
      limit: options.maxLingering ?? 250_000,
      onAck: (ack, inbound) => this.user.onAck(ack, inbound),
      onReleased: (transaction) => this.forget(transaction),
      soon: (act) => this.soon.call(act),
    });
    this.lingeringClients = new LingeringClients(this.around, (act) => this.soon.call(act));
  }

  /** Takes what the transport heard. Never throws for what a peer sent. */
  receive(inbound: Inbound): void {
    if (this.closed) return;
    const { message } = inbound;
    if (message.kind === 'response') this.receiveResponse(message, inbound);
    else this.receiveRequest(message, inbound);
  }

  /**
   * Sends a request of any method but ACK and CANCEL in a client transaction of its own. The request
   * is copied; our Via is added. The user hears nothing before this has returned.
   *
   * @throws StrowgerError `CLOSED` after `close()`.
   */
  request(
    request: SipRequest,
    user: ClientTransactionUser,
    options: RequestOptions = {},
  ): ClientTransaction {
    if (this.closed) throw new StrowgerError('CLOSED', 'the transaction layer is closed');
    const { around } = this;
    const transaction = new ClientTransaction(request, user, { around, owner: this.clientOwner });
    if (this.isFull()) {
      const error = new StrowgerError('TOO_MANY_TRANSACTIONS', 'the limit is reached');
      this.soon.call(() => {
        user.onTransportError(error);
        user.onTerminated?.(transaction);
      });
    } else transaction.start(options);
    return transaction;
  }

  /**
   * Sends the ACK to a 2xx, outside any transaction (RFC 3261 §13.2.2.4). It is not copied: our Via is
   * put on top. Given the same object once more it leaves byte for byte as before, over the same hop,
   * as a retransmitted 2xx demands.
   */
  sendAck(ack: SipRequest, options: RequestOptions = {}): void {
    if (!this.closed) this.acks.send(ack, options);
  }

  /**
   * Sends a response without a transaction (RFC 3261 §8.2.7). One above 100 without a To tag is given
   * the same for every copy of the request.
   */
  respondStateless({ message, hop }: Inbound, response: SipResponse): void {
    if (this.closed) return;
    if (message.kind === 'request' && response.status > 100 && response.toTag === undefined) {
      response.headers.set('To', response.to.withTag(statelessTag(message)));
    }
    this.around.sender.send(response, hop, () => this.countError());
  }

  /** What lives at this moment: zeros when all is over. */
  counts(): { clientTransactions: number; serverTransactions: number } {
    return {
      clientTransactions: this.clients.size + this.waiting.size,
      serverTransactions: this.servers.size,
    };
  }

  /** Forgets every transaction and frees every timer; nobody is told. Idempotent. */
  close(): void {
    this.closed = true;
    for (const attempt of this.clients.values()) attempt.close();
    for (const transaction of this.waiting) transaction.close();
    for (const { holder } of this.servers.values()) holder?.close();
    this.soon.close();
    for (const live of [this.clients, this.waiting, this.servers]) live.clear();
  }

  private receiveResponse(response: SipResponse, inbound: Inbound): void {
    const attempt = this.clients.get(clientKey(response));
    if (attempt === undefined) return this.user.onStrayResponse(response, inbound);
    if (hasForeignVia(response, attempt)) {
      this.around.counters.responsesDropped++;
      return;
    }
    const { status } = response;
    const type = status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure';
    if (attempt.state === 'completed') note(this.around, 'absorbed', inbound);
    attempt.input({ type, response });
  }

  private receiveRequest(request: SipRequest, inbound: Inbound): void {
    const key = serverKey(request);
    const keyHash = this.servers.hashOf(key);
    const known = this.servers.find(key, keyHash)?.holder;
    if (request.method === 'ACK') {
      if (known?.receiveAck(request, inbound) === true) return;
      // an ACK outside any dialog acknowledges nothing, and an ACK is never answered
      if (request.toTag !== undefined) this.user.onAck(request, inbound);
      return;
    }
    if (known !== undefined) {
      note(this.around, 'absorbed', inbound);
      return known.receiveAgain();
    }
    const isCancel = request.method === 'CANCEL';
    const isNew = !isCancel && request.toTag === undefined;
    // asked for by copies of it, and by its CANCEL: within a dialog most requests have neither
    const identity = isNew || isCancellable(request.method) ? identityOf(request) : '';
    const isFirst = isNew && this.options.mergedRequests !== 'pass';
    const identityHash = isFirst ? this.servers.hashOf(identity) : 0;
    const place = new ServerPlace({ key, keyHash, identity, identityHash, isFirst });
    const refused = this.refuse(request, place);
    if (refused !== undefined) {
      this.around.counters.requestsRefused++;
      return this.respondStateless(inbound, refused);
    }
    if (isCancel) return this.receiveCancel(place, request, inbound);
    if (this.user.takesStateless?.(request, inbound) === true) return;
    this.open(place, request, inbound).start();
  }

  /** The answer to a request that the user shall not see, `undefined` for all others. */
  private refuse(request: SipRequest, place: ServerPlace): SipResponse | undefined {
    const refusal = validateMessage(request);
    if (refusal !== undefined) {
      const reason = refusal.message.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, 120);
      return createResponse(request, refusal.status, { reason, toTag: statelessTag(request) });
    }
    if (this.isFull()) {
      const headers: [string, string][] = [['Retry-After', '10']];
      return createResponse(request, 503, { headers, toTag: statelessTag(request) });
    }
    if (place.isFirst && this.hasCome(request, place)) {
      return createResponse(request, 482, { toTag: statelessTag(request) });
    }
    return undefined;
  }

  /**
   * Whether another copy of it is here, or it is a request of ours that came to ourselves, as its
   * target was our own address. A user agent answers 482 (RFC 3261 §8.2.2.2, §16.3 step 4), a proxy
   * knows spirals from loops itself.
   */
  private hasCome(request: SipRequest, { identity, identityHash }: ServerPlace): boolean {
    if (this.servers.hasFirst(identity, identityHash)) return true;
    return this.clients.size > 0 && this.clients.has(clientKey(request));
  }

  private open(place: ServerPlace, request: SipRequest, inbound: Inbound): ServerTransaction {
    const { around, serverOwner: owner } = this;
    const transaction = new ServerTransaction(request, inbound, { around, owner, place });
    place.holder = transaction;
    this.servers.add(place);
    return transaction;
  }

  private forget({ place, user }: ServerTransaction | LingeringServer): void {
    this.servers.remove(place);
    if (user.onTerminated !== undefined) this.soon.call(() => user.onTerminated?.());
  }

  /** RFC 3261 §9.2: 481 or 200 here, the INVITE's own answer by its owner. */
  private receiveCancel(place: ServerPlace, cancel: SipRequest, inbound: Inbound): void {
    const meant = this.findCancelled(cancel);
    if (meant === undefined) return this.respondStateless(inbound, createResponse(cancel, 481));
    const toTag = meant.localTag;
    const transaction = this.open(place, cancel, inbound);
    transaction.start();
    transaction.respond(createResponse(cancel, 200, toTag === undefined ? {} : { toTag }));
    meant.receiveCancel(cancel);
  }

  /** One for all: what belongs to a transaction is asked of it. */
  private readonly serverOwner: ServerTransactionOwner = {
    onRequest: (transaction) => {
      if (transaction.method !== 'CANCEL') this.user.onRequest(transaction);
    },
    onAck: (ack, inbound) => this.user.onAck(ack, inbound),
    onReleased: (transaction) => this.forget(transaction),
    linger: (remains, timer, ms) => {
      const rest = this.lingering.add(remains, timer, ms);
      remains.place.holder = rest;
      return rest;
    },
  };

  private findCancelled(cancel: SipRequest): ServerTransaction | LingeringServer | undefined {
    for (const { key, identity } of cancelled(cancel)) {
      const found = this.servers.find(key);
      if (found?.identity === identity) return found.holder;
    }
    return undefined;
  }

  /** One for all, as above. */
  private readonly clientOwner: ClientTransactionOwner = {
    add: (attempt) => this.clients.set(attempt.key, attempt),
    linger: (remains, timer, ms) => {
      const rest = this.lingeringClients.add(remains, timer, ms);
      this.clients.set(rest.key, rest);
      return rest;
    },
    remove: (key) => this.clients.delete(key),
    addWaiting: (transaction) => this.waiting.add(transaction),
    removeWaiting: (transaction) => this.waiting.delete(transaction),
    soon: (act) => this.soon.call(act),
  };

  private isFull(): boolean {
    const limit = this.options.maxTransactions ?? 100_000;
    const all = this.clients.size + this.waiting.size + this.servers.size;
    return all >= limit && all - this.lingering.size >= limit;
  }

  private countError(): void {
    this.around.counters.transportErrors++;
  }
}

function newCounters(): TransactionCounters {
  return {
    retransmissionsSent: 0,
    retransmissionsAbsorbed: 0,
    timeouts: 0,
    transportErrors: 0,
    requestsRefused: 0,
    responsesDropped: 0,
  };
}
