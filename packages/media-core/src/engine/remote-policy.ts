import { BlockList, isIP } from 'node:net';
import { StrowgerError } from '@strowger/runtime';

/** Where media may go. The same words as `addresses` of sip-transport's `TransportLayer`. */
export interface RemoteAddressSettings {
  /**
   * `public` where peers are strangers of the internet: what their descriptions name may not be
   * this machine or its link. Private networks may: phones behind a NAT name theirs, and their
   * media is then answered where it comes from. Default `any`.
   */
  readonly edge?: 'any' | 'public';
  /** Further networks that no media goes to, such as `10.0.0.0/8`. */
  readonly deny?: readonly string[];
  /** Networks that are not denied, whatever else is said. */
  readonly allow?: readonly string[];
}

/** "This network", multicast and broadcast (RFC 6890). */
const ALWAYS = ['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'];
/** This machine, its link, and the metadata of clouds (RFC 6890). */
const NOT_PUBLIC = ['127.0.0.0/8', '169.254.0.0/16', '::1', 'fe80::/10', 'fd00:ec2::254'];

/** Decides by address where media may go; `0.0.0.0` and `::` mean hold, and nothing goes there. */
export class RemotePolicy {
  private readonly denied: BlockList;
  private readonly allowed: BlockList;

  /** Throws `MEDIA_BAD_NETWORK`. */
  constructor({ edge = 'any', deny = [], allow = [] }: RemoteAddressSettings = {}) {
    const general = edge === 'public' ? [...ALWAYS, ...NOT_PUBLIC] : ALWAYS;
    this.denied = networks([...general, ...deny]);
    this.allowed = networks(allow);
  }

  /** Whether media may be agreed upon with this IP address. */
  permits(address: string): boolean {
    const family = isIP(address);
    if (family === 0) return false;
    if (/^[0:.]+$/.test(address)) return true; // hold
    const type = family === 4 ? 'ipv4' : 'ipv6'; // an IPv4 address within IPv6 meets IPv4's rules
    return this.allowed.check(address, type) || !this.denied.check(address, type);
  }
}

function networks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? longest : Number(prefix);
    const isBits = Number.isInteger(bits) && bits >= 0 && bits <= longest && prefix !== '';
    if (family === 0 || !isBits) {
      throw new StrowgerError('MEDIA_BAD_NETWORK', `${text} is no network such as 10.0.0.0/8`);
    }
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
