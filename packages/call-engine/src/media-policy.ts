import type { MediaBackend, PerEnd, RelayRequest } from '@strowger/session-core';
import type { CalleeMedia } from './call-engine-options.ts';

/** What calls keep to that do not say it themselves. */
export type MediaPolicy = Pick<CalleeMedia, 'srtp' | 'keying'>;

/** What opens the relays of calls. */
export type RelayOpener = Pick<MediaBackend, 'openRelay'>;

/** Relays whose ends keep to a policy, unless they are asked for otherwise. */
export function relaysWith(policy: MediaPolicy, backend: RelayOpener): RelayOpener {
  return {
    openRelay: (request) => backend.openRelay({ ...request, ...relayPolicy(request, policy) }),
  };
}

function relayPolicy(request: RelayRequest, policy: MediaPolicy): Partial<RelayRequest> {
  const keying =
    request.keying && 'map' in request.keying ? { ...both(request.keying) } : request.keying;
  const srtp = typeof request.srtp === 'string' ? both(request.srtp) : request.srtp;
  return {
    ...(policy.srtp && { srtp: { ...both(policy.srtp), ...srtp } }),
    ...(policy.keying && {
      keying: { ...both(policy.keying), ...keying } as PerEnd<typeof policy.keying>,
    }),
  };
}

function both<T>(value: T): { readonly a: T; readonly b: T } {
  return { a: value, b: value };
}
