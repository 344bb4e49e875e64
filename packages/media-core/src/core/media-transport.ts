import type { DatagramSocket, Endpoint, Runtime } from '@strowger/runtime';
import { type DtlsIdentity, isDtls } from '../dtls/index.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { SourceLock } from '../rtp/source-lock.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { CoreEvent } from './core-api.ts';
import { DtlsKeying } from './dtls-keying.ts';
import { IcePath } from './ice-path.ts';
import type { MediaProtection } from './media-protection.ts';

/** What a transport is made of. */
export interface MediaTransportOptions {
  readonly runtime: Runtime;
  readonly lock: SourceLock;
  readonly protection: MediaProtection;
  /** Absent where keys never come by DTLS. */
  readonly identity?: DtlsIdentity | undefined;
  /** A packet that a relay has brought: as if it had come to the socket. */
  onRelayed(packet: Uint8Array, from: Endpoint): void;
  tell(event: CoreEvent): void;
}

/**
 * What shares RTP's port with it (RFC 7983): checks of ICE, and the handshake that gives its keys.
 * It knows where packets go to, and who may send some.
 */
export class MediaTransport {
  /** Of RTP, once it is bound. */
  socket: DatagramSocket | undefined;
  private readonly options: MediaTransportOptions;
  private readonly lock: SourceLock;
  private readonly keying: DtlsKeying | undefined;
  readonly ice: IcePath;

  constructor(options: MediaTransportOptions) {
    this.options = options;
    this.lock = options.lock;
    const { runtime, identity, tell } = options;
    this.ice = new IcePath({
      runtime,
      send: (packet, to) => this.socket?.send(packet, to),
      onRelayed: (packet, from) => options.onRelayed(packet, from),
      onFailed: (message) => tell({ type: 'failed', code: 'ICE_FAILED', message }),
      onFound: () => this.keying?.nudge(),
    });
    this.keying =
      identity &&
      new DtlsKeying({
        runtime,
        identity,
        send: (datagram, to) => this.sendHandshake(datagram, to),
        isPeer: (from) => from !== undefined && this.isPeer(from),
        onKeys: (keys) => this.onKeys(keys),
        onFailed: (message) => tell({ type: 'failed', code: 'DTLS_FAILED', message }),
      });
  }

  /** Where media goes; `undefined`: nowhere now. */
  get target(): Endpoint | undefined {
    return this.ice.isOn ? this.ice.target : this.lock.target;
  }

  /** Takes over what was negotiated, once the lock has. */
  configure({ security, ice }: NegotiatedMedia): void {
    const { protection, tell } = this.options;
    const isNew = protection.configure(security);
    if (isNew && protection.suite)
      tell({ type: 'secured', keying: 'sdes', suite: protection.suite });
    this.ice.configure(ice);
    this.keying?.configure(security, { isVerified: this.ice.isOn });
  }

  /** A packet that is neither RTP nor RTCP; `false` where it is nothing that is known here. */
  receive(packet: Uint8Array, from: Endpoint): boolean {
    if (!isDtls(packet)) return this.ice.receive(packet, from);
    if (this.keying === undefined) return false;
    // any pair that was checked will do: the one to go by may not be decided yet
    if (!this.ice.isOn || this.ice.isVerified(from)) this.keying.receive(packet, from);
    else this.lock.strangers++;
    return true;
  }

  /** Sends a packet of media to `target`. */
  send(packet: Uint8Array, target: Endpoint): void {
    if (this.ice.isOn) this.ice.send(packet, target);
    else this.socket?.send(packet, target);
  }

  /** Whether this packet of RTP, which came `now`, is to be taken. */
  admits(from: Endpoint, header: RtpHeader, now: number): boolean {
    if (this.ice.isOn) return this.countedUnless(this.ice.isVerified(from));
    const isAuthentic = this.options.protection.suite !== undefined;
    return this.lock.admit(from, header, { now, isAuthentic });
  }

  /** Whether RTCP may come from there; `control`: where it was negotiated to come from. */
  admitsControl(from: Endpoint, control: Endpoint | undefined): boolean {
    return this.ice.isOn ? this.ice.isVerified(from) : this.lock.admitsControl(from, control);
  }

  close(): void {
    this.keying?.close();
    this.ice.close();
  }

  private countedUnless(isVerified: boolean): boolean {
    if (!isVerified) this.lock.strangers++;
    return isVerified;
  }

  private isPeer(from: Endpoint): boolean {
    if (this.ice.isOn) return this.ice.isVerified(from);
    const { target } = this.lock;
    return from.address === target?.address && from.port === target.port;
  }

  /** Without ICE an answer goes where the message came from: a NAT may be between (RFC 5764 §5.1). */
  private sendHandshake(datagram: Uint8Array, to: Endpoint | undefined): void {
    const target = this.ice.isOn ? this.target : (to ?? this.target);
    if (target !== undefined) this.send(datagram, target);
  }

  private onKeys(keys: Parameters<MediaProtection['secure']>[0]): void {
    const { protection, tell } = this.options;
    protection.secure(keys);
    if (keys) tell({ type: 'secured', keying: 'dtls', suite: keys.send.suite });
  }
}

/** Whether a packet is neither RTP nor RTCP, whose first two bits are the version 2 (RFC 7983 §7). */
export function isNoRtp(packet: Uint8Array): boolean {
  const first = packet[0] ?? 0;
  return first < 128 || first > 191;
}
