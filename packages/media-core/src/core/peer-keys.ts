import { sameKeys } from '../sdp/crypto-attribute.ts';
import type { SrtpKeys } from '../sdp/index.ts';
import { type PacketSigner, SrtpReceiver } from '../srtp/index.ts';

/** Keys of a peer that are kept at a time. */
const KEPT_KEYS = 16;
/** How long packets under the keys before are still taken: those that were on their way. */
const GRACE_MS = 2000;

interface Known {
  readonly keys: SrtpKeys;
  readonly receiver: SrtpReceiver;
}

/**
 * What takes a peer's packets, under whichever keys it uses now. Each of its keys has its state for
 * as long as it is kept: a peer that goes back to one goes on where it was, so that nothing of it is
 * taken twice (RFC 3711 §3.3.2) and its rollover counter holds.
 */
export class PeerKeys {
  private readonly signer: PacketSigner;
  /** In the order of their use, the current one last. */
  private known: Known[] = [];
  private current: SrtpReceiver | undefined;
  private before: SrtpReceiver | undefined;
  private graceUntil = 0;

  constructor(signer: PacketSigner) {
    this.signer = signer;
  }

  /** Under the keys that are taken now. */
  get replays(): number {
    return (this.current?.replays ?? 0) + (this.before?.replays ?? 0);
  }

  /** From now on the peer uses these; packets under those before are taken for two seconds more. */
  use(keys: SrtpKeys, now: number): void {
    const known = this.known.find((one) => sameKeys(one.keys, keys));
    const used = known ?? { keys, receiver: new SrtpReceiver(keys, this.signer) };
    if (used.receiver === this.current) return;
    this.before = this.current;
    this.graceUntil = now + GRACE_MS;
    this.current = used.receiver;
    this.known = [...this.known.filter((one) => one !== used), used].slice(-KEPT_KEYS);
  }

  /** Nothing is taken until `use`. */
  pause(): void {
    this.current = undefined;
    this.before = undefined;
  }

  /** The RTP packet in the clear; `undefined` where it is not the peer's, or is a copy. */
  unprotect(packet: Uint8Array, now: number): Uint8Array | undefined {
    return this.current?.unprotect(packet) ?? this.beforeAt(now)?.unprotect(packet);
  }

  /** The same for RTCP. */
  unprotectControl(packet: Uint8Array, now: number): Uint8Array | undefined {
    return this.current?.unprotectControl(packet) ?? this.beforeAt(now)?.unprotectControl(packet);
  }

  private beforeAt(now: number): SrtpReceiver | undefined {
    if (now >= this.graceUntil) this.before = undefined;
    return this.before;
  }
}
