import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Characters of a proof, 6 bits each: a guess is right once in 2^72 tries. */
const LENGTH = 12;

/** Proves that a Route is one that we recorded in this very call, and nobody else wrote. */
export class RouteProof {
  private readonly key: KeyObject;

  constructor(key: Uint8Array) {
    this.key = createSecretKey(key);
  }

  /** Of the letters that a URI parameter may hold as they are. */
  of(callId: string): string {
    return createHmac('sha256', this.key).update(callId).digest('base64url').slice(0, LENGTH);
  }
}
