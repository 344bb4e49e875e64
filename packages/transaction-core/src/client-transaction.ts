import { StrowgerError } from '@strowger/runtime';
import { createResponse, type SipRequest, type SipResponse, type Uri } from '@strowger/sip-message';
import { cancelFor } from './ack.ts';
import { type AttemptOwner, ClientAttempt } from './client-attempt.ts';
import type { ClientLingerTimer, ClientRemains, LingeringClient } from './lingering-client.ts';
import { MAGIC_COOKIE } from './matching.ts';
import type { Hop } from './message-sender.ts';
import type { CancelOptions } from './outputs.ts';
import { locateHops, permittedHops, withVia } from './next-hop.ts';
import { noteTimeout } from './trouble.ts';
import type { Told, TransactionSurroundings } from './transaction-shell.ts';

/** What the owner of a client transaction has to hear. */
export interface ClientTransactionUser {
  /**
   * Every provisional response, the final one, and for an INVITE each 2xx for 64*T1 after the first
   * (RFC 6026 §7.2). The ACK to a 2xx is the owner's.
   */
  onResponse(response: SipResponse, transaction: ClientTransaction): void;
  /** No final response: of all the hops none answered, or none did within 64*T1 of the CANCEL. */
  onTimeout(): void;
  /** No hop could be reached (or none was found: `NO_ROUTE`, none may be used: `INSECURE_HOP`). */
  onTransportError(error: StrowgerError): void;
  /** The transaction is over and forgotten; told once, last. */
  readonly onTerminated?: ((transaction: ClientTransaction) => void) | undefined;
}

/** Where a request goes. */
export interface RequestOptions {
  /** The next hop's URI; by default the topmost Route's, else the request URI (RFC 3261 §8.1.2). */
  readonly target?: Uri;
  /** The hops themselves, best first: nothing is located. */
  readonly hops?: readonly Hop[] | undefined;
  /**
   * Told before the request is copied for a hop: what depends on the hop, such as the Contact, can
   * still be changed in the request that was given.
   */
  readonly onHop?: ((hop: Hop) => void) | undefined;
  /** Whether it goes over secure hops alone whatever its URI says: `INSECURE_HOP` where there is none. */
  readonly isSecure?: boolean | undefined;
  /** Ends every branch: what a proxy knows its own requests by (RFC 5393 §4.2.2). A token. */
  readonly branchSuffix?: string;
}

/** What the layer does for its client transactions. */
export interface ClientTransactionOwner {
  /** Files an attempt so that responses find it. */
  add(attempt: ClientAttempt): void;
  /** Files in its place what is left of one that lingers, until this timer. */
  linger(remains: ClientRemains, timer: ClientLingerTimer, ms: number): LingeringClient;
  remove(key: string): void;
  /** Files a transaction that has sent nothing yet. */
  addWaiting(transaction: ClientTransaction): void;
  removeWaiting(transaction: ClientTransaction): void;
  /** Calls back soon, unless the layer is closed. */
  soon(act: () => void): void;
}

/**
 * A request of ours and its responses (RFC 3261 §17.1), over as many hops as it takes: each further
 * hop is a transaction of its own with a new branch (RFC 3263 §4.3), the owner sees one. Made by
 * the `TransactionLayer`.
 */
export class ClientTransaction implements AttemptOwner {
  private readonly around: TransactionSurroundings;
  private readonly owner: ClientTransactionOwner;
  private user: ClientTransactionUser;
  /** Until its final response was told: what lingers holds no message. */
  private given: SipRequest | undefined;
  private sent: SipRequest | undefined;
  /** Those that may be tried, and which is next. */
  private hops: readonly Hop[] = NO_HOPS;
  private nextHop = 0;
  private onHop: RequestOptions['onHop'];
  private branchSuffix = '';
  private attempt: ClientAttempt | LingeringClient | undefined;
  private attempts = 0;
  private isWaiting = false;
  /** The hop whose health was told of. */
  private told: Hop | undefined;
  /** `settled`: the owner had a final response; `abandoned`: no further hop is tried. */
  private progress: 'open' | 'abandoned' | 'settled' = 'open';

  /** @internal */
  constructor(
    request: SipRequest,
    user: ClientTransactionUser,
    { around, owner }: { around: TransactionSurroundings; owner: ClientTransactionOwner },
  ) {
    this.given = request;
    this.user = user;
    this.around = around;
    this.owner = owner;
  }

  /**
   * The request as it was sent last, our Via included; before that as it was given; `undefined` once
   * its final response was told.
   */
  get request(): SipRequest | undefined {
    return this.sent ?? this.given;
  }

  /** The hop that was tried last; `undefined` before the first. */
  get hop(): Hop | undefined {
    return this.attempt?.hop;
  }

  /**
   * Cancels an INVITE: at once after a provisional response, else when one comes (RFC 3261 §9.1).
   * The final response still comes to `onResponse`, a 200 if that won the race; where nothing was
   * sent yet it is a 487 of our own. Without effect after a final response.
   */
  cancel(options: CancelOptions = {}): void {
    const { given } = this;
    if (given?.method !== 'INVITE' || this.progress !== 'open') return;
    this.progress = 'abandoned';
    if (this.attempt !== undefined) {
      this.attempt.input({ type: 'cancel', options });
      return;
    }
    this.progress = 'settled';
    this.wait(false);
    const cancelled = createResponse(given, 487);
    this.owner.soon(() => {
      this.user.onResponse(cancelled, this);
      this.user.onTerminated?.(this);
    });
  }

  /** Forgets the transaction without a word on the wire; nothing but `onTerminated` is told. */
  terminate(): void {
    this.progress = 'settled';
    this.wait(false);
    if (this.attempt !== undefined) this.attempt.input({ type: 'terminate' });
    else this.owner.soon(() => this.user.onTerminated?.(this));
  }

  /** @internal The layer is closed: what is still looked up is not sent any more. */
  close(): void {
    this.progress = 'settled';
  }

  /** @internal */
  start({ hops, target, onHop, isSecure, branchSuffix = '' }: RequestOptions): void {
    this.onHop = onHop;
    this.branchSuffix = branchSuffix;
    const { given } = this;
    if (given === undefined) return; // never before a final response
    const located = hops ?? locateHops(this.around.sender, given, target);
    if (!(located instanceof Promise)) return this.tryHops(located, isSecure);
    this.wait(true);
    located.then(
      (found) => this.tryHops(found, isSecure),
      (error: unknown) => this.fail(noRoute(error)),
    );
  }

  private tryHops(hops: readonly Hop[], isSecure: boolean | undefined): void {
    const { given } = this;
    if (this.progress !== 'open' || given === undefined) return;
    try {
      this.hops = permittedHops(given, hops, isSecure);
    } catch (error) {
      return this.fail(noRoute(error));
    }
    this.tryNext();
  }

  private tryNext(): void {
    const { given } = this;
    const hop = this.hops[this.nextHop];
    if (hop === undefined || given === undefined) return this.fail(noRoute());
    this.nextHop++;
    this.onHop?.(hop);
    const branch = MAGIC_COOKIE + this.around.runtime.random.token() + this.branchSuffix;
    const request = withVia(given, hop, { branch, sentBy: this.around.sender.sentBy(hop) });
    this.sent = request;
    if (this.nextHop === this.hops.length) this.given = request; // one copy less while we linger
    const attempt = this.send(request, hop);
    this.attempt = attempt;
    this.wait(false);
    attempt.input({ type: 'start' });
  }

  private fail(error: StrowgerError): void {
    if (this.progress === 'settled') return;
    this.progress = 'settled';
    this.wait(true);
    this.owner.soon(() => {
      this.wait(false);
      this.user.onTransportError(error);
      this.user.onTerminated?.(this);
    });
  }

  /** It is filed while nothing of it is: nearly all are sent at once. */
  private wait(isWaiting: boolean): void {
    if (isWaiting === this.isWaiting) return;
    this.isWaiting = isWaiting;
    if (isWaiting) this.owner.addWaiting(this);
    else this.owner.removeWaiting(this);
  }

  private send(request: SipRequest, hop: Hop): ClientAttempt {
    const attempt = new ClientAttempt(request, hop, { around: this.around, owner: this });
    this.attempts++;
    this.owner.add(attempt);
    return attempt;
  }

  /** @internal */
  linger(attempt: ClientAttempt, timer: ClientLingerTimer, ms: number): LingeringClient {
    const rest = this.owner.linger(attempt.remains(this), timer, ms);
    if (this.attempt === attempt) this.attempt = rest;
    return rest;
  }

  /** @internal */
  tell(output: Told, attempt: ClientAttempt | LingeringClient): void {
    if (output.type === 'release') return this.released(attempt.key);
    // what lingers has neither a CANCEL to send nor a time to run out
    if (attempt instanceof ClientAttempt) {
      if (output.type === 'sendCancel') return this.sendCancel(attempt, output.options);
      if (output.type === 'tellTimeout') this.noteTimeout(attempt, output.heard);
    }
    // an attempt that was given up for the next hop only absorbs what still comes
    if (attempt !== this.attempt) return;
    switch (output.type) {
      case 'tellResponse':
        return this.receive(output.response, attempt);
      case 'tellTimeout':
        if (!output.heard) this.around.sender.report?.(attempt.hop, 'failed');
        // RFC 3263 §4.3: a hop that never answered has failed, one that did has not
        if (!output.heard && this.mayTryNext()) return this.tryNext();
        return this.settle(() => this.user.onTimeout());
      case 'tellTransportError':
        if (this.mayTryNext()) return this.tryNext();
        return this.settle(() => this.user.onTransportError(output.error));
    }
  }

  private noteTimeout({ request, hop }: ClientAttempt, heard: boolean): void {
    const missing = heard ? 'finalResponse' : 'response';
    noteTimeout(this.around, { missing, request, hop });
  }

  private receive(response: SipResponse, { hop }: { readonly hop: Hop }): void {
    this.report(response, hop);
    if (response.status === 503 && this.mayTryNext()) return this.tryNext();
    const { given, user } = this;
    if (response.status < 200) return user.onResponse(response, this);
    this.progress = 'settled';
    user.onResponse(response, this);
    // more 2xx may come of an INVITE; of all others nobody hears any more, who need not live on for that
    const isOnly = given !== undefined && given.method !== 'INVITE';
    if (isOnly && user.onTerminated === undefined) this.user = NOBODY;
    this.given = undefined;
    this.sent = undefined;
    this.onHop = undefined;
    this.hops = NO_HOPS;
  }

  /** The first answer says how the target is; only a 503 says something else later. */
  private report(response: SipResponse, hop: Hop): void {
    const { sender } = this.around;
    if (response.status === 503) {
      const seconds = response.headers.get('retry-after')?.seconds;
      sender.report?.(hop, 'unavailable', seconds === undefined ? undefined : seconds * 1000);
    } else if (this.told !== hop) sender.report?.(hop, 'ok');
    this.told = hop;
  }

  private mayTryNext(): boolean {
    return this.progress === 'open' && this.nextHop < this.hops.length;
  }

  /** An ACK that could not be sent is no second outcome: the owner has its final response. */
  private settle(told: () => void): void {
    if (this.progress === 'settled') return;
    this.progress = 'settled';
    told();
  }

  private released(key: string): void {
    this.owner.remove(key);
    this.attempts--;
    if (this.attempts > 0 || this.user.onTerminated === undefined) return;
    this.owner.soon(() => {
      if (this.attempts === 0) this.user.onTerminated?.(this);
    });
  }

  private sendCancel({ request, hop }: ClientAttempt, { headers }: CancelOptions): void {
    const { around, owner } = this;
    const cancel = cancelFor(request, headers);
    const transaction = new ClientTransaction(cancel, NOBODY, { around, owner });
    transaction.send(cancel, hop).input({ type: 'start' });
  }
}

const NO_HOPS: readonly Hop[] = [];
const NOBODY: ClientTransactionUser = { onResponse() {}, onTimeout() {}, onTransportError() {} };

function noRoute(cause?: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause)) return cause;
  return new StrowgerError('NO_ROUTE', 'no hop left to try', { cause });
}
