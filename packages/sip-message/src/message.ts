import { Buffer } from 'node:buffer';
import { isToken } from './characters.ts';
import type { CSeq } from './cseq.ts';
import { CALL_ID, FROM, TO, VIA } from './header-names.ts';
import type { HeaderInput } from './header-input.ts';
import { Headers } from './headers.ts';
import { formatHost } from './host-port.ts';
import { NameAddr } from './name-addr.ts';
import { decodeOctets } from './octets.ts';
import { refuseInjection } from './injection.ts';
import { plainParam } from './plain-octets.ts';
import { plainSentByText } from './plain-keys.ts';
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
  /** Undefined while it is that of the packet and nobody has asked for it. */
  protected content: Uint8Array | undefined;

  protected constructor(headers: Headers, body: Uint8Array | undefined) {
    this.headers = headers;
    this.content = body;
  }

  /** The bytes behind the blank line; for a parsed message a view of the packet. */
  get body(): Uint8Array {
    this.content ??= this.headers.received.body;
    return this.content;
  }

  set body(bytes: Uint8Array) {
    this.content = bytes;
  }

  /** The topmost Via. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get via(): Via {
    const via = this.headers.readTopVia();
    return present(via instanceof Via ? via : undefined, 'Via');
  }

  /** From. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get from(): NameAddr {
    const from = this.headers.read(FROM);
    return present(from instanceof NameAddr ? from : undefined, 'From');
  }

  /** To. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get to(): NameAddr {
    const to = this.headers.read(TO);
    return present(to instanceof NameAddr ? to : undefined, 'To');
  }

  /** Call-ID. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get callId(): string {
    const callId = this.headers.read(CALL_ID);
    return present(typeof callId === 'string' ? callId : undefined, 'Call-ID');
  }

  /** CSeq. Well-formed in every parsed message; throws `MISSING_HEADER` elsewhere. */
  get cseq(): CSeq {
    return present(this.headers.get('cseq'), 'CSeq');
  }

  /**
   * The branch of the topmost Via, the key of transactions (RFC 3261 §17.1.3): `via.branch` without
   * making a `Via`. Throws `MISSING_HEADER` where `via` does.
   */
  get branch(): string | undefined {
    const params = this.headers.plainParams(VIA);
    if (params < 0) return this.headers.knownKey(VIA) ?? this.via.branch;
    const { received } = this.headers;
    return received.branch < 0
      ? plainParam(received, params, 'branch')
      : received.met(received.branch);
  }

  /**
   * The sent-by of the topmost Via as text in lower case, `host` or `host:port`, an IPv6 address in
   * brackets: the other part of that key. Throws `MISSING_HEADER` where `via` does.
   */
  get sentBy(): string {
    const params = this.headers.plainParams(VIA);
    const text = params < 0 ? undefined : plainSentByText(this.headers.received.text, params);
    // a port that is written `05060` is the same as without
    if (text?.includes(':0') === false) return text;
    const { host, port } = this.via;
    return port === undefined ? formatHost(host) : `${formatHost(host)}:${port}`;
  }

  /** The tag of From, `from.tag` without making a `NameAddr`. Throws `MISSING_HEADER` where `from` does. */
  get fromTag(): string | undefined {
    const params = this.headers.plainParams(FROM);
    if (params < 0) {
      const known = this.headers.knownKey(FROM);
      return known === undefined ? this.from.tag : (known ?? undefined);
    }
    const { received } = this.headers;
    return received.fromTag < 0
      ? plainParam(received, params, 'tag')
      : received.met(received.fromTag);
  }

  /** The tag of To, `to.tag` without making a `NameAddr`. Throws `MISSING_HEADER` where `to` does. */
  get toTag(): string | undefined {
    const params = this.headers.plainParams(TO);
    if (params < 0) {
      const known = this.headers.knownKey(TO);
      return known === undefined ? this.to.tag : (known ?? undefined);
    }
    const { received } = this.headers;
    return received.toTag < 0 ? plainParam(received, params, 'tag') : received.met(received.toTag);
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
  readonly headers?: Iterable<readonly [string, HeaderInput]> | undefined;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array | undefined;
}

/** What a received request has of its own; the rest is that of the packet. */
interface ReceivedLine {
  readonly method: string;
  readonly uri: Uri | undefined;
  readonly headers?: undefined;
  readonly body?: Uint8Array | undefined;
}

/** A SIP request (RFC 3261 §7.1). */
export class SipRequest extends Message {
  readonly kind = 'request';
  method: string;
  /** Undefined while it is that of the packet and nobody has asked for it. */
  private target: Uri | undefined;

  /**
   * Throws `BAD_VALUE` for a method that is no token, and what `Headers` throws. Who has headers
   * for this message alone gives them as `located`; what is undefined is then that of the packet.
   */
  constructor(init: SipRequestInit | ReceivedLine, located?: Headers) {
    super(
      located ?? headersOf(init.headers),
      located !== undefined && init.body === undefined ? undefined : bytesOf(init.body),
    );
    if (located === undefined) checkMethod(init.method);
    this.method = init.method;
    this.target = init.uri;
  }

  /** The Request-URI. */
  get uri(): Uri {
    this.target ??= this.headers.readRequestUri();
    return this.target;
  }

  set uri(uri: Uri) {
    this.target = uri;
  }

  /**
   * Whether the Request-URI is that of the packet and plain, and so has no headers.
   * @internal
   */
  get isTargetPlain(): boolean {
    return this.target === undefined;
  }

  /**
   * The Request-URI as it is sent, which of the packet need not be read.
   * @internal
   */
  get targetText(): string {
    return this.target === undefined ? this.headers.requestUriText : String(this.target);
  }

  /** A copy that can be changed without changing this one; both share the body's bytes. */
  clone(): SipRequest {
    const { method, target: uri, content: body } = this;
    checkMethod(method);
    return new SipRequest({ method, uri, body }, this.headers.clone());
  }
}

/** What a `SipResponse` is made of. */
export interface SipResponseInit {
  /** 100 to 699. */
  readonly status: number;
  /** By default the registered phrase of the status. */
  readonly reason?: string | undefined;
  readonly headers?: Iterable<readonly [string, HeaderInput]> | undefined;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array | undefined;
}

/** A SIP response (RFC 3261 §7.2). */
export class SipResponse extends Message {
  readonly kind = 'response';
  status: number;
  reason: string;

  /**
   * Throws `BAD_VALUE` for a status beyond 100 to 699, and what `Headers` throws. Who has headers
   * for this message alone gives them as `located`; a body that is undefined is then the packet's.
   */
  constructor(init: SipResponseInit, located?: Headers) {
    const isOfPacket = located !== undefined && init.body === undefined;
    super(located ?? headersOf(init.headers), isOfPacket ? undefined : bytesOf(init.body));
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

function checkMethod(method: string): void {
  if (!isToken(method)) throw new SipMessageError('BAD_VALUE', 'a method is no token');
}

function bytesOf(body: string | Uint8Array = NO_BODY): Uint8Array {
  if (body === '') return NO_BODY;
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

function headersOf(headers: Iterable<readonly [string, HeaderInput]> | undefined): Headers {
  return headers instanceof Headers ? headers.clone() : new Headers(headers);
}

function present<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new SipMessageError('MISSING_HEADER', `the message has no well-formed ${name}`);
}
