import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import type { Random } from '@strowger/runtime';
import { DtlsFault } from './dtls-fault.ts';
import type { Group } from './dtls-suites.ts';
import { concat } from './tls-bytes.ts';

/** One side's half of an agreement on a secret (RFC 8422 §5.4, §5.10): for one handshake. */
export interface KeyShare {
  readonly group: Group;
  /** What the other side is told. */
  readonly publicKey: Uint8Array;
  /** The secret that both have. Faults with `illegal_parameter` where theirs is no key. */
  secretWith(theirs: Uint8Array): Uint8Array;
}

/** Around the 32 bytes of a key of X25519 (RFC 8410 §3, §4). */
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');

export function createKeyShare(group: Group, random: Random): KeyShare {
  return group === 'x25519' ? x25519Share(random) : p256Share(random);
}

function x25519Share(random: Random): KeyShare {
  const der = concat(X25519_PRIVATE, random.bytes(32));
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    group: 'x25519',
    publicKey: new Uint8Array(spki.subarray(-32)),
    secretWith: (theirs) =>
      agreed(() => {
        const key = Buffer.from(concat(X25519_PUBLIC, theirs));
        const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
        // a point of small order, whose secret everybody knows, makes it throw (RFC 7748 §6.1)
        return diffieHellman({ privateKey, publicKey });
      }),
  };
}

function p256Share(random: Random): KeyShare {
  const ecdh = createECDH('prime256v1');
  for (let isMade = false; !isMade; ) {
    try {
      ecdh.setPrivateKey(random.bytes(32));
      isMade = true;
    } catch {
      // not below the order of the group, as one in four billion is not
    }
  }
  return {
    group: 'P-256',
    publicKey: new Uint8Array(ecdh.getPublicKey()),
    secretWith: (theirs) => agreed(() => ecdh.computeSecret(theirs)),
  };
}

function agreed(compute: () => Buffer): Uint8Array {
  try {
    return new Uint8Array(compute());
  } catch (cause) {
    throw new DtlsFault('illegal_parameter', `No key can be agreed: ${String(cause)}`);
  }
}
