import type { StrowgerError } from '@strowger/runtime';
import { SipRequest, type SipResponse, type Uri } from '@strowger/sip-message';
import type {
  ClientTransaction,
  ClientTransactionUser,
  CredentialSource,
  DigestClient,
  Hop,
} from '@strowger/transaction-core';
import type { CancelParts } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';
import { afterTooSmall } from './session-expires.ts';

/** Told how a request goes; the challenges that could be answered are not told. */
export interface ClientRequestUser {
  onResponse(response: SipResponse): void;
  onTimeout(): void;
  onTransportError(error: StrowgerError): void;
  /** Its last transaction is over; may come before or after the outcome. */
  onTerminated?(): void;
}

export interface ClientRequestOptions {
  readonly context: LayerContext;
  readonly target: Uri;
  readonly hops?: readonly Hop[] | undefined;
  /** Whether the target is looked up where the given hops fail: for a connection that is gone. */
  readonly fallback?: (() => boolean) | undefined;
  /** Whether it is sent again where a refusal asks for something; always where this is absent. */
  readonly isWanted?: () => boolean;
  /** Our Contact for a hop, where it depends on the one that the request takes in the end. */
  readonly contact?: ((hop: Hop) => string) | undefined;
  readonly credentials?: CredentialSource | undefined;
  /** Whether it goes over secure hops alone whatever its URI says. */
  readonly isSecure?: boolean;
  /** Where the CSeq number of a repeated request is from. */
  readonly numbers: { nextCSeq(): number };
  readonly user: ClientRequestUser;
}

/** A peer that challenges again and again is not answered for ever. */
const MOST_REPETITIONS = 6;

/** One request, sent again with credentials after 401 and 407, with a longer interval after 422. */
export class ClientRequest implements ClientTransactionUser {
  /** @internal Of several transactions the last one's end counts. Absent where nobody waits for it. */
  readonly onTerminated: ((transaction: ClientTransaction) => void) | undefined;
  private readonly options: ClientRequestOptions;
  private readonly digest: DigestClient | undefined;
  private hops: readonly Hop[] | undefined;
  private sent: SipRequest;
  private transaction: ClientTransaction | undefined;
  private repetitions = 0;
  private isCancelled = false;

  constructor(request: SipRequest, options: ClientRequestOptions) {
    this.options = options;
    this.hops = options.hops;
    const { user } = options;
    this.onTerminated =
      user.onTerminated === undefined
        ? undefined
        : (transaction) => {
            if (transaction === this.transaction) user.onTerminated?.();
          };
    this.digest = options.context.digest(options.credentials);
    this.sent = this.digest?.prepare(request) ?? request;
  }

  /** As it was last sent. */
  get request(): SipRequest {
    return this.sent;
  }

  /** Whether it may be sent again: nobody has taken it back, and what it was for is not over. */
  get isWanted(): boolean {
    return !this.isCancelled && this.options.isWanted?.() !== false;
  }

  /** The hop that it was last sent over. */
  get hop(): Hop | undefined {
    return this.transaction?.hop;
  }

  /** It will not be sent again: what is still read of it are these fields. */
  keepOnly(names: readonly string[]): void {
    const { method, uri, headers } = this.sent;
    this.sent = new SipRequest({ method, uri, headers: headers.only(names) });
  }

  send(): void {
    const { context, target, contact, isSecure } = this.options;
    const { sent, hops } = this;
    const onHop =
      contact === undefined
        ? undefined
        : (hop: Hop): void => void this.sent.headers.set('Contact', contact(hop));
    this.transaction = context.transactions.request(sent, this, { target, isSecure, hops, onHop });
  }

  cancel({ headers }: CancelParts): void {
    this.isCancelled = true;
    this.transaction?.cancel(headers === undefined ? {} : { headers });
  }

  terminate(): void {
    this.transaction?.terminate();
  }

  /** @internal */
  onTimeout(): void {
    this.options.user.onTimeout();
  }

  /** @internal */
  onResponse(response: SipResponse): void {
    const again = this.improve(response);
    if (response.status >= 200 && response.status < 300) this.judgeServer(response);
    if (again === undefined) {
      this.options.user.onResponse(response);
      return;
    }
    this.sent = again;
    // the server that challenged knows its nonce; those before it did not answer
    const { hop } = this;
    if (hop !== undefined && this.hops !== undefined) {
      this.hops = [hop, ...this.hops.filter((other) => other !== hop)];
    }
    this.send();
  }

  /** A server that claims to know our password and does not is no reason to drop the call. */
  private judgeServer(response: SipResponse): void {
    if (this.digest?.accept(this.sent, response) !== 'forged') return;
    const { callId, method } = this.sent;
    const { logger } = this.options.context.runtime;
    logger.warn({ callId, method }, 'the server does not know the password that it claims to know');
  }

  /** The request once more, with what the refusal asks for (RFC 3261 §22, RFC 4028 §7.3). */
  private improve(response: SipResponse): SipRequest | undefined {
    const { status } = response;
    if (status !== 401 && status !== 407 && status !== 422) return undefined;
    if (!this.isWanted || this.repetitions >= MOST_REPETITIONS) return undefined;
    this.repetitions++;
    const again =
      status === 422
        ? this.prepared(afterTooSmall(this.sent, response))
        : this.digest?.authorize(this.sent, response);
    again?.headers.set('CSeq', `${this.options.numbers.nextCSeq()} ${again.method}`);
    return again;
  }

  /** With credentials that count on: those of the refused request were used (RFC 7616 §3.4). */
  private prepared(request: SipRequest | undefined): SipRequest | undefined {
    return request === undefined ? undefined : (this.digest?.prepare(request) ?? request);
  }

  /** @internal */
  onTransportError(error: StrowgerError): void {
    if (this.hops === undefined || this.isCancelled || this.options.fallback?.() !== true) {
      this.options.user.onTransportError(error);
      return;
    }
    this.hops = undefined;
    this.send();
  }
}
