import { DIGIT, TOKEN, WORD, isAll } from './characters.ts';
import { readAuthParams } from './auth-params.ts';
import { Challenge } from './challenge.ts';
import { Credentials } from './credentials.ts';
import { type CSeq, readCSeq } from './cseq.ts';
import { headerKeyOf } from './header-names.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type MediaType, readMediaType } from './media-type.ts';
import { type NameAddr, readNameAddr } from './name-addr.ts';
import { type Params, readParams } from './params.ts';
import { quote, Reader, unquote } from './reader.ts';
import { Fault } from './refusal.ts';
import { readUri, type Uri } from './uri.ts';
import { readVia, type Via } from './via.ts';

/** A token with parameters: Event, Content-Disposition, Accept-Encoding, Subscription-State. */
export interface TokenWithParams {
  readonly value: string;
  readonly params: Params;
}

/** Retry-After (RFC 3261 §20.33). */
export interface RetryAfter {
  readonly seconds: number;
  readonly durationSeconds?: number;
  readonly comment?: string;
}

/** One value of Reason (RFC 3326). */
export interface Reason {
  readonly protocol: string;
  readonly cause?: number;
  readonly text?: string;
}

/** One value of Warning (RFC 3261 §20.43). */
export interface Warning {
  readonly code: number;
  readonly agent: string;
  readonly text: string;
}

/** What `headers.get` gives for each header; every other name gives its raw values. */
export interface HeaderTypes {
  via: Via[];
  from: NameAddr;
  to: NameAddr;
  'call-id': string;
  cseq: CSeq;
  'max-forwards': number;
  'content-length': number;
  contact: '*' | NameAddr[];
  'content-type': MediaType;
  route: NameAddr[];
  'record-route': NameAddr[];
  accept: MediaType[];
  'accept-encoding': TokenWithParams[];
  'accept-language': TokenWithParams[];
  allow: string[];
  'content-disposition': TokenWithParams;
  'content-encoding': string[];
  'content-language': string[];
  date: string;
  expires: number;
  'in-reply-to': string[];
  'min-expires': number;
  'mime-version': string;
  organization: string;
  priority: string;
  'proxy-require': string[];
  'reply-to': NameAddr;
  require: string[];
  'retry-after': RetryAfter;
  server: string;
  subject: string;
  supported: string[];
  timestamp: string;
  unsupported: string[];
  'user-agent': string;
  warning: Warning[];
  reason: Reason[];
  'allow-events': string[];
  event: TokenWithParams;
  'refer-to': NameAddr;
  'referred-by': NameAddr;
  'subscription-state': TokenWithParams;
  path: NameAddr[];
  'service-route': NameAddr[];
  'p-asserted-identity': NameAddr[];
  diversion: NameAddr[];
  'www-authenticate': Challenge[];
  'proxy-authenticate': Challenge[];
  authorization: Credentials[];
  'proxy-authorization': Credentials[];
  'authentication-info': Params;
  'alert-info': InfoLink[];
  'call-info': InfoLink[];
  'error-info': InfoLink[];
}

/** A value of Alert-Info, Call-Info or Error-Info (RFC 3261 §20.4). */
export interface InfoLink {
  readonly uri: Uri;
  readonly params: Params;
}

type ReadItem = (reader: Reader, limits: Limits) => unknown;
type Kind =
  | { readonly kind: 'single'; readonly section: string; readonly read: ReadItem }
  | { readonly kind: 'text'; readonly section: string }
  | { readonly kind: 'lines'; readonly section: string; readonly read: ReadItem }
  | {
      readonly kind: 'list';
      readonly section: string;
      readonly read: ReadItem;
      readonly canBeEmpty: boolean;
    };

const single = (section: string, read: ReadItem): Kind => ({ kind: 'single', section, read });
const list = (section: string, read: ReadItem, canBeEmpty = false): Kind => ({
  kind: 'list',
  section,
  read,
  canBeEmpty,
});
const lines = (section: string, read: ReadItem): Kind => ({ kind: 'lines', section, read });
const text = (section: string): Kind => ({ kind: 'text', section });

const KINDS: Readonly<Record<keyof HeaderTypes, Kind>> = {
  via: list('RFC 3261 §20.42', readVia),
  from: single('RFC 3261 §20.20', readNameAddr),
  to: single('RFC 3261 §20.39', readNameAddr),
  'call-id': single('RFC 3261 §20.8', readCallId),
  cseq: single('RFC 3261 §20.16', takeCSeq),
  'max-forwards': single('RFC 3261 §20.22', (reader) => readNumber(reader, 255)),
  'content-length': single('RFC 3261 §20.14', (reader) => readNumber(reader, 0xffff_ffff)),
  contact: list('RFC 3261 §20.10', readNameAddr),
  'content-type': single('RFC 3261 §20.15', readMediaType),
  route: list('RFC 3261 §20.34', readNameAddr),
  'record-route': list('RFC 3261 §20.30', readNameAddr),
  accept: list('RFC 3261 §20.1', readMediaType, true),
  'accept-encoding': list('RFC 3261 §20.2', readTokenWithParams, true),
  'accept-language': list('RFC 3261 §20.3', readTokenWithParams, true),
  allow: list('RFC 3261 §20.5', readToken, true),
  'content-disposition': single('RFC 3261 §20.11', readTokenWithParams),
  'content-encoding': list('RFC 3261 §20.12', readToken),
  'content-language': list('RFC 3261 §20.13', readToken),
  date: text('RFC 3261 §20.17'),
  expires: single('RFC 3261 §20.19', (reader) => readNumber(reader, 0xffff_ffff)),
  'in-reply-to': list('RFC 3261 §20.21', readCallId),
  'min-expires': single('RFC 3261 §20.23', (reader) => readNumber(reader, 0xffff_ffff)),
  'mime-version': text('RFC 3261 §20.24'),
  organization: text('RFC 3261 §20.25'),
  priority: single('RFC 3261 §20.26', readToken),
  'proxy-require': list('RFC 3261 §20.29', readToken),
  'reply-to': single('RFC 3261 §20.31', readNameAddr),
  require: list('RFC 3261 §20.32', readToken),
  'retry-after': single('RFC 3261 §20.33', readRetryAfter),
  server: text('RFC 3261 §20.35'),
  subject: text('RFC 3261 §20.36'),
  supported: list('RFC 3261 §20.37', readToken, true),
  timestamp: text('RFC 3261 §20.38'),
  unsupported: list('RFC 3261 §20.40', readToken),
  'user-agent': text('RFC 3261 §20.41'),
  warning: list('RFC 3261 §20.43', readWarning),
  reason: list('RFC 3326 §2', readReason),
  'allow-events': list('RFC 6665 §8.2.2', readToken),
  event: single('RFC 6665 §8.2.1', readTokenWithParams),
  'refer-to': single('RFC 3515 §2.1', readNameAddr),
  'referred-by': single('RFC 3892 §3', readNameAddr),
  'subscription-state': single('RFC 6665 §8.2.3', readTokenWithParams),
  path: list('RFC 3327 §4', readNameAddr),
  'service-route': list('RFC 3608 §5', readNameAddr),
  'p-asserted-identity': list('RFC 3325 §9.1', readNameAddr),
  diversion: list('RFC 5806 §4.1', readNameAddr),
  'www-authenticate': lines('RFC 3261 §20.44', Challenge.read),
  'proxy-authenticate': lines('RFC 3261 §20.27', Challenge.read),
  authorization: lines('RFC 3261 §20.7', Credentials.read),
  'proxy-authorization': lines('RFC 3261 §20.28', Credentials.read),
  'authentication-info': single('RFC 3261 §20.6', readAuthParams),
  'alert-info': list('RFC 3261 §20.4', readInfoLink),
  'call-info': list('RFC 3261 §20.9', readInfoLink),
  'error-info': list('RFC 3261 §20.18', readInfoLink),
};

const KIND_OF = new Map<string, Kind>(Object.entries(KINDS));

/** Whether the header is known as one that may be given in several lines or with commas. */
export function isList(id: number): boolean {
  return KIND_OF.get(headerKeyOf(id))?.kind === 'list';
}

/** Whether `get` gives a typed value for this header. */
export function isTyped(id: number): boolean {
  return id !== 0 && KIND_OF.has(headerKeyOf(id));
}

/** A fault together with the line that it is in. */
export interface LineFault {
  readonly line: number;
  readonly fault: Fault;
}

/**
 * Reads the values of all lines of one header.
 * @internal
 */
export function readHeader(id: number, values: readonly string[]): unknown {
  const kind = KIND_OF.get(headerKeyOf(id));
  if (kind === undefined) return values;
  if (kind.kind === 'list') return readList(id, kind, values);
  if (kind.kind === 'lines') return readLines(kind, values);
  const value = (values[0] ?? '').trim();
  if (values.length > 1) {
    const name = headerKeyOf(id);
    const fault = new Fault('DUPLICATE_HEADER', 0, kind.section, `${name} occurs more than once`);
    return { line: 1, fault } satisfies LineFault;
  }
  if (kind.kind === 'text') return value;
  const result = readWhole(kind, value);
  return result instanceof Fault ? ({ line: 0, fault: result } satisfies LineFault) : result;
}

/** One item that fills the value. */
function readWhole(kind: { section: string; read: ReadItem }, value: string): unknown {
  const reader = new Reader(value, kind.section);
  const result = kind.read(reader, DEFAULT_LIMITS);
  if (result instanceof Fault) return result;
  reader.skipSpace();
  return reader.atEnd ? result : trailing(reader);
}

/** Headers that hold commas within one value and so cannot be joined (RFC 3261 §7.3.1). */
function readLines(kind: { section: string; read: ReadItem }, values: readonly string[]): unknown {
  const items: unknown[] = [];
  for (const [line, value] of values.entries()) {
    const item = readWhole(kind, value);
    if (item instanceof Fault) return { line, fault: item } satisfies LineFault;
    items.push(item);
  }
  return items;
}

/** Whether `readHeader` found a fault. */
export function isLineFault(result: unknown): result is LineFault {
  return typeof result === 'object' && result !== null && 'fault' in result && 'line' in result;
}

function readList(id: number, kind: Kind & { kind: 'list' }, values: readonly string[]): unknown {
  const items: unknown[] = [];
  const isContact = headerKeyOf(id) === 'contact';
  if (isContact && values.length === 1 && values[0]?.trim() === '*') return '*';
  for (const [line, value] of values.entries()) {
    const fault = readItems(kind, value, items);
    if (fault !== undefined) return { line, fault } satisfies LineFault;
  }
  return items;
}

function readItems(
  kind: Kind & { kind: 'list' },
  value: string,
  items: unknown[],
): Fault | undefined {
  const reader = new Reader(value, kind.section);
  reader.skipSpace();
  if (reader.atEnd) {
    return kind.canBeEmpty ? undefined : reader.fault('EMPTY_HEADER', 'a header has no value');
  }
  for (;;) {
    const item = kind.read(reader, DEFAULT_LIMITS);
    if (item instanceof Fault) return item;
    items.push(item);
    reader.skipSpace();
    if (reader.atEnd) return undefined;
    if (!reader.takeSeparator(0x2c)) return trailing(reader);
  }
}

function trailing(reader: Reader): Fault {
  return reader.fault('BAD_HEADER', 'a header value does not end where it should');
}

function readCallId(reader: Reader): string | Fault {
  const from = reader.pos;
  const local = reader.take(WORD);
  const at = reader.code === 0x40;
  if (at) reader.pos++;
  const host = at ? reader.take(WORD) : '';
  if (local === '' || (at && host === '')) {
    return reader.fault('BAD_CALL_ID', 'a Call-ID is not word or word@word');
  }
  return reader.text.slice(from, reader.pos);
}

function takeCSeq(reader: Reader): CSeq | Fault {
  const result = readCSeq(reader.text);
  if (!(result instanceof Fault)) reader.pos = reader.text.length;
  return result;
}

function readNumber(reader: Reader, max: number): number | Fault {
  const digits = reader.take(DIGIT);
  const value = Number(digits);
  if (digits !== '' && value <= max) return value;
  return reader.fault('BAD_NUMBER', `a number is not within 0 to ${max}`, 0);
}

function readToken(reader: Reader): string | Fault {
  const token = reader.token();
  return token === '' ? reader.fault('BAD_TOKEN', 'a token is missing') : token;
}

function readTokenWithParams(reader: Reader): TokenWithParams | Fault {
  const value = reader.token();
  if (value === '') return reader.fault('BAD_TOKEN', 'a token is missing');
  const params = readParams(reader);
  return params instanceof Fault ? params : { value, params };
}

function readInfoLink(reader: Reader): InfoLink | Fault {
  const end = reader.code === 0x3c ? reader.text.indexOf('>', reader.pos) : -1;
  if (end < 0) return reader.fault('BAD_ADDRESS', 'a URI is not in angle brackets');
  const from = reader.pos + 1;
  const uri = readUri(reader.text.slice(from, end));
  if (uri instanceof Fault) return uri.moved(from + uri.at);
  reader.pos = end + 1;
  const params = readParams(reader);
  return params instanceof Fault ? params : { uri, params };
}

function readRetryAfter(reader: Reader): RetryAfter | Fault {
  const seconds = readNumber(reader, 0xffff_ffff);
  if (seconds instanceof Fault) return seconds;
  reader.skipSpace();
  const comment = reader.code === 0x28 ? readComment(reader) : undefined;
  if (comment instanceof Fault) return comment;
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  const duration = params.get('duration');
  return {
    seconds,
    ...(comment === undefined ? {} : { comment }),
    ...(duration === undefined || !isAll(duration, DIGIT)
      ? {}
      : { durationSeconds: Number(duration) }),
  };
}

/** A comment, parentheses balanced (RFC 3261 §25.1), without recursion. */
function readComment(reader: Reader): string | Fault {
  const from = reader.pos + 1;
  let depth = 0;
  for (; !reader.atEnd; reader.pos++) {
    const code = reader.code;
    if (code === 0x5c) reader.pos++;
    else if (code === 0x28) depth++;
    else if (code === 0x29 && --depth === 0) {
      const comment = reader.text.slice(from, reader.pos);
      reader.pos++;
      return comment;
    }
  }
  return reader.fault('BAD_COMMENT', 'a comment does not end');
}

function readReason(reader: Reader): Reason | Fault {
  const protocol = reader.token();
  if (protocol === '') return reader.fault('BAD_REASON', 'a Reason has no protocol');
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  const cause = params.get('cause');
  const words = params.get('text');
  if (cause !== undefined && !isAll(cause, DIGIT)) {
    return reader.fault('BAD_REASON', 'the cause of a Reason is no number');
  }
  return {
    protocol,
    ...(cause === undefined ? {} : { cause: Number(cause) }),
    ...(words === undefined ? {} : { text: words }),
  };
}

function readWarning(reader: Reader): Warning | Fault {
  const digits = reader.take(DIGIT);
  reader.skipSpace();
  const from = reader.pos;
  while (!reader.atEnd && reader.code !== 0x20 && reader.code !== 0x22) reader.pos++;
  const agent = reader.text.slice(from, reader.pos);
  reader.skipSpace();
  const raw = reader.code === 0x22 ? reader.quotedString() : undefined;
  if (digits.length !== 3 || agent === '' || raw === undefined) {
    return reader.fault('BAD_WARNING', 'a Warning is not code agent "text"', 0);
  }
  return { code: Number(digits), agent, text: unquote(raw) };
}

/**
 * The text of a value that is no string: the plain objects above by their shape, all others by
 * their own `toString`.
 * @internal
 */
export function formatValue(value: object): string {
  if ('number' in value && 'method' in value) return `${value.number} ${value.method}`;
  if ('subtype' in value && 'type' in value && 'params' in value) {
    return `${value.type}/${value.subtype}${value.params}`;
  }
  if ('protocol' in value) return formatReason(value);
  if ('seconds' in value) return formatRetryAfter(value);
  if ('agent' in value && 'code' in value && 'text' in value) {
    return `${value.code} ${value.agent} ${quote(String(value.text))}`;
  }
  if ('value' in value && 'params' in value) return `${value.value}${value.params}`;
  if ('uri' in value && 'params' in value && !('displayName' in value) && !('scheme' in value)) {
    return `<${value.uri}>${value.params}`;
  }
  return String(value);
}

function formatReason(value: { protocol: unknown; cause?: unknown; text?: unknown }): string {
  const cause = value.cause === undefined ? '' : `;cause=${value.cause}`;
  const words = value.text === undefined ? '' : `;text=${quote(String(value.text))}`;
  return `${value.protocol}${cause}${words}`;
}

function formatRetryAfter(value: {
  seconds: unknown;
  comment?: unknown;
  durationSeconds?: unknown;
}): string {
  const comment = value.comment === undefined ? '' : ` (${value.comment})`;
  const duration = value.durationSeconds === undefined ? '' : `;duration=${value.durationSeconds}`;
  return `${value.seconds}${comment}${duration}`;
}

/** What a list of this header is joined with: token lists share a line. */
export function joinsWithComma(value: readonly unknown[]): boolean {
  return value.every((item) => typeof item === 'string' && isAll(item, TOKEN));
}
