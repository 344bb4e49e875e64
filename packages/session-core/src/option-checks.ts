import { StrowgerError } from '@strowger/runtime';
import { isSips, NameAddr } from '@strowger/sip-message';
import { isSecure, type TransportName } from '@strowger/transaction-core';
import type { CallOptions } from './call-options.ts';
import type { SessionManagerOptions } from './session-manager-options.ts';
import { badOption } from './recovery.ts';

/** Timers of the runtime reach as far. */
const LONGEST_MS = 2 ** 31 - 1;

/** @internal Throws `BAD_OPTION`, with the name of what is wrong and what would be right. */
export function checkManagerOptions(options: SessionManagerOptions): void {
  const { limits = {}, mediaRetries, contactUser } = options;
  count('limits.sessions', limits.sessions, [0, Number.MAX_SAFE_INTEGER]);
  count('limits.perUser', limits.perUser, [1, Number.MAX_SAFE_INTEGER]);
  count('limits.answerMs', limits.answerMs, [1, LONGEST_MS]);
  count('limits.maxAgeMs', limits.maxAgeMs, [1, LONGEST_MS]);
  count('limits.conferences', limits.conferences, [0, Number.MAX_SAFE_INTEGER]);
  count('limits.conferenceMembers', limits.conferenceMembers, [1, 1000]);
  count('mediaRetries', mediaRetries, [0, 100]);
  if (contactUser !== undefined && /[\s<>@:;?]/u.test(contactUser)) {
    throw wrong('contactUser', contactUser, 'the user part of a SIP address');
  }
}

/** @internal The same for a call. */
export function checkCallOptions(options: CallOptions): void {
  const { ringTimeoutMs, codecs, lateOffer, offer, followRedirects } = options;
  count('ringTimeoutMs', ringTimeoutMs, [1, LONGEST_MS]);
  if (codecs?.length === 0) throw wrong('codecs', '[]', 'at least one encoding name');
  if (offer !== undefined && lateOffer === true) {
    throw wrong('lateOffer', 'true', 'an offer in the INVITE, or one in the 200');
  }
  if (options.transport !== undefined) checkTransport(options, options.transport);
  if (typeof followRedirects === 'object') {
    count('followRedirects.limit', followRedirects.limit, [0, 100]);
  }
}

/** RFC 3261 §26.2.2, RFC 7118 §5.3. */
function checkTransport({ to, requestUri }: CallOptions, transport: TransportName): void {
  const target = requestUri ?? (to instanceof NameAddr ? to.uri : to);
  if (!isSips(target) || isSecure(transport)) return;
  throw wrong('transport', transport, 'tls or wss with a sips: address');
}

function count(name: string, value: number | undefined, [least, most]: [number, number]): void {
  if (value === undefined) return;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw wrong(name, value, `a whole number from ${least} to ${most}`);
}

function wrong(name: string, value: unknown, right: string): StrowgerError {
  return badOption('BAD_OPTION', name, `${name} is ${String(value)}; allowed: ${right}`);
}
