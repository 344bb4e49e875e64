import { readAuthParams } from './auth-params.ts';
import { Challenge } from './challenge.ts';
import { Credentials } from './credentials.ts';
import { readCSeq } from './cseq.ts';
import { EXTENSION_KINDS } from './extension-kinds.ts';
import {
  emptyList,
  type HeaderKind,
  type Kind,
  lines,
  list,
  number,
  single,
  text,
} from './header-kind.ts';
import { headerId } from './header-names.ts';
import type { BasicHeaderTypes } from './header-types.ts';
import {
  readCallId,
  readDate,
  readInfoLink,
  readRetryAfter,
  readToken,
  readTokenWithParams,
  readWarning,
} from './header-values.ts';
import { readMediaType } from './media-type.ts';
import { readNameAddr } from './name-addr.ts';
import {
  callIdAt,
  cseqAt,
  dateAt,
  mediaTypeAt,
  nameAddrAt,
  tokenAt,
  tokenWithParamsAt,
  viaAt,
} from './plain-readers.ts';
import {
  plainAddress,
  plainCallId,
  plainCSeq,
  plainDate,
  plainMediaType,
  plainToken,
  plainTokenWithParams,
  plainVia,
} from './plain-values.ts';
import { readVia } from './via.ts';

export type { HeaderKind } from './header-kind.ts';

const KINDS: Readonly<Record<keyof BasicHeaderTypes, Kind>> = {
  via: list('RFC 3261 §20.42', readVia, plainVia, viaAt),
  from: single('RFC 3261 §20.20', readNameAddr, plainAddress, nameAddrAt),
  to: single('RFC 3261 §20.39', readNameAddr, plainAddress, nameAddrAt),
  'call-id': single('RFC 3261 §20.8', readCallId, plainCallId, callIdAt),
  cseq: single('RFC 3261 §20.16', readCSeq, plainCSeq, cseqAt),
  'max-forwards': number('RFC 3261 §20.22', 255),
  'content-length': number('RFC 3261 §20.14', 0xffff_ffff),
  contact: list('RFC 3261 §20.10', readNameAddr, plainAddress, nameAddrAt),
  'content-type': single('RFC 3261 §20.15', readMediaType, plainMediaType, mediaTypeAt),
  route: list('RFC 3261 §20.34', readNameAddr, plainAddress, nameAddrAt),
  'record-route': list('RFC 3261 §20.30', readNameAddr, plainAddress, nameAddrAt),
  accept: emptyList('RFC 3261 §20.1', readMediaType, plainMediaType, mediaTypeAt),
  'accept-encoding': emptyList(
    'RFC 3261 §20.2',
    readTokenWithParams,
    plainTokenWithParams,
    tokenWithParamsAt,
  ),
  'accept-language': emptyList(
    'RFC 3261 §20.3',
    readTokenWithParams,
    plainTokenWithParams,
    tokenWithParamsAt,
  ),
  allow: emptyList('RFC 3261 §20.5', readToken, plainToken, tokenAt),
  'content-disposition': single(
    'RFC 3261 §20.11',
    readTokenWithParams,
    plainTokenWithParams,
    tokenWithParamsAt,
  ),
  'content-encoding': list('RFC 3261 §20.12', readToken, plainToken, tokenAt),
  'content-language': list('RFC 3261 §20.13', readToken, plainToken, tokenAt),
  date: single('RFC 3261 §20.17', readDate, plainDate, dateAt),
  expires: number('RFC 3261 §20.19', 0xffff_ffff),
  'in-reply-to': list('RFC 3261 §20.21', readCallId, plainCallId, callIdAt),
  'min-expires': number('RFC 3261 §20.23', 0xffff_ffff),
  'mime-version': text('RFC 3261 §20.24'),
  organization: text('RFC 3261 §20.25'),
  priority: single('RFC 3261 §20.26', readToken, plainToken, tokenAt),
  'proxy-require': list('RFC 3261 §20.29', readToken, plainToken, tokenAt),
  'reply-to': single('RFC 3261 §20.31', readNameAddr, plainAddress, nameAddrAt),
  require: list('RFC 3261 §20.32', readToken, plainToken, tokenAt),
  'retry-after': single('RFC 3261 §20.33', readRetryAfter),
  server: text('RFC 3261 §20.35'),
  subject: text('RFC 3261 §20.36'),
  supported: emptyList('RFC 3261 §20.37', readToken, plainToken, tokenAt),
  timestamp: text('RFC 3261 §20.38'),
  unsupported: list('RFC 3261 §20.40', readToken, plainToken, tokenAt),
  'user-agent': text('RFC 3261 §20.41'),
  warning: list('RFC 3261 §20.43', readWarning),
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
for (const [key, value] of Object.entries({ ...KINDS, ...EXTENSION_KINDS })) {
  const id = headerId(key);
  BY_ID[id] = { key, id, ...value };
}

/** How the header of this identity is read; undefined where only its raw values are given. */
export function headerKind(id: number): HeaderKind | undefined {
  return BY_ID[id];
}
