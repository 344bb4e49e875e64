import { readAuthParams } from './auth-params.ts';
import { Challenge } from './challenge.ts';
import { Credentials } from './credentials.ts';
import { readCSeq } from './cseq.ts';
import { headerId } from './header-names.ts';
import type { HeaderTypes } from './header-types.ts';
import {
  readCallId,
  readDate,
  readInfoLink,
  readReason,
  readRetryAfter,
  readToken,
  readTokenWithParams,
  readWarning,
  upTo,
} from './header-values.ts';
import { readMediaType } from './media-type.ts';
import { readNameAddr } from './name-addr.ts';
import {
  plainAddress,
  plainCallId,
  plainCSeq,
  plainDate,
  plainMediaType,
  plainNumber,
  plainToken,
  plainTokenWithParams,
  plainVia,
} from './plain-values.ts';
import type { Reader } from './reader.ts';
import { readVia } from './via.ts';

/** How a header is read. */
export interface HeaderKind {
  readonly key: string;
  /** Where its grammar is. */
  readonly section: string;
  /**
   * `single`: one value in one field. `text`: one field, as it stands. `list`: any number of fields
   * and commas. `lines`: any number of fields, no commas between values (RFC 3261 §7.3.1).
   */
  readonly shape: 'single' | 'text' | 'list' | 'lines';
  /** Whether a list may be empty (`Supported:`). */
  readonly canBeEmpty: boolean;
  /** Reads one value, or gives a Fault. */
  readonly read: (reader: Reader) => unknown;
  /** Passes over one value where that is plain (plain-octets.ts). */
  readonly plain: Plain | undefined;
}

type Plain = (octets: Uint8Array, from: number) => number;

type Kind = Omit<HeaderKind, 'key'>;
type By = [read: HeaderKind['read'], plain?: Plain];

const single = (section: string, ...by: By): Kind => kind('single', section, ...by);
const lines = (section: string, ...by: By): Kind => kind('lines', section, ...by);
const list = (section: string, ...by: By): Kind => kind('list', section, ...by);
const text = (section: string): Kind => kind('text', section, (reader) => reader.rest());
const emptyList = (section: string, ...by: By): Kind => ({
  ...list(section, ...by),
  canBeEmpty: true,
});
const number = (section: string, max: number): Kind =>
  single(section, upTo(max), (octets, from) => plainNumber(octets, from, max));

function kind(shape: Kind['shape'], section: string, ...[read, plain]: By): Kind {
  return { shape, section, read, plain, canBeEmpty: false };
}

const KINDS: Readonly<Record<keyof HeaderTypes, Kind>> = {
  via: list('RFC 3261 §20.42', readVia, plainVia),
  from: single('RFC 3261 §20.20', readNameAddr, plainAddress),
  to: single('RFC 3261 §20.39', readNameAddr, plainAddress),
  'call-id': single('RFC 3261 §20.8', readCallId, plainCallId),
  cseq: single('RFC 3261 §20.16', readCSeq, plainCSeq),
  'max-forwards': number('RFC 3261 §20.22', 255),
  'content-length': number('RFC 3261 §20.14', 0xffff_ffff),
  contact: list('RFC 3261 §20.10', readNameAddr, plainAddress),
  'content-type': single('RFC 3261 §20.15', readMediaType, plainMediaType),
  route: list('RFC 3261 §20.34', readNameAddr, plainAddress),
  'record-route': list('RFC 3261 §20.30', readNameAddr, plainAddress),
  accept: emptyList('RFC 3261 §20.1', readMediaType, plainMediaType),
  'accept-encoding': emptyList('RFC 3261 §20.2', readTokenWithParams, plainTokenWithParams),
  'accept-language': emptyList('RFC 3261 §20.3', readTokenWithParams, plainTokenWithParams),
  allow: emptyList('RFC 3261 §20.5', readToken, plainToken),
  'content-disposition': single('RFC 3261 §20.11', readTokenWithParams, plainTokenWithParams),
  'content-encoding': list('RFC 3261 §20.12', readToken, plainToken),
  'content-language': list('RFC 3261 §20.13', readToken, plainToken),
  date: single('RFC 3261 §20.17', readDate, plainDate),
  expires: number('RFC 3261 §20.19', 0xffff_ffff),
  'in-reply-to': list('RFC 3261 §20.21', readCallId, plainCallId),
  'min-expires': number('RFC 3261 §20.23', 0xffff_ffff),
  'mime-version': text('RFC 3261 §20.24'),
  organization: text('RFC 3261 §20.25'),
  priority: single('RFC 3261 §20.26', readToken, plainToken),
  'proxy-require': list('RFC 3261 §20.29', readToken, plainToken),
  'reply-to': single('RFC 3261 §20.31', readNameAddr, plainAddress),
  require: list('RFC 3261 §20.32', readToken, plainToken),
  'retry-after': single('RFC 3261 §20.33', readRetryAfter),
  server: text('RFC 3261 §20.35'),
  subject: text('RFC 3261 §20.36'),
  supported: emptyList('RFC 3261 §20.37', readToken, plainToken),
  timestamp: text('RFC 3261 §20.38'),
  unsupported: list('RFC 3261 §20.40', readToken, plainToken),
  'user-agent': text('RFC 3261 §20.41'),
  warning: list('RFC 3261 §20.43', readWarning),
  reason: list('RFC 3326 §2', readReason),
  'allow-events': list('RFC 6665 §8.2.2', readToken, plainToken),
  event: single('RFC 6665 §8.2.1', readTokenWithParams, plainTokenWithParams),
  'refer-to': single('RFC 3515 §2.1', readNameAddr, plainAddress),
  'referred-by': single('RFC 3892 §3', readNameAddr, plainAddress),
  'subscription-state': single('RFC 6665 §8.2.3', readTokenWithParams, plainTokenWithParams),
  path: list('RFC 3327 §4', readNameAddr, plainAddress),
  'service-route': list('RFC 3608 §5', readNameAddr, plainAddress),
  'p-asserted-identity': list('RFC 3325 §9.1', readNameAddr, plainAddress),
  diversion: list('RFC 5806 §4.1', readNameAddr, plainAddress),
  'www-authenticate': lines('RFC 3261 §20.44', Challenge.read),
  'proxy-authenticate': lines('RFC 3261 §20.27', Challenge.read),
  authorization: lines('RFC 3261 §20.7', Credentials.read),
  'proxy-authorization': lines('RFC 3261 §20.28', Credentials.read),
  'authentication-info': single('RFC 3261 §20.6', readAuthParams),
  'alert-info': list('RFC 3261 §20.4', readInfoLink),
  'call-info': list('RFC 3261 §20.9', readInfoLink),
  'error-info': list('RFC 3261 §20.18', readInfoLink),
};

const BY_ID: (HeaderKind | undefined)[] = [];
for (const [key, value] of Object.entries(KINDS)) BY_ID[headerId(key)] = { key, ...value };

/** How the header of this identity is read; undefined where only its raw values are given. */
export function headerKind(id: number): HeaderKind | undefined {
  return BY_ID[id];
}
