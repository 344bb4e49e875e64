import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import type { CSeq } from './cseq.ts';
import type { ExtensionHeaderTypes } from './extension-types.ts';
import type { MediaType } from './media-type.ts';
import type { NameAddr } from './name-addr.ts';
import type { Params } from './params.ts';
import type { Uri } from './uri.ts';
import type { Via } from './via.ts';

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

/** One value of Warning (RFC 3261 §20.43). */
export interface Warning {
  readonly code: number;
  readonly agent: string;
  readonly text: string;
}

/** What `headers.get` gives for each header; every other name gives its raw values. */
export interface HeaderTypes extends BasicHeaderTypes, ExtensionHeaderTypes {}

/** The headers of RFC 3261 §20. */
export interface BasicHeaderTypes {
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
