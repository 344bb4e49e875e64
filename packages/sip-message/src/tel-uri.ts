import { PARAM, URIC, isAll, isIn, TOKEN } from './characters.ts';
import { refuseInjection } from './injection.ts';
import { MAX_PARAMS } from './limits.ts';
import { Params } from './params.ts';
import { Fault, SipMessageError } from './refusal.ts';
import { areEqual } from './uri-equality.ts';
import type { Uri } from './uri.ts';

const SECTION = 'RFC 3966 §3';

/** A telephone number as a URI (RFC 3966). */
export class TelUri {
  readonly scheme = 'tel';
  /** As written, with its visual separators; a global number begins with `+`. */
  readonly number: string;
  readonly params: Params;
  private spelling = 'tel';

  /** Throws `BAD_URI` where the number holds what no number may. */
  constructor(init: {
    number: string;
    params?: Iterable<readonly [string, (string | undefined)?]>;
  }) {
    if (!isNumber(init.number)) {
      throw new SipMessageError('BAD_URI', 'a telephone number holds a character that it may not');
    }
    this.number = init.number;
    this.params = new Params(init.params ?? [], 'uri');
  }

  /** Equality of RFC 3966 §4: separators do not count. */
  equals(other: Uri): boolean {
    return areEqual(this, other);
  }

  toString(): string {
    return `${this.spelling}:${this.number}${this.params}`;
  }

  /**
   * Reads a whole `tel:` URI.
   * @internal
   */
  static read(text: string): TelUri | Fault {
    const semicolon = text.indexOf(';');
    const number = text.slice(4, semicolon < 0 ? text.length : semicolon);
    if (!isNumber(number)) return new Fault('BAD_URI', 4, SECTION, 'no telephone number');
    const uri = new TelUri({ number });
    uri.spelling = text.slice(0, 3);
    const pieces = semicolon < 0 ? [] : text.slice(semicolon + 1).split(';', MAX_PARAMS + 1);
    let at = semicolon + 1;
    for (const piece of pieces) {
      const equals = piece.indexOf('=');
      const name = equals < 0 ? piece : piece.slice(0, equals);
      const value = equals < 0 ? undefined : piece.slice(equals + 1);
      const isFull = uri.params.size >= MAX_PARAMS;
      if (isFull || !isAll(name, PARAM) || uri.params.has(name) || !isValue(value)) {
        return new Fault('BAD_URI', at, SECTION, 'a parameter of a tel URI is malformed');
      }
      uri.params.addRaw(name, value);
      at += piece.length + 1;
    }
    return uri;
  }
}

/** A URI of a scheme that this package does not take apart (`http:`, `urn:` …), kept as it came. */
export class OtherUri {
  /** In lower case, never `sip`, `sips` or `tel`. */
  readonly scheme: string;
  /** What follows the colon, as it stands. */
  readonly opaque: string;
  private readonly spelling: string;

  /** Throws `HEADER_INJECTION`, and `BAD_URI` for what is no URI or is one of another class. */
  constructor(init: { scheme: string; opaque: string }) {
    refuseInjection(init.scheme + init.opaque);
    if (!isScheme(init.scheme) || !isAll(init.opaque, URIC)) {
      throw new SipMessageError('BAD_URI', 'a URI holds a character that it may not');
    }
    this.scheme = init.scheme.toLowerCase();
    this.spelling = init.scheme;
    this.opaque = init.opaque;
  }

  /** Whether both are the same text, but for the case of the scheme. */
  equals(other: Uri): boolean {
    return areEqual(this, other);
  }

  toString(): string {
    return `${this.spelling}:${this.opaque}`;
  }
}

/**
 * Whether the text is a scheme (RFC 3986 §3.1; RFC 3261 §25.1).
 * @internal
 */
export function isScheme(text: string): boolean {
  const first = text.charCodeAt(0) | 0x20;
  if (!(first >= 97 && first <= 122)) return false;
  for (let i = 1; i < text.length; i++) if (!isIn(text.charCodeAt(i), TOKEN)) return false;
  return true;
}

function isNumber(text: string): boolean {
  let digits = 0;
  for (let i = text.startsWith('+') ? 1 : 0; i < text.length; i++) {
    const char = text.charAt(i);
    if ('0123456789abcdefABCDEF*#'.includes(char)) digits++;
    else if (!'-.()'.includes(char)) return false;
  }
  return digits > 0;
}

function isValue(value: string | undefined): boolean {
  return value === undefined || isAll(value.replaceAll('%', ''), PARAM);
}
