import { hash } from 'node:crypto';

/** Characters of a proof, 6 bits each: a guess is right once in 2^72 tries. */
const LENGTH = 12;

/** Proves that a Route is one that we recorded in this very call, and nobody else wrote. */
export class RouteProof {
  private readonly key: string;

  constructor(key: Uint8Array) {
    this.key = Buffer.from(key).toString('base64url');
  }

  /**
   * Of letters that a URI parameter may hold as they are. A hash behind a secret, not an HMAC, which
   * costs four times as much: of the 256 bits only 72 are told, so nobody can go on from them.
   */
  of(callId: string): string {
    return hash('sha256', `${this.key} ${callId}`, 'base64url').slice(0, LENGTH);
  }
}
