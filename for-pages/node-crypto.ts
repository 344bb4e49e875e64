/** What digests use of `node:crypto`, for web pages: MD5 is not in WebCrypto (`@noble/hashes`, MIT). */
import { hmac } from '@noble/hashes/hmac.js';
import { md5 } from '@noble/hashes/legacy.js';
import { sha256, sha512_256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { Buffer } from './node-buffer.ts';

const HASHES = { md5, sha256, 'sha512-256': sha512_256 } as const;

type Encoding = 'hex' | 'base64url';

export function createHash(name: string): { update(data: Input): unknown } {
  return new Digest(hashOf(name).create());
}

export function createHmac(name: string, key: Uint8Array): { update(data: Input): unknown } {
  return new Digest(hmac.create(hashOf(name), key));
}

export function createSecretKey(key: Uint8Array): Uint8Array {
  return key;
}

export function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return difference === 0;
}

type Input = string | Uint8Array;

class Digest {
  private readonly state: { update(data: Uint8Array): unknown; digest(): Uint8Array };

  constructor(state: Digest['state']) {
    this.state = state;
  }

  update(data: Input): this {
    this.state.update(typeof data === 'string' ? new TextEncoder().encode(data) : data);
    return this;
  }

  digest(encoding: Encoding): string {
    const bytes = this.state.digest();
    if (encoding === 'hex') return bytesToHex(bytes);
    const text = Buffer.from(bytes).toString('base64');
    return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }
}

function hashOf(name: string) {
  const hash = HASHES[name as keyof typeof HASHES];
  if (hash === undefined) throw new Error(`no hash ${name}`);
  return hash;
}
