import { createHash } from 'node:crypto';
import type { Clock, Random } from '@strowger/runtime';
import {
  ATTRIBUTES,
  isSignedWith,
  readErrorCode,
  readUtf8,
  type StunMessage,
  utf8,
  writeStun,
} from '../stun/index.ts';
import { StunTransactions } from '../stun/stun-transactions.ts';

/** A server and who we are to it. */
export interface TurnCredentials {
  readonly username: string;
  readonly password: string;
}

type Attributes = readonly (readonly [type: number, value: Uint8Array])[];

/** What an answer says; `refused` with 0: none came, or none that the server has signed. */
export type TurnAnswer =
  | { readonly type: 'granted'; readonly message: StunMessage }
  | { readonly type: 'refused'; readonly code: number };

interface TurnRequest {
  readonly method: number;
  readonly attributes: Attributes;
  hidden(transaction: Uint8Array): Attributes;
  onAnswer(answer: TurnAnswer): void;
  readonly nonces: number;
}

/** A nonce that is stale is replaced so often within one request. */
const MOST_NONCES = 3;

/** Requests with long-term credentials (RFC 8489 §9.2). */
export class TurnRequests {
  private readonly credentials: TurnCredentials;
  private readonly transactions: StunTransactions;
  private realm = '';
  private nonce = '';
  private key: Uint8Array | undefined;

  constructor(options: {
    readonly credentials: TurnCredentials;
    readonly clock: Clock;
    readonly random: Random;
    send(packet: Uint8Array): void;
  }) {
    this.credentials = options.credentials;
    this.transactions = new StunTransactions(options);
  }

  /**
   * Asks, again with what the server's challenge wants; `onAnswer` is told once. `hidden` gives the
   * attributes that depend on the transaction.
   */
  ask(
    method: number,
    attributes: Attributes,
    onAnswer: (answer: TurnAnswer) => void,
    hidden: (transaction: Uint8Array) => Attributes = () => [],
  ): void {
    this.send({ method, attributes, hidden, onAnswer, nonces: 0 });
  }

  take(message: StunMessage): boolean {
    return this.transactions.take(message);
  }

  close(): void {
    this.transactions.close();
  }

  private send(request: TurnRequest): void {
    const { method, attributes, hidden } = request;
    const { key, realm, nonce, credentials } = this;
    const who: Attributes = key
      ? [
          [ATTRIBUTES.username, utf8(credentials.username)],
          [ATTRIBUTES.realm, utf8(realm)],
          [ATTRIBUTES.nonce, utf8(nonce)],
        ]
      : [];
    this.transactions.start(
      (transaction) => {
        const all = [...attributes, ...hidden(transaction), ...who];
        return writeStun({ kind: 'request', method, transaction, attributes: all, key });
      },
      (message) => this.answered(message, request, key),
    );
  }

  private answered(
    message: StunMessage | undefined,
    request: TurnRequest,
    key: Uint8Array | undefined,
  ): void {
    const { onAnswer, nonces } = request;
    if (message === undefined) return onAnswer({ type: 'refused', code: 0 });
    if (message.kind === 'success') {
      // without its signature anybody could have granted it (RFC 8489 §9.2.5)
      const isGenuine = key !== undefined && isSignedWith(message, key);
      return onAnswer(isGenuine ? { type: 'granted', message } : { type: 'refused', code: 0 });
    }
    const code = readErrorCode(message.attributes.get(ATTRIBUTES.errorCode)) ?? 0;
    const isChallenge = code === 438 || (code === 401 && key === undefined);
    if (!isChallenge || nonces >= MOST_NONCES || !this.learn(message)) {
      return onAnswer({ type: 'refused', code });
    }
    this.send({ ...request, nonces: nonces + 1 });
  }

  private learn({ attributes }: StunMessage): boolean {
    const nonce = readUtf8(attributes.get(ATTRIBUTES.nonce));
    const realm = readUtf8(attributes.get(ATTRIBUTES.realm)) ?? this.realm;
    if (nonce === undefined || nonce.length > 763 || realm === '') return false;
    const { username, password } = this.credentials;
    this.nonce = nonce;
    this.realm = realm;
    // MD5 is what the protocol says here (RFC 8489 §9.2.2)
    this.key = createHash('md5').update(`${username}:${realm}:${password}`).digest();
    return true;
  }
}
