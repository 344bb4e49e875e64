import { readAuthParams } from './auth-params.ts';
import {
  formatDialogReference,
  formatTargetDialog,
  readJoin,
  readReplaces,
  readTargetDialog,
} from './dialog-reference.ts';
import type { ExtensionHeaderTypes } from './extension-types.ts';
import {
  formatPrivacy,
  formatRAck,
  formatResourcePriority,
  formatSessionExpires,
  formatSessionId,
  readContactPreference,
  readMinSE,
  readPrivacy,
  readRAck,
  readReason,
  readReferSub,
  readResourcePriority,
  readSessionExpires,
  readSessionId,
  readSubscriptionState,
} from './extension-values.ts';
import { emptyList, type Format, type Kind, list, number, single } from './header-kind.ts';
import { readToken, readTokenWithParams } from './header-values.ts';
import { formatIdentity, readIdentity } from './identity.ts';
import { readNameAddr } from './name-addr.ts';
import {
  minSEAt,
  nameAddrAt,
  sessionExpiresAt,
  tokenAt,
  tokenWithParamsAt,
} from './plain-readers.ts';
import { plainAddress, plainToken, plainTokenWithParams } from './plain-values.ts';
import { plainSeconds } from './plain-seconds.ts';

const MAX_32 = 0xffff_ffff;

/** A header that only these requests cannot do without. */
function needed(kind: Kind, ...methods: string[]): Kind {
  return { ...kind, neededBy: methods };
}

/** A header that nothing fails for. */
function optional(kind: Kind, format?: Format): Kind {
  return { ...kind, neededBy: [], format };
}

const tokens = (section: string): Kind => list(section, readToken, plainToken, tokenAt);
const tokenWithParams = (section: string): Kind =>
  single(section, readTokenWithParams, plainTokenWithParams, tokenWithParamsAt);
const tokensWithParams = (section: string): Kind =>
  list(section, readTokenWithParams, plainTokenWithParams, tokenWithParamsAt);
const address = (section: string): Kind => single(section, readNameAddr, plainAddress, nameAddrAt);
const addresses = (section: string): Kind => list(section, readNameAddr, plainAddress, nameAddrAt);

/** How the headers of extensions are read. */
export const EXTENSION_KINDS: Readonly<Record<keyof ExtensionHeaderTypes, Kind>> = {
  reason: optional(list('RFC 3326 §2', readReason)),
  'allow-events': optional(tokens('RFC 6665 §8.2.2')),
  event: needed(tokenWithParams('RFC 6665 §8.2.1'), 'SUBSCRIBE', 'NOTIFY', 'PUBLISH'),
  'subscription-state': needed(
    single('RFC 6665 §8.2.3', readSubscriptionState, plainTokenWithParams, tokenWithParamsAt),
    'NOTIFY',
  ),
  'refer-to': needed(address('RFC 3515 §2.1'), 'REFER'),
  'referred-by': optional(address('RFC 3892 §3')),
  'refer-sub': optional(single('RFC 4488 §4', readReferSub)),
  replaces: {
    ...needed(single('RFC 3891 §6.1', readReplaces), 'INVITE'),
    format: formatDialogReference,
  },
  join: { ...needed(single('RFC 3911 §7.1', readJoin), 'INVITE'), format: formatDialogReference },
  'target-dialog': optional(single('RFC 4538 §4', readTargetDialog), formatTargetDialog),
  rack: { ...needed(single('RFC 3262 §7.2', readRAck), 'PRACK'), format: formatRAck },
  rseq: optional(number('RFC 3262 §7.1', MAX_32)),
  'session-expires': optional(
    single('RFC 4028 §4', readSessionExpires, plainSeconds, sessionExpiresAt),
    formatSessionExpires,
  ),
  'min-se': optional(single('RFC 4028 §5', readMinSE, plainSeconds, minSEAt)),
  'sip-etag': optional(single('RFC 3903 §11.3.1', readToken, plainToken, tokenAt)),
  'sip-if-match': needed(single('RFC 3903 §11.3.2', readToken, plainToken, tokenAt), 'PUBLISH'),
  path: needed(addresses('RFC 3327 §4'), 'REGISTER'),
  'service-route': optional(addresses('RFC 3608 §5')),
  'flow-timer': optional(number('RFC 5626 §4.4', MAX_32)),
  'max-breadth': optional(number('RFC 5393 §5.3.1', MAX_32)),
  'p-asserted-identity': optional(addresses('RFC 3325 §9.1')),
  'p-preferred-identity': optional(addresses('RFC 3325 §9.2')),
  'p-called-party-id': optional(address('RFC 7315 §4.2')),
  'p-associated-uri': optional({ ...addresses('RFC 7315 §4.1'), canBeEmpty: true }),
  'remote-party-id': optional(addresses('draft-ietf-sip-privacy-04 §5')),
  privacy: optional(single('RFC 3323 §4.2', readPrivacy), formatPrivacy),
  diversion: optional(addresses('RFC 5806 §4.1')),
  'history-info': optional(addresses('RFC 7044 §5')),
  identity: optional(list('RFC 8224 §4', readIdentity), formatIdentity),
  'session-id': optional(single('RFC 7989 §5', readSessionId), formatSessionId),
  'accept-contact': optional(list('RFC 3841 §9.2', readContactPreference)),
  'reject-contact': optional(list('RFC 3841 §9.2', readContactPreference)),
  'request-disposition': optional(tokens('RFC 3841 §9.1')),
  'answer-mode': optional(tokenWithParams('RFC 5373 §3')),
  'priv-answer-mode': optional(tokenWithParams('RFC 5373 §3')),
  'info-package': optional(tokenWithParams('RFC 6086 §7.2')),
  'recv-info': optional(
    emptyList('RFC 6086 §7.3', readTokenWithParams, plainTokenWithParams, tokenWithParamsAt),
  ),
  'resource-priority': optional(
    list('RFC 4412 §3.1', readResourcePriority),
    formatResourcePriority,
  ),
  'accept-resource-priority': optional(
    emptyList('RFC 4412 §3.2', readResourcePriority),
    formatResourcePriority,
  ),
  'security-client': optional(tokensWithParams('RFC 3329 §2.2')),
  'security-server': optional(tokensWithParams('RFC 3329 §2.2')),
  'security-verify': optional(tokensWithParams('RFC 3329 §2.2')),
  'proxy-authentication-info': optional(single('RFC 7615 §4', readAuthParams)),
};
