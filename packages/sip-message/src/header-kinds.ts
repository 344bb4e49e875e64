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
}

type Kind = Omit<HeaderKind, 'key'>;
type Read = HeaderKind['read'];

const single = (section: string, read: Read): Kind => kind('single', section, read);
const lines = (section: string, read: Read): Kind => kind('lines', section, read);
const list = (section: string, read: Read): Kind => kind('list', section, read);
const text = (section: string): Kind => kind('text', section, (reader) => reader.rest());
const emptyList = (section: string, read: Read): Kind => ({
  ...list(section, read),
  canBeEmpty: true,
});

function kind(shape: Kind['shape'], section: string, read: Read): Kind {
  return { shape, section, read, canBeEmpty: false };
}

const KINDS: Readonly<Record<keyof HeaderTypes, Kind>> = {
  via: list('RFC 3261 §20.42', readVia),
  from: single('RFC 3261 §20.20', readNameAddr),
  to: single('RFC 3261 §20.39', readNameAddr),
  'call-id': single('RFC 3261 §20.8', readCallId),
  cseq: single('RFC 3261 §20.16', readCSeq),
  'max-forwards': single('RFC 3261 §20.22', upTo(255)),
  'content-length': single('RFC 3261 §20.14', upTo(0xffff_ffff)),
  contact: list('RFC 3261 §20.10', readNameAddr),
  'content-type': single('RFC 3261 §20.15', readMediaType),
  route: list('RFC 3261 §20.34', readNameAddr),
  'record-route': list('RFC 3261 §20.30', readNameAddr),
  accept: emptyList('RFC 3261 §20.1', readMediaType),
  'accept-encoding': emptyList('RFC 3261 §20.2', readTokenWithParams),
  'accept-language': emptyList('RFC 3261 §20.3', readTokenWithParams),
  allow: emptyList('RFC 3261 §20.5', readToken),
  'content-disposition': single('RFC 3261 §20.11', readTokenWithParams),
  'content-encoding': list('RFC 3261 §20.12', readToken),
  'content-language': list('RFC 3261 §20.13', readToken),
  date: single('RFC 3261 §20.17', readDate),
  expires: single('RFC 3261 §20.19', upTo(0xffff_ffff)),
  'in-reply-to': list('RFC 3261 §20.21', readCallId),
  'min-expires': single('RFC 3261 §20.23', upTo(0xffff_ffff)),
  'mime-version': text('RFC 3261 §20.24'),
  organization: text('RFC 3261 §20.25'),
  priority: single('RFC 3261 §20.26', readToken),
  'proxy-require': list('RFC 3261 §20.29', readToken),
  'reply-to': single('RFC 3261 §20.31', readNameAddr),
  require: list('RFC 3261 §20.32', readToken),
  'retry-after': single('RFC 3261 §20.33', readRetryAfter),
  server: text('RFC 3261 §20.35'),
  subject: text('RFC 3261 §20.36'),
  supported: emptyList('RFC 3261 §20.37', readToken),
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

const BY_ID: (HeaderKind | undefined)[] = [];
for (const [key, value] of Object.entries(KINDS)) BY_ID[headerId(key)] = { key, ...value };

/** How the header of this identity is read; undefined where only its raw values are given. */
export function headerKind(id: number): HeaderKind | undefined {
  return BY_ID[id];
}
