import { DIGIT, isAll, isToken } from './characters.ts';
import type {
  RAck,
  Reason,
  ResourcePriority,
  SessionExpires,
  SessionId,
} from './extension-types.ts';
import type { TokenWithParams } from './header-types.ts';
import { readNumber, readToken, readTokenWithParams } from './header-values.ts';
import { readParams } from './read-params.ts';
import type { Reader } from './reader.ts';
import { Fault } from './refusal.ts';

const MAX_32 = 0xffff_ffff;
const SEMICOLON = 0x3b;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const DOUBLED = ';reason=reason';
/** Seven values are registered. */
const MAX_PRIVACY = 32;

export function readReason(reader: Reader): Reason | Fault {
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

/**
 * Reads `substate-value *( SEMI subexp-params )` (RFC 6665 §8.2.3). Linphone ends a transfer with
 * `terminated;reason=reason=noresource`, which is read as it was meant.
 */
export function readSubscriptionState(reader: Reader): TokenWithParams | Fault {
  const state = readTokenWithParams(reader);
  if (state instanceof Fault || reader.code !== EQUALS) return state;
  if (!reader.text.startsWith(DOUBLED, reader.pos - DOUBLED.length)) return state;
  const from = reader.pos++;
  const reason = reader.token();
  if (reason === '') {
    reader.pos = from;
    return state;
  }
  return { value: state.value, params: state.params.set('reason', reason) };
}

/** Reads `response-num LWS CSeq-num LWS Method` (RFC 3262 §7.2). */
export function readRAck(reader: Reader): RAck | Fault {
  const rseq = readNumber(reader, MAX_32);
  if (rseq instanceof Fault) return rseq;
  const isSpaced = skipGap(reader);
  const cseq = readNumber(reader, MAX_32);
  if (cseq instanceof Fault) return cseq;
  const isSpacedAgain = skipGap(reader);
  const method = readToken(reader);
  if (method instanceof Fault) return method;
  if (isSpaced && isSpacedAgain) return { rseq, cseq, method };
  return reader.fault('BAD_RACK', 'a RAck is not two numbers and a method');
}

function skipGap(reader: Reader): boolean {
  const from = reader.pos;
  reader.skipSpace();
  return reader.pos > from;
}

export function formatRAck(value: object): string | undefined {
  if (!('rseq' in value && 'cseq' in value && 'method' in value)) return undefined;
  return `${value.rseq} ${value.cseq} ${value.method}`;
}

/** Reads `delta-seconds *( SEMI se-params )`; a refresher that is neither side is as good as none. */
export function readSessionExpires(reader: Reader): SessionExpires | Fault {
  const seconds = readNumber(reader, MAX_32);
  if (seconds instanceof Fault) return seconds;
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  const refresher = params.get('refresher')?.toLowerCase();
  return refresher === 'uac' || refresher === 'uas' ? { seconds, refresher } : { seconds };
}

export function formatSessionExpires(value: object): string | undefined {
  if (!('seconds' in value)) return undefined;
  const refresher = 'refresher' in value ? value.refresher : undefined;
  return `${value.seconds}${refresher === undefined ? '' : `;refresher=${refresher}`}`;
}

/** Reads `delta-seconds *( SEMI generic-param )`. */
export function readMinSE(reader: Reader): number | Fault {
  const seconds = readNumber(reader, MAX_32);
  if (seconds instanceof Fault) return seconds;
  const params = readParams(reader);
  return params instanceof Fault ? params : seconds;
}

/** Reads `( "true" / "false" ) *( SEMI generic-param )`. */
export function readReferSub(reader: Reader): boolean | Fault {
  const from = reader.pos;
  const read = readTokenWithParams(reader);
  if (read instanceof Fault) return read;
  const value = read.value.toLowerCase();
  if (value === 'true' || value === 'false') return value === 'true';
  return reader.fault('BAD_REFER_SUB', 'Refer-Sub is neither true nor false', from);
}

/** Reads `priv-value *( ";" priv-value )`; commas in place of semicolons occur and are let pass. */
export function readPrivacy(reader: Reader): string[] | Fault {
  const values: string[] = [];
  do {
    const value = readToken(reader);
    if (value instanceof Fault) return value;
    if (!values.includes(value)) values.push(value);
    if (values.length > MAX_PRIVACY) return reader.fault('TOO_MANY_VALUES', 'privacy is too long');
  } while (reader.takeSeparator(SEMICOLON) || reader.takeSeparator(COMMA));
  return values;
}

export function formatPrivacy(value: object): string | undefined {
  return Array.isArray(value) ? value.join(';') : undefined;
}

/** Reads `sess-uuid [ SEMI "remote" EQUAL sess-uuid ]`. */
export function readSessionId(reader: Reader): SessionId | Fault {
  const from = reader.pos;
  const read = readTokenWithParams(reader);
  if (read instanceof Fault) return read;
  const local = read.value.toLowerCase();
  const remote = read.params.get('remote')?.toLowerCase();
  if (!isUuid(local) || (remote !== undefined && !isUuid(remote))) {
    return reader.fault('BAD_SESSION_ID', 'a Session-ID is not 32 hexadecimal digits', from);
  }
  return remote === undefined ? { local } : { local, remote };
}

function isUuid(text: string): boolean {
  if (text.length !== 32) return false;
  for (const char of text) if (!'0123456789abcdef'.includes(char)) return false;
  return true;
}

export function formatSessionId(value: object): string | undefined {
  if (!('local' in value)) return undefined;
  const remote = 'remote' in value && value.remote !== undefined ? `;remote=${value.remote}` : '';
  return `${value.local}${remote}`;
}

/** Reads `"*" *( SEMI ac-params )` of Accept-Contact and Reject-Contact. */
export function readContactPreference(reader: Reader): TokenWithParams | Fault {
  const from = reader.pos;
  const read = readTokenWithParams(reader);
  if (read instanceof Fault || read.value === '*') return read;
  return reader.fault('BAD_CONTACT_PREFERENCE', 'a preference does not begin with *', from);
}

/** Reads `namespace "." r-priority`, both tokens without a dot. */
export function readResourcePriority(reader: Reader): ResourcePriority | Fault {
  const from = reader.pos;
  const [namespace = '', priority = '', more] = reader.token().split('.', 3);
  if (isToken(namespace) && isToken(priority) && more === undefined) return { namespace, priority };
  const words = 'a resource priority is not namespace.priority';
  return reader.fault('BAD_RESOURCE_PRIORITY', words, from);
}

export function formatResourcePriority(value: object): string | undefined {
  if (!('namespace' in value && 'priority' in value)) return undefined;
  return `${value.namespace}.${value.priority}`;
}
