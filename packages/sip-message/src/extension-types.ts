import type { NameAddr } from './name-addr.ts';
import type { Params } from './params.ts';
import type { TokenWithParams } from './header-types.ts';

/** One value of Reason (RFC 3326). */
export interface Reason {
  readonly protocol: string;
  readonly cause?: number;
  readonly text?: string;
}

/**
 * The dialog that Replaces (RFC 3891 §6.1) or Join (RFC 3911 §7.1) names, as its receiver sees it:
 * the `to-tag` is the receiver's own. A tag of `0` is also that of a peer without tags.
 */
export interface DialogReference {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** Replace it only while it is early (RFC 3891 §3). */
  readonly isEarlyOnly?: boolean;
}

/** Target-Dialog (RFC 4538 §4), tags as the sender sees them: `localTag` is the sender's own. */
export interface TargetDialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** RAck (RFC 3262 §7.2): which provisional response a PRACK acknowledges. */
export interface RAck {
  /** 0 to 2^32 - 1. */
  readonly rseq: number;
  /** Number and method of the CSeq of that response. */
  readonly cseq: number;
  readonly method: string;
}

/** Session-Expires (RFC 4028 §4). */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher?: 'uac' | 'uas';
}

/** Session-ID (RFC 7989 §5): 32 hexadecimal digits in lower case, all zero for the nil UUID. */
export interface SessionId {
  readonly local: string;
  /** Absent in a Session-ID of RFC 7329. */
  readonly remote?: string;
}

/** One value of Identity (RFC 8224 §4). It is not verified here. */
export interface Identity {
  /** The signed digest: a PASSporT in full or compact form (RFC 8225). */
  readonly token: string;
  /** Where the certificate is: a URI, not to be fetched without an allow-list. */
  readonly info?: string;
  readonly algorithm?: string;
  /** The extension of the PASSporT, such as `shaken`. */
  readonly ppt?: string;
}

/** One value of Resource-Priority (RFC 4412 §3.1). */
export interface ResourcePriority {
  readonly namespace: string;
  readonly priority: string;
}

/** The headers of extensions of RFC 3261. */
export interface ExtensionHeaderTypes {
  reason: Reason[];
  'allow-events': string[];
  event: TokenWithParams;
  'subscription-state': TokenWithParams;
  'refer-to': NameAddr;
  'referred-by': NameAddr;
  'refer-sub': boolean;
  replaces: DialogReference;
  join: DialogReference;
  'target-dialog': TargetDialog;
  rack: RAck;
  rseq: number;
  'session-expires': SessionExpires;
  'min-se': number;
  'sip-etag': string;
  'sip-if-match': string;
  path: NameAddr[];
  'service-route': NameAddr[];
  'flow-timer': number;
  'max-breadth': number;
  'p-asserted-identity': NameAddr[];
  'p-preferred-identity': NameAddr[];
  'p-called-party-id': NameAddr;
  'p-associated-uri': NameAddr[];
  'remote-party-id': NameAddr[];
  privacy: string[];
  diversion: NameAddr[];
  'history-info': NameAddr[];
  identity: Identity[];
  'session-id': SessionId;
  'accept-contact': TokenWithParams[];
  'reject-contact': TokenWithParams[];
  'request-disposition': string[];
  'answer-mode': TokenWithParams;
  'priv-answer-mode': TokenWithParams;
  'info-package': TokenWithParams;
  'recv-info': TokenWithParams[];
  'resource-priority': ResourcePriority[];
  'accept-resource-priority': ResourcePriority[];
  'security-client': TokenWithParams[];
  'security-server': TokenWithParams[];
  'security-verify': TokenWithParams[];
  'proxy-authentication-info': Params;
}
