import { canonicalAddress } from './ip-address.ts';
import type { TransportLimits } from './transport-limits.ts';

/** How many sockets may be held, in all and by one address. */
export class Places {
  private readonly limits: TransportLimits;
  private readonly perAddress = new Map<string, number>();
  private held = 0;
  private emptied: (() => void) | undefined;

  constructor(limits: TransportLimits) {
    this.limits = limits;
  }

  /** Sockets that are held. */
  get size(): number {
    return this.held;
  }

  /** Takes a place for a socket with this address; false when there is none. */
  take(address: string): boolean {
    const key = canonicalAddress(address);
    const ofPeer = this.perAddress.get(key) ?? 0;
    const { connections, connectionsPerPeer } = this.limits;
    if (this.held >= connections || ofPeer >= connectionsPerPeer) return false;
    this.held++;
    this.perAddress.set(key, ofPeer + 1);
    return true;
  }

  /** Gives a place back: its socket is released. */
  give(address: string): void {
    const key = canonicalAddress(address);
    const left = (this.perAddress.get(key) ?? 1) - 1;
    if (left > 0) this.perAddress.set(key, left);
    else this.perAddress.delete(key);
    this.held--;
    if (this.held === 0) this.emptied?.();
  }

  /** Resolves when no socket is held. */
  async empty(): Promise<void> {
    if (this.held > 0) await new Promise<void>((resolve) => (this.emptied = resolve));
  }
}
