import { BoundedTable } from './bounded-table.ts';
import { isUnicast } from './ip-address.ts';
import { Networks } from './networks.ts';
import { unmapped } from './source-key.ts';

/** Where requests of ours may go. */
export interface AddressPolicySettings {
  /**
   * `public` where peers are strangers of the internet: what their Contacts, Routes and names lead
   * to may not be in a private network or on this machine. Default `any`.
   */
  readonly edge?: 'any' | 'public';
  /** Further networks that nothing is sent to, such as `198.51.100.0/24`. */
  readonly deny?: readonly string[];
  /** Networks that are not denied, whatever else is said; multicast always is. */
  readonly allow?: readonly string[];
}

/** The addresses of "this network" and of clouds' metadata, which give away secrets (RFC 6890). */
const ALWAYS = ['0.0.0.0/8', '240.0.0.0/4', '169.254.169.254', 'fd00:ec2::254'];
/** What no public peer is in (RFC 6890). */
const NOT_PUBLIC = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '::1',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
];

const MOST_DECISIONS = 1000;

/** Decides by address, after names were looked up, where requests may go. */
export class AddressPolicy {
  private readonly denied: Networks;
  private readonly allowed: Networks;
  /** What was decided: the policy never changes, and to look through networks takes 2 µs. */
  private readonly decided = new BoundedTable<string, boolean>(MOST_DECISIONS);

  /** Throws `BAD_NETWORK`. */
  constructor({ edge = 'any', deny = [], allow = [] }: AddressPolicySettings) {
    const general = edge === 'public' ? [...ALWAYS, ...NOT_PUBLIC] : ALWAYS;
    this.denied = new Networks([...general, ...deny], 'addresses.deny');
    this.allowed = new Networks(allow, 'addresses.allow');
  }

  /** Whether a request may go to this IP address. */
  permits(address: string): boolean {
    const decided = this.decided.get(address);
    if (decided !== undefined) return decided;
    const isPermitted = this.decide(address);
    this.decided.set(address, isPermitted);
    return isPermitted;
  }

  private decide(address: string): boolean {
    const plain = unmapped(address);
    if (!isUnicast(plain)) return false;
    return this.allowed.has(plain) || !this.denied.has(plain);
  }
}
