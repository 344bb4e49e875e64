import { sameKeys } from '../sdp/crypto-attribute.ts';
import type { Clock } from '@strowger/runtime';
import type { MediaSecurity, SrtpKeys, SrtpSuite } from '../sdp/index.ts';
import { type PacketSigner, SrtpSender } from '../srtp/index.ts';
import { PeerKeys } from './peer-keys.ts';

/** The keys of both directions. */
export interface MediaKeys {
  readonly send: SrtpKeys;
  readonly receive: SrtpKeys;
}

interface Contexts {
  readonly keys: MediaKeys;
  readonly sender: SrtpSender;
}

/**
 * What happens to every packet between a session and its sockets, by what was negotiated. It fails
 * closed: where encryption was agreed and there are no keys for it, nothing leaves and nothing comes
 * in, and what was once encrypted is never in the clear again.
 */
export class MediaProtection {
  /** Packets that were forged, damaged, repeated or in the clear. */
  unauthentic = 0;
  /** Told of each of these where there are keys. */
  onUnauthentic: (isReplay: boolean) => void = () => {};
  private readonly signer: PacketSigner;
  private readonly clock: Clock;
  private readonly peer: PeerKeys;
  private contexts: Contexts | undefined;
  /** One for each key of ours that was ever used: an endpoint has one for each suite at most. */
  private readonly senders: { readonly keys: SrtpKeys; readonly sender: SrtpSender }[] = [];
  private isRequired = false;
  /** Whether keys come from a handshake. */
  private isHandshaken = false;

  /** @param signer shared by all streams of a thread: it holds the memory in which packets are signed. */
  constructor(signer: PacketSigner, clock: Clock) {
    this.signer = signer;
    this.clock = clock;
    this.peer = new PeerKeys(signer);
  }

  /** Undefined in the clear. */
  get suite(): SrtpSuite | undefined {
    return this.contexts?.keys.send.suite;
  }

  /** Whether packets pass as they are. */
  get isInClear(): boolean {
    return !this.isRequired;
  }

  /**
   * New keys begin anew (RFC 4568 §7.1.4). A key goes on where it was, also after another was in
   * use meanwhile: no index of ours may be used twice under one key (RFC 3711 §9.1), none of the
   * peer's taken twice. What DTLS has given stays until `secure` gives other keys or none.
   *
   * @returns whether there are other keys of descriptions than before.
   */
  configure(security: MediaSecurity): boolean {
    if (security.kind !== 'none') this.isRequired = true;
    const wasHandshaken = this.isHandshaken;
    this.isHandshaken = security.kind === 'dtls';
    if (this.isHandshaken && wasHandshaken) return false;
    const before = this.contexts?.keys;
    this.contexts = undefined;
    if (security.kind !== 'sdes') {
      this.peer.pause();
      return false;
    }
    const { send, receive } = security;
    this.contexts = { keys: security, sender: this.senderOf(send) };
    this.peer.use(receive, this.clock.now());
    return !before || !sameKeys(before.receive, receive) || !sameKeys(before.send, send);
  }

  /** Keys of a handshake, which nobody ever had before; none: nothing passes until there are some. */
  secure(keys: MediaKeys | undefined): void {
    if (!this.isHandshaken) return;
    this.contexts = keys && { keys, sender: new SrtpSender(keys.send, this.signer) };
    if (keys) this.peer.use(keys.receive, this.clock.now());
    else this.peer.pause();
  }

  /** The RTP packet as it may leave; `undefined` where it may not. */
  protect(packet: Uint8Array): Uint8Array | undefined {
    return this.isRequired ? this.contexts?.sender.protect(packet) : packet;
  }

  /** The same for RTCP. */
  protectControl(compound: Uint8Array): Uint8Array | undefined {
    return this.isRequired ? this.contexts?.sender.protectControl(compound) : compound;
  }

  /** The RTP packet in the clear; `undefined` where it is not the peer's. */
  unprotect(packet: Uint8Array): Uint8Array | undefined {
    if (!this.isRequired) return packet;
    const { replays } = this.peer;
    const clear = this.peer.unprotect(packet, this.clock.now());
    if (clear === undefined) this.refuse(this.peer.replays > replays);
    return clear;
  }

  /** The same for RTCP. */
  unprotectControl(packet: Uint8Array): Uint8Array | undefined {
    if (!this.isRequired) return packet;
    const { replays } = this.peer;
    const clear = this.peer.unprotectControl(packet, this.clock.now());
    if (clear === undefined) this.refuse(this.peer.replays > replays);
    return clear;
  }

  /** What comes before there are keys is early, and nobody's fault. */
  private refuse(isReplay: boolean): void {
    this.unauthentic++;
    if (this.contexts !== undefined) this.onUnauthentic(isReplay);
  }

  private senderOf(keys: SrtpKeys): SrtpSender {
    const known = this.senders.find((one) => sameKeys(one.keys, keys));
    if (known !== undefined) return known.sender;
    const sender = new SrtpSender(keys, this.signer);
    this.senders.push({ keys, sender });
    return sender;
  }
}
