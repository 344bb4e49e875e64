import type { Buffer } from 'node:buffer';
import { parseMessage, type SipMessage, StreamFramer } from '@strowger/sip-message';
import { hostPort } from '../host-port.ts';
import { labelOf } from '../rungs.ts';
import { readSegment, TcpStreams } from './tcp-streams.ts';
import type { IpPayload } from './ip-packets.ts';

/** A SIP message on the wire; without `message` where it could not be read. */
export interface Sight {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly transport: 'udp' | 'tcp';
  readonly label: string;
  readonly callId: string;
  readonly message?: SipMessage;
}

const FRAMERS = 4096;

/** Finds SIP in what IP packets carry: in datagrams and in streams, whatever the ports are. */
export class SipSights {
  private readonly tcp = new TcpStreams();
  private readonly framers = new Map<string, StreamFramer>();
  private readonly found: (sight: Sight) => void;

  constructor(found: (sight: Sight) => void) {
    this.found = found;
  }

  /** Whether a datagram was SIP. */
  datagram({ source, destination, bytes }: IpPayload, atMs: number): boolean {
    const payload = bytes.subarray(8);
    if (bytes.length < 8 || !isSip(payload)) return false;
    const from = hostPort(source, bytes.readUInt16BE(0));
    const to = hostPort(destination, bytes.readUInt16BE(2));
    this.tell(payload, { atMs, from, to, transport: 'udp' });
    return true;
  }

  segment(payload: IpPayload, atMs: number): void {
    const segment = readSegment(payload);
    if (segment === undefined) return;
    const { from, to } = segment;
    const key = `${from}>${to}`;
    const { pieces, isNew } = this.tcp.take(segment);
    if (isNew) this.framers.delete(key);
    for (const piece of pieces) {
      const framer = this.framers.get(key) ?? this.openFramer(key, piece, { from, to });
      this.now = atMs;
      framer?.push(piece);
    }
  }

  /** When the piece came that is being read. */
  private now = 0;

  private openFramer(
    key: string,
    first: Buffer,
    { from, to }: { from: string; to: string },
  ): StreamFramer | undefined {
    if (!isSip(first)) return undefined;
    const framer = new StreamFramer({
      onMessage: (bytes) => this.tell(bytes, { atMs: this.now, from, to, transport: 'tcp' }),
      onKeepAlive: () => {},
      onRefused: () => this.framers.delete(key),
    });
    this.framers.set(key, framer);
    if (this.framers.size > FRAMERS) this.framers.delete(this.framers.keys().next().value ?? '');
    return framer;
  }

  private tell(bytes: Uint8Array, where: Pick<Sight, 'atMs' | 'from' | 'to' | 'transport'>): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      const label = `(unreadable: ${parsed.refusal.code})`;
      return this.found({ ...where, label, callId: '' });
    }
    const { value: message } = parsed;
    this.found({ ...where, label: labelOf(message), callId: message.callId, message });
  }
}

/** Whether it begins like a SIP message (RFC 3261 §7.1, §7.2). */
function isSip(payload: Buffer): boolean {
  const start = payload.subarray(0, 2048).toString('latin1');
  if (start.startsWith('SIP/2.0 ')) return true;
  const line = start.slice(0, Math.max(0, start.indexOf('\n'))).trimEnd();
  return line.endsWith(' SIP/2.0') && /^[A-Z]{1,20} /.test(line);
}
