import { HEADER, PASSWORD, USER } from './characters.ts';
import { formatHost, isHost, lowerSlice } from './host-port.ts';
import { Params } from './params.ts';
import { canonical, escape, unescape } from './percent.ts';
import { type Fault, SipMessageError } from './refusal.ts';
import { SipUriSpans, scanSipUri } from './sip-uri-scan.ts';
import type { Uri } from './uri.ts';
import { areEqual } from './uri-equality.ts';

/** What a `SipUri` is made of. */
export interface SipUriInit {
  readonly scheme?: 'sip' | 'sips';
  /** Without escapes. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params?: Iterable<readonly [string, (string | undefined)?]>;
  /** The headers behind the `?`, without escapes. */
  readonly headers?: readonly (readonly [string, string])[];
}

/** A SIP or SIPS URI (RFC 3261 §19.1). What was parsed is printed as it came. */
export class SipUri {
  private readonly spans: SipUriSpans;
  /** The parameters, once somebody has asked for them. */
  private made: Params | undefined;

  /** Throws `BAD_URI` where host or port cannot be written. */
  constructor(init: SipUriInit | SipUriSpans) {
    this.spans = init instanceof SipUriSpans ? init : format(init);
    this.made = undefined;
  }

  get scheme(): 'sip' | 'sips' {
    return this.spans.start - this.spans.from === 5 ? 'sips' : 'sip';
  }

  /** Change a copy: `uri.with({ params: … })`, or `set` on the parameters of one's own URI. */
  get params(): Params {
    this.made ??= Params.within(this.spans, 'uri');
    return this.made;
  }

  /** Without escapes; a telephone number may hold `;` (RFC 3261 §19.1.6). */
  get user(): string | undefined {
    const { text, start, userEnd } = this.spans;
    return userEnd < 0 ? undefined : unescape(text.slice(start, userEnd));
  }

  get password(): string | undefined {
    const { text, userEnd, sign } = this.spans;
    return userEnd === sign ? undefined : unescape(text.slice(userEnd + 1, sign));
  }

  /** In lower case; IPv6 without brackets. */
  get host(): string {
    const { text, hostFrom, hostEnd, isLower } = this.spans;
    if (isLower) return text.slice(hostFrom, hostEnd);
    const isBracketed = text.charCodeAt(hostFrom) === 0x5b;
    return isBracketed
      ? lowerSlice(text, hostFrom + 1, hostEnd - 1)
      : lowerSlice(text, hostFrom, hostEnd);
  }

  get port(): number | undefined {
    return this.spans.port < 0 ? undefined : this.spans.port;
  }

  /** The headers behind the `?`, without escapes (RFC 3261 §19.1.1). */
  get headers(): readonly (readonly [string, string])[] {
    const { text, paramsEnd, end } = this.spans;
    if (paramsEnd === end) return [];
    const pairs = text.slice(paramsEnd + 1, end).split('&');
    return pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=').map((part) => unescape(part) ?? part);
      return [name, value];
    });
  }

  /** A copy with some parts replaced; `undefined` removes a part that may be absent. */
  with(changes: Partial<SipUriInit>): SipUri {
    const { scheme, user, password, host, port, params, headers } = this;
    return new SipUri({ scheme, user, password, host, port, params, headers, ...changes });
  }

  /** Equality of RFC 3261 §19.1.4. */
  equals(other: Uri): boolean {
    return areEqual(this, other);
  }

  /** User and password in one spelling, the part of equality that respects case. */
  get canonicalUserinfo(): string | undefined {
    const { text, start, sign } = this.spans;
    return sign < 0 ? undefined : canonical(text.slice(start, sign));
  }

  toString(): string {
    const { text, from, paramsFrom, paramsEnd, end } = this.spans;
    if (this.made?.changed !== true) return text.slice(from, end);
    return `${text.slice(from, paramsFrom)}${this.made}${text.slice(paramsEnd, end)}`;
  }

  /**
   * Reads the URI at these positions, of which the scheme ends before `start`.
   * @internal
   */
  static read(spans: SipUriSpans): SipUri | Fault {
    return scanSipUri(spans) ?? new SipUri(spans);
  }
}

/** Spells the URI; its parts are then found as in any other. */
function format(init: SipUriInit): SipUriSpans {
  const port = init.port === undefined ? '' : `:${init.port}`;
  const params = init.params instanceof Params ? init.params : new Params(init.params, 'uri');
  const address = `${formatUserinfo(init)}${formatHost(init.host)}${port}`;
  const scheme = init.scheme ?? 'sip';
  const text = `${scheme}:${address}${params}${formatHeaders(init.headers ?? [])}`;
  const spans = new SipUriSpans(text, 0, scheme.length + 1, text.length);
  if (!isHost(init.host)) throw new SipMessageError('BAD_URI', 'the host of a URI is malformed');
  const fault = scanSipUri(spans);
  if (fault === undefined) return spans;
  throw new SipMessageError('BAD_URI', fault.message);
}

function formatUserinfo({ user, password }: SipUriInit): string {
  if (user === undefined) return '';
  const secret = password === undefined ? '' : `:${escape(password, PASSWORD)}`;
  return `${escape(user, USER)}${secret}@`;
}

function formatHeaders(headers: readonly (readonly [string, string])[]): string {
  const pairs = headers.map(([name, value]) => `${escape(name, HEADER)}=${escape(value, HEADER)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
