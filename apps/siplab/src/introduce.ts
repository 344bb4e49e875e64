import { NameAddr, uri } from '@strowger/sip-message';
import { hostOf } from './host-port.ts';
import type { Leg } from './leg.ts';
import type { CallSettings } from './settings.ts';
import { StepFailed } from './step-failed.ts';

/**
 * Says who calls whom, where the leg does not know yet. `to` is a user of the domain, or a whole
 * `sip:` URI. Throws `StepFailed` where these make no address.
 */
export function introduce(
  leg: Leg,
  { domain = leg.peer.address }: Pick<CallSettings, 'domain'>,
  { from, to }: { from: string; to: string },
): void {
  const { dialog } = leg;
  if (dialog.local !== undefined) return;
  // the port of the peer belongs to its address, not to a domain
  const port = domain === leg.peer.address ? `:${leg.peer.port}` : '';
  const address = (user: string): string =>
    /^sips?:/i.test(user) ? user : `sip:${encodeURIComponent(user)}@${hostOf(domain)}${port}`;
  try {
    dialog.local = new NameAddr({ uri: uri(address(from)), params: [['tag', leg.token()]] });
    dialog.remote = new NameAddr({ uri: uri(address(to)) });
    dialog.target = dialog.remote.uri;
  } catch (error) {
    throw StepFailed.of(error);
  }
}
