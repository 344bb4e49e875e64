import { Buffer } from 'node:buffer';
import { isToken } from './characters.ts';
import type { CSeq } from './cseq.ts';
import { type HeaderInput, Headers } from './headers.ts';
import type { NameAddr } from './name-addr.ts';
import { decodeOctets } from './octets.ts';
import { refuseInjection } from './params.ts';
import { reasonPhrase } from './reason-phrase.ts';
import { SipMessageError } from './refusal.ts';
import type { Uri } from './uri.ts';
import { Via } from './via.ts';

/** A request or a response, told apart by `kind`. */
export type SipMessage = SipRequest | SipResponse;

const NO_BODY = new Uint8Array(0);

/** What requests and responses have in common. */
abstract class Message {
  readonly headers: Headers;
  /** The bytes behind the blank line; for a parsed message a view of the packet. */
  body: Uint8Array;

  protected constructor(headers: Headers, body: string | Uint8Array = NO_BODY) {
    this.headers = headers;
    this.body = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  }

  /** The topmost Via. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get via(): Via {
    const via = this.headers.readTopVia();
    return present(via instanceof Via ? via : undefined, 'Via');
  }

  /** From. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get from(): NameAddr {
    return present(this.headers.get('from'), 'From');
  }

  /** To. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get to(): NameAddr {
    return present(this.headers.get('to'), 'To');
  }

  /** Call-ID. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get callId(): string {
    return present(this.headers.get('call-id'), 'Call-ID');
  }

  /** CSeq. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get cseq(): CSeq {
    return present(this.headers.get('cseq'), 'CSeq');
  }

  /** The body as UTF-8. */
  text(): string {
    return decodeOctets(this.body);
  }
}

/** What a `SipRequest` is made of. */
export interface SipRequestInit {
  readonly method: string;
  readonly uri: Uri;
  readonly headers?: Iterable<readonly [string, HeaderInput]>;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array;
}

/** A SIP request (RFC 3261 §7.1). */
export class SipRequest extends Message {
  readonly kind = 'request';
  method: string;
  uri: Uri;

  /**
   * Throws `BAD_VALUE` for a method that is no token, and what `Headers` throws. The parser gives
   * the headers that it located as `located`.
   */
  constructor(init: SipRequestInit, located?: Headers) {
    super(located ?? headersOf(init.headers), init.body);
    if (located === undefined && !isToken(init.method)) {
      throw new SipMessageError('BAD_VALUE', 'a method is no token');
    }
    this.method = init.method;
    this.uri = init.uri;
  }

  /** A copy that can be changed without changing this one; both share the body's bytes. */
  clone(): SipRequest {
    return new SipRequest(this);
  }
}

/** What a `SipResponse` is made of. */
export interface SipResponseInit {
  /** 100 to 699. */
  readonly status: number;
  /** By default the registered phrase of the status. */
  readonly reason?: string | undefined;
  readonly headers?: Iterable<readonly [string, HeaderInput]>;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array;
}

/** A SIP response (RFC 3261 §7.2). */
export class SipResponse extends Message {
  readonly kind = 'response';
  status: number;
  reason: string;

  /**
   * Throws `BAD_VALUE` for a status beyond 100 to 699, and what `Headers` throws. The parser gives
   * the headers that it located as `located`.
   */
  constructor(init: SipResponseInit, located?: Headers) {
    super(located ?? headersOf(init.headers), init.body);
    if (!(Number.isInteger(init.status) && init.status >= 100 && init.status <= 699)) {
      throw new SipMessageError('BAD_VALUE', 'a status is not within 100 to 699');
    }
    this.status = init.status;
    this.reason = init.reason ?? reasonPhrase(init.status);
    if (located === undefined) refuseInjection(this.reason);
  }

  /** A copy that can be changed without changing this one; both share the body's bytes. */
  clone(): SipResponse {
    return new SipResponse(this);
  }
}

function headersOf(headers: Iterable<readonly [string, HeaderInput]> | undefined): Headers {
  return headers instanceof Headers ? headers.clone() : new Headers(headers);
}

function present<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new SipMessageError('MISSING_HEADER', `the message has no well-formed ${name}`);
}
