import { BlockList } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import { familyOf } from './ip-address.ts';
import { unmapped } from './source-key.ts';

/** A set of networks of both families; an IPv4-mapped IPv6 address counts as the IPv4 address. */
export class Networks {
  private readonly list = new BlockList();
  private isEmpty = true;

  /**
   * @param ranges such as `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`. Throws `BAD_NETWORK`.
   * @param key the option that they are from, for the error.
   */
  constructor(ranges: readonly string[], key: string) {
    for (const range of ranges) this.add(range, key);
  }

  /** Whether an address is in one of them; a name is in none. */
  has(address: string): boolean {
    if (this.isEmpty) return false;
    const plain = unmapped(address.split('%', 1)[0] ?? '');
    const family = familyOf(plain);
    return family !== undefined && this.list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  }

  private add(range: string, key: string): void {
    const [, address = '', bits] = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
    const family = familyOf(address);
    const most = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (family === undefined || prefix > most) {
      const what = `${JSON.stringify(range)} is no network: expected 10.0.0.0/8, fd00::/8`;
      throw new StrowgerError('BAD_NETWORK', what, {
        recovery: { kind: 'fixConfiguration', key },
      });
    }
    this.list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
    this.isEmpty = false;
  }
}
