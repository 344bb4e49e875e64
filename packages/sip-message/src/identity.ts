import { isIn, TOKEN, URIC } from './characters.ts';
import type { Identity } from './extension-types.ts';
import { MAX_PARAMS } from './limits.ts';
import { type Reader, unquote } from './reader.ts';
import { Fault } from './refusal.ts';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const LESS = 0x3c;
const SLASH = 0x2f;

/**
 * Reads `signed-identity-digest *( SEMI ident-info-params )` (RFC 8224 §4). The digest alone in
 * quotes is that of RFC 4474.
 */
export function readIdentity(reader: Reader): Identity | Fault {
  const token = readDigest(reader);
  if (token instanceof Fault) return token;
  const found = new Map<string, string>();
  while (reader.takeSeparator(SEMICOLON)) {
    const at = reader.pos;
    const name = reader.token().toLowerCase();
    const value = name !== '' && reader.takeSeparator(EQUALS) ? readValue(reader) : undefined;
    if (value === undefined) {
      return reader.fault('BAD_IDENTITY', 'a parameter of Identity is not name=value', at);
    }
    if (found.has(name)) return reader.fault('DUPLICATE_PARAM', 'a parameter occurs twice', at);
    if (found.size >= MAX_PARAMS) return reader.fault('TOO_MANY_PARAMS', 'too many parameters', at);
    found.set(name, value);
  }
  return identityOf(token, found);
}

function identityOf(token: string, found: ReadonlyMap<string, string>): Identity {
  const info = found.get('info');
  const algorithm = found.get('alg');
  const ppt = found.get('ppt');
  return {
    token,
    ...(info === undefined ? {} : { info }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(ppt === undefined ? {} : { ppt }),
  };
}

function readDigest(reader: Reader): string | Fault {
  const from = reader.pos;
  if (reader.code === QUOTE) {
    const raw = reader.quotedString();
    return raw === undefined
      ? reader.fault('BAD_QUOTES', 'a quoted string does not end')
      : unquote(raw);
  }
  while (isDigest(reader.code)) reader.pos++;
  if (reader.pos > from) return reader.text.slice(from, reader.pos);
  return reader.fault('BAD_IDENTITY', 'an Identity has no signed digest');
}

/** Base64 and base64url, and the dots between them. */
function isDigest(code: number): boolean {
  return code >= 0 && (code === SLASH || code === EQUALS || isIn(code, TOKEN));
}

/** A URI in angle brackets, a quoted-string or a token. */
function readValue(reader: Reader): string | undefined {
  if (reader.code === QUOTE) {
    const raw = reader.quotedString();
    return raw === undefined ? undefined : unquote(raw);
  }
  if (reader.code !== LESS) return reader.token() || undefined;
  reader.pos++;
  const uri = reader.take(URIC);
  return uri !== '' && reader.takeSeparator(0x3e) ? uri : undefined;
}

/** Spells a value of Identity, the extension in quotes as RFC 8225 has it. */
export function formatIdentity(value: object): string | undefined {
  if (!('token' in value)) return undefined;
  const given = new Map<string, unknown>(Object.entries(value));
  const [info, algorithm, ppt] = ['info', 'algorithm', 'ppt'].map((name) => given.get(name));
  return [
    String(value.token),
    info === undefined ? '' : `;info=<${info}>`,
    algorithm === undefined ? '' : `;alg=${algorithm}`,
    ppt === undefined ? '' : `;ppt="${ppt}"`,
  ].join('');
}
