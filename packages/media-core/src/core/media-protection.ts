import { sameKeys } from '../sdp/crypto-attribute.ts';
import type { MediaSecurity, SrtpKeys, SrtpSuite } from '../sdp/index.ts';
import { type HmacSha1, SrtpReceiver, SrtpSender } from '../srtp/index.ts';

/** The keys of both directions. */
export interface MediaKeys {
  readonly send: SrtpKeys;
  readonly receive: SrtpKeys;
}

interface Contexts {
  readonly keys: MediaKeys;
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;
}

/**
 * What happens to every packet between a session and its sockets, by what was negotiated. It fails
 * closed: where encryption was agreed and there are no keys for it, nothing leaves and nothing comes
 * in, and what was once encrypted is never in the clear again.
 */
export class MediaProtection {
  /** Packets that were forged, damaged, repeated or in the clear. */
  unauthentic = 0;
  private readonly hmac: HmacSha1;
  private contexts: Contexts | undefined;
  /** One for each key of ours that was ever used: an endpoint has one for each suite at most. */
  private readonly senders: { readonly keys: SrtpKeys; readonly sender: SrtpSender }[] = [];
  private isRequired = false;
  /** Whether keys come from a handshake. */
  private isHandshaken = false;

  /** @param hmac shared by all streams of a thread: it holds the memory in which packets are signed. */
  constructor(hmac: HmacSha1) {
    this.hmac = hmac;
  }

  /** Undefined in the clear. */
  get suite(): SrtpSuite | undefined {
    return this.contexts?.keys.send.suite;
  }

  /**
   * New keys begin anew (RFC 4568 §7.1.4). A key of ours goes on where it was, also after another
   * was in use meanwhile: no index may be used twice under one key (RFC 3711 §9.1). What DTLS has
   * given stays until `secure` gives other keys or none.
   */
  configure(security: MediaSecurity): boolean {
    if (security.kind !== 'none') this.isRequired = true;
    const wasHandshaken = this.isHandshaken;
    this.isHandshaken = security.kind === 'dtls';
    if (this.isHandshaken && wasHandshaken) return false;
    const before = this.contexts;
    this.contexts = undefined;
    if (security.kind !== 'sdes') return false;
    const isSameReceive = before !== undefined && sameKeys(before.keys.receive, security.receive);
    this.contexts = {
      keys: security,
      sender: this.senderOf(security.send),
      receiver: isSameReceive ? before.receiver : new SrtpReceiver(security.receive, this.hmac),
    };
    return !isSameReceive || !sameKeys(before.keys.send, security.send);
  }

  /** Keys of a handshake, which nobody ever had before; none: nothing passes until there are some. */
  secure(keys: MediaKeys | undefined): void {
    if (!this.isHandshaken) return;
    this.contexts = keys && {
      keys,
      sender: new SrtpSender(keys.send, this.hmac),
      receiver: new SrtpReceiver(keys.receive, this.hmac),
    };
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
    const clear = this.contexts?.receiver.unprotect(packet);
    if (clear === undefined) this.unauthentic++;
    return clear;
  }

  /** The same for RTCP. */
  unprotectControl(packet: Uint8Array): Uint8Array | undefined {
    if (!this.isRequired) return packet;
    const clear = this.contexts?.receiver.unprotectControl(packet);
    if (clear === undefined) this.unauthentic++;
    return clear;
  }

  private senderOf(keys: SrtpKeys): SrtpSender {
    const known = this.senders.find((one) => sameKeys(one.keys, keys));
    if (known !== undefined) return known.sender;
    const sender = new SrtpSender(keys, this.hmac);
    this.senders.push({ keys, sender });
    return sender;
  }
}
