import { isIP } from 'node:net';
import type { Endpoint } from '@strowger/runtime';
import type { IceCandidate } from '../sdp/index.ts';

/** How candidates of each type are preferred (RFC 8445 §5.1.2.2). */
const PREFERENCES = { host: 126, prflx: 110, srflx: 100, relay: 0 } as const;
const RTP = 1;

/** The priority of a candidate of ours: we have one address of each type, and one component. */
export function candidatePriority(type: IceCandidate['type'], localPreference = 65_535): number {
  return PREFERENCES[type] * 2 ** 24 + localPreference * 2 ** 8 + (256 - RTP);
}

/** A candidate of ours for RTP; RTCP shares its port. */
export function localCandidate(
  type: 'host' | 'srflx' | 'relay',
  { address, port }: Endpoint,
  related?: Endpoint,
): IceCandidate {
  return {
    foundation: String(PREFERENCES[type]),
    component: RTP,
    transport: 'udp',
    priority: candidatePriority(type),
    address,
    port,
    type,
    ...(related && { relatedAddress: related.address, relatedPort: related.port }),
  };
}

/** Whether it can be paired with an address of ours: names behind which browsers hide cannot. */
export function isUsable(
  { component, transport, address, port }: IceCandidate,
  family: number,
): boolean {
  return component === RTP && transport === 'udp' && port > 0 && isIP(address) === family;
}

/** The priority of a pair, to 2^63 (RFC 8445 §6.1.2.3). */
export function pairPriority(controlling: number, controlled: number): bigint {
  const [low, high] = [Math.min(controlling, controlled), Math.max(controlling, controlled)];
  return 2n ** 32n * BigInt(low) + 2n * BigInt(high) + (controlling > controlled ? 1n : 0n);
}
