import type { Arrival } from '../rtp/reception.ts';
import { emptyRtpHeader, readRtp, type RtpHeader } from '../rtp/rtp.ts';
import type { RelayedPayload } from './core-api.ts';
import { RelayPath } from './relay-path.ts';
import type { RtpSession } from './rtp-session.ts';

/** Hears the packets of a session beside its user, in the clear; it may neither keep nor change one. */
export interface PacketListener {
  onPacket(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void;
  /** Another synchronisation source speaks from now on. */
  onSourceChanged(): void;
}

/** Who listens to one direction of a session; nobody, most of the time. */
export class PacketListeners {
  private listeners: readonly PacketListener[] = [];
  private readonly header = emptyRtpHeader();
  private readonly onAdded: () => void;

  constructor(onAdded: () => void) {
    this.onAdded = onAdded;
  }

  get isEmpty(): boolean {
    return this.listeners.length === 0;
  }

  add(listener: PacketListener): void {
    this.onAdded();
    this.listeners = [...this.listeners.filter((one) => one !== listener), listener];
  }

  remove(listener: PacketListener): void {
    this.listeners = this.listeners.filter((one) => one !== listener);
  }

  tell(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    if (this.isEmpty) return;
    for (const listener of this.listeners) listener.onPacket(packet, header, arrival);
  }

  /** Of a packet whose header nobody has read yet. */
  tellUnread(packet: Uint8Array): void {
    if (this.listeners.length > 0 && readRtp(packet, this.header)) {
      this.tell(packet, this.header, 'next');
    }
  }

  sourceChanged(): void {
    for (const listener of this.listeners) listener.onSourceChanged();
  }
}

/** Copies of one direction of a session, out at another session as its own. */
export class PacketTap implements PacketListener {
  private readonly path: RelayPath;

  constructor(to: RtpSession) {
    this.path = new RelayPath(to);
  }

  setPayloads(payloads: readonly RelayedPayload[]): void {
    this.path.setPayloads(payloads);
  }

  onPacket(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    this.path.forward(packet.slice(), header, arrival);
  }

  onSourceChanged(): void {
    this.path.realign();
  }
}
