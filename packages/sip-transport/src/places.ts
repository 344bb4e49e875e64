import { sourceKey } from './source-key.ts';
import type { TransportLimits } from './transport-limits.ts';

/** How many sockets may be held, in all and by one source. */
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

  /** Whether all are taken. */
  get isFull(): boolean {
    return this.held >= this.limits.connections;
  }

  /** Whether a source has as many as one may. */
  isFullFor(address: string): boolean {
    const ofPeer = this.perAddress.get(sourceKey(address)) ?? 0;
    return ofPeer >= this.limits.connectionsPerPeer;
  }

  /** Takes a place for a socket with this address. */
  take(address: string): void {
    const key = sourceKey(address);
    this.held++;
    this.perAddress.set(key, (this.perAddress.get(key) ?? 0) + 1);
  }

  /** Gives a place back: its socket is released. */
  give(address: string): void {
    const key = sourceKey(address);
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
