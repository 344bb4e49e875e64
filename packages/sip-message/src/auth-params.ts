import { TOKEN, isAll } from './characters.ts';
import { refuseInjection } from './injection.ts';
import { MAX_PARAMS } from './limits.ts';
import { Params } from './params.ts';
import { quote, type Reader } from './reader.ts';
import { Fault, SipMessageError } from './refusal.ts';

/** A scheme with its parameters, the common shape of challenges and credentials. */
export interface SchemeAndParams {
  readonly scheme: string;
  readonly params: Params;
  /** What follows the scheme where that is not a list of parameters, as in `Basic QWxh…`. */
  readonly token: string | undefined;
}

const COMMA = 0x2c;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/**
 * Reads `auth-scheme LWS auth-param *(COMMA auth-param)` (RFC 3261 §25.1). Of a scheme other than
 * Digest that has another syntax, the parameters stay empty.
 */
export function readScheme(reader: Reader): SchemeAndParams | Fault {
  const scheme = reader.token();
  if (scheme === '') return reader.fault('BAD_AUTH', 'a scheme of authentication is missing');
  reader.skipSpace();
  const from = reader.pos;
  const params = readAuthParams(reader);
  if (isDigest(scheme)) {
    return params instanceof Fault ? params : { scheme, params, token: undefined };
  }
  if (!(params instanceof Fault) && reader.atEnd) return { scheme, params, token: undefined };
  reader.pos = from;
  return { scheme, params: new Params(), token: reader.rest() };
}

/** Whether the scheme is Digest (RFC 7616), the only one that RFC 3261 §22 allows. */
export function isDigest(scheme: string): boolean {
  return scheme.toLowerCase() === 'digest';
}

/** `scheme name=value, name="value"`, with a marked value quoted and the others bare. */
export function formatScheme({ scheme, params, token }: SchemeAndParams): string {
  return `${scheme} ${token ?? params.join(', ')}`;
}

/** Appends a parameter that is always quoted. Throws `HEADER_INJECTION`. */
export function addQuoted(params: Params, name: string, value: string | undefined): void {
  if (value === undefined) return;
  refuseInjection(value);
  params.addRaw(name, quote(value));
}

/** Appends a parameter that is never quoted. Throws `BAD_VALUE` where it is no token. */
export function addBare(params: Params, name: string, value: string | undefined): void {
  if (value === undefined) return;
  if (!isAll(value, TOKEN)) throw new SipMessageError('BAD_VALUE', `${name} has to be a token`);
  params.addRaw(name, value);
}

/** Reads `auth-param *(COMMA auth-param)`. */
export function readAuthParams(reader: Reader): Params | Fault {
  const params = new Params();
  do {
    if (params.size >= MAX_PARAMS) {
      return reader.fault('TOO_MANY_PARAMS', 'too many parameters');
    }
    const at = reader.pos;
    const name = reader.token();
    if (name === '' || !reader.takeSeparator(EQUALS)) {
      return reader.fault('BAD_AUTH', 'a parameter of authentication is not name=value', at);
    }
    if (params.has(name)) return reader.fault('DUPLICATE_PARAM', 'a parameter occurs twice', at);
    const raw = reader.code === QUOTE ? reader.quotedString() : reader.token();
    if (raw === undefined) return reader.fault('BAD_QUOTES', 'a quoted string does not end');
    if (raw === '') return reader.fault('BAD_AUTH', 'a parameter of authentication has no value');
    params.addRaw(name, raw);
  } while (reader.takeSeparator(COMMA));
  return params;
}
