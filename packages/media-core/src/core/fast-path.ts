import type { ForwardedPacket, Forwarding } from '@strowger/runtime';
import { RTP_HEADER_LENGTH, type RtpHeader } from '../rtp/rtp.ts';
import type { RtpSession } from './rtp-session.ts';

/** What comes after a silence is looked at: time-outs, ratings and the lock on a source ask for that. */
const PAUSE_MS = 250;

/** One that has gone on, as it counts at one side. */
export interface CountedPacket {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  /** Of its payload. */
  readonly octets: number;
  /** When it came, by the session's clock. */
  readonly at: number;
}

/** How packets that go on are changed. */
export interface Renumbering {
  /** By payload type; -1 for those that stay. */
  readonly payloadTypes: Int16Array;
  readonly sequenceOffset: number;
  readonly timestampOffset: number;
}

/**
 * The way of one direction of a relay past this program: where nobody has to look at a stream's packets,
 * the socket sends them on by itself (`DatagramSocket.forward`), and they are counted here afterwards, as
 * if each had been seen when it came. Whoever reads what is counted calls `catchUp` before; whatever
 * changes how packets go on calls `end`, and the next packet decides anew.
 */
export class FastPath {
  private readonly from: RtpSession;
  private readonly to: RtpSession;
  private forwarding: Forwarding | undefined;
  private as: Renumbering | undefined;
  private now = 0;

  constructor(from: RtpSession, to: RtpSession) {
    this.from = from;
    this.to = to;
  }

  /** This packet has gone on: those that follow it may go by themselves, unless anybody wants to see them. */
  begin(header: RtpHeader, as: Renumbering): void {
    const { from, to } = this;
    this.end();
    const source = from.plainSource;
    const target = to.plainTarget;
    if (source === undefined || target === undefined || header.ssrc === from.sender.ssrc) return;
    // digits are listened to
    const payloadTypes = as.payloadTypes.map((its, ours) => (from.isAudio(ours) ? its : -1));
    this.as = { ...as, payloadTypes };
    this.forwarding = source.socket.forward?.({
      from: source.remote,
      ssrc: header.ssrc,
      sequence: header.sequence,
      through: target.socket,
      to: target.remote,
      asSsrc: to.sender.ssrc,
      pauseMs: PAUSE_MS,
      ...this.as,
    });
    if (this.forwarding === undefined) return;
    from.incoming = this;
    to.outgoing = this;
  }

  /** Counts what has gone on since. */
  catchUp(): void {
    this.now = this.from.runtime.clock.now();
    this.forwarding?.take(this.note);
  }

  /** From now on every packet is looked at. Idempotent. */
  end(): void {
    const { forwarding } = this;
    if (forwarding === undefined) return;
    forwarding.end();
    this.catchUp();
    this.forwarding = undefined;
  }

  private readonly note = (packet: ForwardedPacket): void => {
    const { from, to, as } = this;
    const { payloadType, sequence, timestamp } = packet;
    if (as === undefined) return;
    const at = this.now - packet.ageMs;
    const octets = packet.octets - RTP_HEADER_LENGTH; // no other header is forwarded
    from.countForwarded({ payloadType, sequence, timestamp, octets, at });
    to.sender.countForwarded({
      payloadType: as.payloadTypes[payloadType] ?? payloadType,
      sequence: (sequence + as.sequenceOffset) & 0xffff,
      timestamp: (timestamp + as.timestampOffset) >>> 0,
      octets,
      at,
    });
  };
}
