import { BlockList } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import { canonicalAddress, familyOf, isLoopback } from './ip-address.ts';

/** The networks in which our bound addresses can be reached as they are. */
export class LocalNetworks {
  private readonly networks = new BlockList();

  /** @param ranges such as `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Throws `BAD_NETWORK`. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) this.add(range);
  }

  /** Whether a peer is in one of them, or on this machine. */
  has(peer: string): boolean {
    const address = canonicalAddress(peer).split('%', 1)[0] ?? '';
    const family = familyOf(address);
    if (family === undefined) return false;
    return isLoopback(address) || this.networks.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }

  private add(range: string): void {
    const [, address = '', bits] = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
    const family = familyOf(address);
    const most = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (family === undefined || prefix > most) {
      const what = `${JSON.stringify(range)} is no network: expected 10.0.0.0/8, fd00::/8`;
      throw new StrowgerError('BAD_NETWORK', what, {
        recovery: { kind: 'fixConfiguration', key: 'localNetworks' },
      });
    }
    this.networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
}
