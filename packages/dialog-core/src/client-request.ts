import type { StrowgerError } from '@strowger/runtime';
import type { SipRequest, SipResponse, Uri } from '@strowger/sip-message';
import type {
  ClientTransaction,
  CredentialSource,
  DigestClient,
  Hop,
} from '@strowger/transaction-core';
import type { CancelParts } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';

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
  readonly fallback?: () => boolean;
  readonly credentials?: CredentialSource | undefined;
  /** The CSeq number of a repeated request. */
  nextCSeq(): number;
  readonly user: ClientRequestUser;
}

/** A peer that challenges again and again is not answered for ever. */
const MOST_CHALLENGES = 4;

/** One request, sent again with credentials after 401 and 407 (RFC 3261 §22). */
export class ClientRequest {
  private readonly options: ClientRequestOptions;
  private readonly digest: DigestClient | undefined;
  private hops: readonly Hop[] | undefined;
  private sent: SipRequest;
  private transaction: ClientTransaction | undefined;
  private challenges = 0;
  private isCancelled = false;

  constructor(request: SipRequest, options: ClientRequestOptions) {
    this.options = options;
    this.hops = options.hops;
    this.digest = options.context.digest(options.credentials);
    this.sent = this.digest?.prepare(request) ?? request;
  }

  /** As it was last sent. */
  get request(): SipRequest {
    return this.sent;
  }

  /** The hop that it was last sent over. */
  get hop(): Hop | undefined {
    return this.transaction?.hop;
  }

  send(): void {
    const { context, target, user } = this.options;
    const attempt = {};
    this.attempt = attempt;
    this.transaction = context.transactions.request(
      this.sent,
      {
        onResponse: (response) => this.receive(response),
        onTimeout: () => user.onTimeout(),
        onTransportError: (error) => this.failOver(error),
        onTerminated: () => {
          if (this.attempt === attempt) user.onTerminated?.();
        },
      },
      this.hops === undefined ? { target } : { target, hops: this.hops },
    );
  }

  cancel({ headers }: CancelParts): void {
    this.isCancelled = true;
    this.transaction?.cancel(headers === undefined ? {} : { headers });
  }

  terminate(): void {
    this.transaction?.terminate();
  }

  private attempt: object | undefined;

  private receive(response: SipResponse): void {
    if (response.status !== 401 && response.status !== 407) {
      this.options.user.onResponse(response);
      return;
    }
    const authorized = this.authorize(response);
    if (authorized === undefined) {
      this.options.user.onResponse(response);
      return;
    }
    this.sent = authorized;
    this.send();
  }

  private authorize(response: SipResponse): SipRequest | undefined {
    if (this.isCancelled || this.challenges >= MOST_CHALLENGES) return undefined;
    this.challenges++;
    const authorized = this.digest?.authorize(this.sent, response);
    if (authorized === undefined) return undefined;
    const { method } = authorized;
    authorized.headers.set('CSeq', `${this.options.nextCSeq()} ${method}`);
    return authorized;
  }

  private failOver(error: StrowgerError): void {
    if (this.hops === undefined || this.isCancelled || this.options.fallback?.() !== true) {
      this.options.user.onTransportError(error);
      return;
    }
    this.hops = undefined;
    this.send();
  }
}
