import { Buffer } from 'node:buffer';
import type { WireEvent } from './simulation-network.ts';

/** What an invariant needs to know of a message, read once for all of them. */
export interface WireSight {
  readonly type: 'sent' | 'arrived';
  readonly at: number;
  readonly host: string;
  readonly kind: 'request' | 'response';
  /** The request's method, or that of the request which is answered. */
  readonly method: string;
  /** 0 for a request. */
  readonly status: number;
  readonly callId: string;
  readonly fromTag: string;
  /** Empty where there is none. */
  readonly toTag: string;
  readonly cseq: number;
  /** Branch and sent-by of the topmost Via: names the transaction. */
  readonly transaction: string;
  readonly route: string;
  readonly hasBody: boolean;
  readonly hasChallenge: boolean;
  /** Whether the transport loses nothing. */
  readonly isReliable: boolean;
  /** The address and port that it goes to, or came from. */
  readonly peer: string;
  readonly bytes: Uint8Array;
}

/** What the user of a layer was told, or did. */
export interface Told {
  readonly type: 'told';
  readonly at: number;
  readonly host: string;
  readonly callId: string;
  /**
   * `asked` and `outcome` belong together by `key`; `ended` is a dialog's or a session's end, its kind in `detail`;
   * `negotiated` gives the pair of session descriptions in `detail`; `heard` is any other callback;
   * `gone`: the host lost its memory, or its layer was closed; `saved`: another process can go on
   * with this dialog from now on.
   */
  readonly what: 'asked' | 'outcome' | 'ended' | 'negotiated' | 'heard' | 'gone' | 'saved';
  /** What it is about: `call-7 INVITE`, `call-7 dialog abc`. */
  readonly key: string;
  readonly detail: string;
}

/** Everything that an invariant may look at, in its order. */
export type Observation = WireSight | Told;

/** Reads a message for the invariants. */
export function sightOf(event: WireEvent): WireSight {
  const { message, hop } = event;
  const { cseq } = message;
  const isRequest = message.kind === 'request';
  const { method } = cseq;
  return {
    type: event.type,
    at: event.at,
    host: event.host,
    kind: message.kind,
    // of a message that was tampered with CSeq may have another, by which its answer is known
    method: isRequest ? message.method : method,
    status: isRequest ? 0 : message.status,
    callId: message.callId,
    fromTag: message.fromTag ?? '',
    toTag: message.toTag ?? '',
    cseq: cseq.number,
    transaction: `${message.branch ?? ''}|${message.sentBy}|${method}`,
    route: isRequest && message.headers.has('Route') ? message.headers.raw('Route').join(', ') : '',
    hasBody: message.body.length > 0,
    hasChallenge: !isRequest && (message.status === 401 || message.status === 407),
    isReliable: hop.transport !== 'udp',
    peer: `${hop.address}:${hop.port}`,
    bytes: event.bytes,
  };
}

/** Whether two messages are the same to the byte. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
