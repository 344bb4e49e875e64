import type { MediaBackend, PerEnd, RelayRequest } from '@strowger/session-core';
import type { CalleeMedia } from './call-engine-options.ts';

/** What calls keep to that do not say it themselves. */
export type MediaPolicy = Pick<CalleeMedia, 'srtp' | 'keying'>;

/** A backend whose endpoints and relays keep to a policy, unless they are asked for otherwise. */
export function withPolicy(backend: MediaBackend, policy: MediaPolicy): MediaBackend {
  if (policy.srtp === undefined && policy.keying === undefined) return backend;
  const { openNegotiated } = backend;
  return {
    openEndpoint: (request) => backend.openEndpoint({ ...policy, ...request }),
    openRelay: (request) => backend.openRelay({ ...request, ...relayPolicy(request, policy) }),
    ...(openNegotiated && {
      openNegotiated: (request) => openNegotiated.call(backend, request),
    }),
    openConference: (request) => backend.openConference(request),
    openRecordingFeed: (request) => backend.openRecordingFeed({ ...policy, ...request }),
    usage: () => backend.usage(),
    close: () => backend.close(),
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
