import { type HeaderInput, NameAddr, type SipResponse } from '@strowger/sip-message';
import type { MessageParts } from '../dialog-user.ts';
import type { ReferOptions } from './refer-options.ts';
import type { SubscriptionEnd } from './subscriber-table.ts';

/** Header fields and body of a REFER (RFC 3515 §2.4.1, RFC 3892, RFC 4488, RFC 7614). */
export function referParts(options: ReferOptions): MessageParts {
  const { referTo, referredBy, subscription = 'implicit' } = options;
  const address = referTo instanceof NameAddr ? referTo : new NameAddr({ uri: referTo });
  const headers: [string, HeaderInput][] = [['Refer-To', address]];
  if (referredBy !== undefined) headers.push(['Referred-By', referredBy]);
  if (subscription === 'none') headers.push(['Refer-Sub', 'false']);
  if (subscription === 'explicit') headers.push(['Require', 'explicitsub']);
  return { headers: [...headers, ...(options.headers ?? [])], body: options.body };
}

/** Why a 2xx to REFER makes no subscription in its dialog, where it does not. */
export function noSubscription(
  { subscription }: ReferOptions,
  response: SipResponse,
): SubscriptionEnd | undefined {
  if (subscription === 'explicit') return { kind: 'noSubscription' };
  // only where we asked for it may the peer leave it out (RFC 4488 §4)
  if (subscription !== 'none' || response.headers.get('refer-sub') !== false) return undefined;
  return { kind: 'noSubscription' };
}

/** Where the progress of an explicit REFER is (RFC 7614 §4.2). */
export function eventsAt({ headers }: SipResponse): NameAddr | undefined {
  const [first = ''] = headers.raw('refer-events-at');
  const address = NameAddr.parse(first);
  return address.ok ? address.value : undefined;
}
