import type { SrtpKeys } from '../sdp/media-security.ts';
import { CounterCipher } from './counter-cipher.ts';
import { GcmCipher, hasGhash } from './gcm-cipher.ts';
import { deriveKey, LABELS } from './key-derivation.ts';
import { CounterMode, type Keystream } from './keystream.ts';
import { NodeGcmCipher } from './node-gcm-cipher.ts';
import type { PacketSigner } from './packet-signer.ts';
import { protectionOf } from './srtp-suite.ts';

/** Where a packet stands in its stream. */
export interface PacketPlace {
  readonly ssrc: number;
  /** Of 48 bits in RTP, of 31 in RTCP. */
  readonly index: number;
  /** Made ahead for this stream. */
  readonly keystream: Keystream;
}

/** Protects the packets of one direction: RTP's, or RTCP's with the word of their index behind. */
export interface PacketCipher {
  /** Bytes that it adds behind a packet. */
  readonly tagLength: number;
  /**
   * Writes `packet` to `out`, enciphered from `start` on, and behind it the tag, in RTCP with the index:
   * `out` is longer by what they take.
   */
  seal(packet: Uint8Array, out: Uint8Array, start: number, place: PacketPlace): void;
  /**
   * The reverse, in place, of a packet whose enciphered part ends at `end`: `false` where the tag is
   * not right, and then the packet is as it was.
   */
  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean;
}

/** The cipher of these keys. @throws StrowgerError `SRTP_BAD_KEYS` where their lengths do not fit. */
export function packetCipher(
  keys: SrtpKeys,
  kind: 'rtp' | 'rtcp',
  signer: PacketSigner,
): PacketCipher {
  const { mode, tagLength, controlTagLength } = protectionOf(keys);
  const { encryption, authentication, salt } = LABELS[kind];
  const key = deriveKey(keys, encryption, keys.masterKey.length);
  if (mode === 'gcm') return gcmCipher(key, deriveKey(keys, salt, 12), kind, signer);
  return new CounterCipher({
    mode: new CounterMode(key, deriveKey(keys, salt, 14), 'cm'),
    signer,
    key: signer.hmac(deriveKey(keys, authentication, 20)),
    tagLength: kind === 'rtp' ? tagLength : controlTagLength,
    kind,
  });
}

/** The fast one where it can be had. */
export function gcmCipher(
  key: Uint8Array,
  salt: Uint8Array,
  kind: 'rtp' | 'rtcp',
  signer: PacketSigner,
): PacketCipher {
  if (!hasGhash(signer)) return new NodeGcmCipher(key, salt, kind);
  return new GcmCipher({ key, salt, signer, kind });
}
