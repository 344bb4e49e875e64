import type { Endpoint } from '@strowger/runtime';

/** Addresses that are remembered: an attacker cannot make us change our source for ever. */
const MOST_ADDRESSES = 4;

/**
 * Tells whether a packet that bears our own SSRC is a collision, after which we are somebody else,
 * or our own stream that comes back (RFC 3550 §8.2): whoever sends under our number again after we
 * changed it loops. A loop is still heard: echo testers send back every packet as it is.
 */
export class SsrcCollisions {
  private readonly addresses: string[] = [];

  /** Whether we have to take another SSRC because of a packet with ours that came from there. */
  isCollision(from: Endpoint): boolean {
    const address = `${from.address} ${from.port}`;
    if (this.addresses.includes(address) || this.addresses.length >= MOST_ADDRESSES) return false;
    this.addresses.push(address);
    return true;
  }
}
