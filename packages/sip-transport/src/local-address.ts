import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '@strowger/runtime';
import { type Family, familyOf, isLoopback, localhostAddress } from './ip-address.ts';

/** How long the list of interfaces is believed. */
const BELIEVE_MS = 5000;

interface Interface {
  readonly address: string;
  readonly family: Family;
  readonly internal: boolean;
  readonly network: BlockList;
}

/** Which of this machine's addresses a peer can answer to, for sockets that are bound to all. */
export class LocalAddresses {
  private readonly clock: Clock;
  private interfaces: readonly Interface[] = [];
  private readUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * The address on the network that the peer is in; else the first that leads out; loopback where
   * there is none.
   */
  towards(peer: string): string {
    const family = familyOf(peer) ?? 4;
    if (isLoopback(peer)) return localhostAddress(family);
    const outward = this.read().filter((one) => one.family === family && !one.internal);
    const type = family === 4 ? 'ipv4' : 'ipv6';
    const near = outward.find((one) => one.network.check(peer.split('%', 1)[0] ?? '', type));
    return (near ?? outward[0])?.address ?? localhostAddress(family);
  }

  /** The interfaces have changed. */
  forget(): void {
    this.readUntil = Number.NEGATIVE_INFINITY;
  }

  /** Whether this machine still has it. */
  has(address: string): boolean {
    const plain = address.split('%', 1)[0];
    return this.read().some((one) => one.address === plain);
  }

  private read(): readonly Interface[] {
    if (this.clock.now() < this.readUntil) return this.interfaces;
    this.readUntil = this.clock.now() + BELIEVE_MS;
    this.interfaces = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address, cidr, internal }) => {
        const family = familyOf(address) ?? 4;
        const network = new BlockList();
        const bits = Number(cidr?.split('/')[1] ?? (family === 4 ? 32 : 128));
        network.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
        return { address, family, internal, network };
      });
    return this.interfaces;
  }
}
