import { isLoopback } from './ip-address.ts';
import { Networks } from './networks.ts';
import { unmapped } from './source-key.ts';

/** The networks in which our bound addresses can be reached as they are. */
export class LocalNetworks {
  private readonly networks: Networks;

  /** @param ranges such as `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Throws `BAD_NETWORK`. */
  constructor(ranges: readonly string[]) {
    this.networks = new Networks(ranges, 'localNetworks');
  }

  /** Whether a peer is in one of them, or on this machine. */
  has(peer: string): boolean {
    return isLoopback(unmapped(peer)) || this.networks.has(peer);
  }
}
