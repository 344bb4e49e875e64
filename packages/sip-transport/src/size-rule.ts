import type { Hop } from './hop.ts';

/**
 * The hops for a request that is too long for a datagram (RFC 3261 §18.1.1): TCP to every peer
 * that may take it, then UDP for those on which it fails.
 *
 * @param takesTcp whether TCP to the peer of a UDP hop is worth a try.
 */
export function preferTcp(hops: readonly Hop[], takesTcp: (hop: Hop) => boolean): Hop[] {
  const reliable = hops.flatMap((hop) => {
    if (hop.transport !== 'udp') return [hop];
    return takesTcp(hop) ? [{ ...hop, transport: 'tcp' as const }] : [];
  });
  const once = new Map(reliable.map((hop) => [`${hop.address} ${hop.port}`, hop]));
  return [...once.values(), ...hops.filter((hop) => hop.transport === 'udp')];
}
