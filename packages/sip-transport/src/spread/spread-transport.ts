import type { MessagePort } from 'node:worker_threads';
import { type Runtime, StrowgerError } from '@strowger/runtime';
import {
  createResponse,
  parseMessage,
  parseUri,
  type SipMessage,
  type Uri,
} from '@strowger/sip-message';
import { BoundedTable } from '../bounded-table.ts';
import { type Hop, type Inbound, isWebSocket } from '../hop.ts';
import type { TargetOutcome } from '../target-health.ts';
import { TransportLayer } from '../transport-layer.ts';
import type { TransportLayerOptions } from '../transport-options.ts';
import { defaultLimits, parserLimits } from '../transport-limits.ts';
import { bytesToCross } from './bytes-to-cross.ts';
import { newCallId, ownerOf, owningCallId } from './call-owner.ts';
import { KnownNames } from './known-names.ts';
import { PendingLookups } from './pending-lookups.ts';
import { markFlow, readFlow, type Seat } from './seat.ts';
import { ThreadFlows } from './thread-flows.ts';
import { ThreadLink } from './thread-link.ts';
import type { SentBy, ThreadMessage } from './thread-messages.ts';

/** Messages on their way to one thread before more are refused. */
const LINK_LIMIT = 20_000;

/** Sends whose failure may still be told. */
const SENDS = 20_000;

/** What a thread's part is made of. */
export interface SpreadTransportOptions {
  readonly runtime: Runtime;
  readonly seat: Seat;
  /** How it listens, in threads that have sockets. */
  readonly transport: Omit<TransportLayerOptions, 'runtime' | 'onMessage'>;
  /** Every message of the calls that this thread owns. */
  onMessage(inbound: Inbound): void;
  /** A connection is gone, whichever thread had it. */
  onConnectionGone?(hop: Hop): void;
}

/**
 * One thread's part of a transport that is spread over several: it has the shape of transaction-core's
 * `MessageSender`, and hears the messages of the calls that its thread owns. All messages of a call
 * (of a Call-ID) come to one thread, whichever thread's socket they arrive on.
 */
export class SpreadTransport {
  /** What was not passed on because the thread that it belongs to is too far behind. */
  dropped = 0;
  private readonly options: SpreadTransportOptions;
  private readonly layer: TransportLayer | undefined;
  private readonly links = new Map<number, ThreadLink>();
  private readonly names = new KnownNames();
  private readonly flows = new ThreadFlows();
  private readonly lookups: PendingLookups;
  private readonly sends = new BoundedTable<number, (error: StrowgerError) => void>(SENDS);
  private lastSend = 0;

  constructor(options: SpreadTransportOptions) {
    const { runtime, seat, transport } = options;
    this.options = options;
    this.lookups = new PendingLookups(runtime.clock);
    if (!seat.sockets.includes(seat.index)) return;
    this.layer = new TransportLayer({
      ...transport,
      runtime,
      onMessage: (inbound) => this.route(inbound),
      onConnectionGone: (hop) => this.gone(markFlow(hop, seat.index)),
    });
  }

  /** Where this thread listens; nothing where another has the sockets. */
  get listening(): TransportLayer['listening'] {
    return this.layer?.listening ?? [];
  }

  /** Binds the sockets, where this thread has some. Rejects with `LISTEN_FAILED`. */
  async start(): Promise<void> {
    await this.layer?.start();
  }

  /** Resolves when sockets and links are released. */
  async close(): Promise<void> {
    await this.layer?.close();
    this.lookups.close();
    for (const link of this.links.values()) link.close();
    this.links.clear();
  }

  /** Takes up the link to another thread, or to the one that stands in for it. */
  meet(index: number, port: MessagePort): void {
    this.links.get(index)?.close();
    const link = new ThreadLink({
      port,
      limit: LINK_LIMIT,
      onMessage: (message) => this.take(message, index),
    });
    this.links.set(index, link);
    this.flows.forget(index);
    for (const hop of this.flows.told) link.tell({ type: 'opened', hop });
  }

  /** A Call-ID whose messages will all come to this thread: for the calls that it makes. */
  newCallId(): string {
    const { seat, runtime } = this.options;
    const owner = seat.owners.indexOf(seat.index);
    return newCallId(runtime.random, Math.max(0, owner), seat.owners.length);
  }

  /** As `TransportLayer.locate`; asked of the thread that has the sockets where this one has none. */
  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    if (this.layer !== undefined) return this.layer.locate(target, sizeBytes);
    return this.lookups.ask((id) =>
      this.tell(this.socketSeat(), { type: 'locate', id, target: target.toString(), sizeBytes }),
    );
  }

  /** As `TransportLayer.sentBy`. */
  sentBy(hop: Hop): SentBy {
    const { seat, hop: bare } = this.placed(hop);
    return seat === this.options.seat.index && this.layer !== undefined
      ? this.layer.sentBy(bare)
      : this.names.of(hop);
  }

  /** As `TransportLayer.send`; `THREAD_BUSY` where the thread with the socket is too far behind. */
  send(message: SipMessage, hop: Hop, failed: (error: StrowgerError) => void): void {
    const { seat, hop: bare } = this.placed(hop);
    if (seat === this.options.seat.index && this.layer !== undefined) {
      this.layer.send(message, bare, failed);
      return;
    }
    const id = ++this.lastSend;
    const bytes = bytesToCross(message);
    if (this.tell(seat, { type: 'send', id, bytes, hop: bare })) this.sends.set(id, failed);
    else queueMicrotask(() => failed(busy()));
  }

  /** As `TransportLayer.report`. */
  report(hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void {
    const { seat, hop: bare } = this.placed(hop);
    if (seat === this.options.seat.index) this.layer?.report(bare, outcome, retryAfterMs);
    else this.tell(seat, { type: 'report', hop: bare, outcome, retryAfterMs });
  }

  /** As `TransportLayer.isFlowOpen`, whichever thread has the flow: known once it was heard from. */
  isFlowOpen(marked: Hop): boolean {
    const { seat, hop } = readFlow(marked);
    if (seat !== this.options.seat.index) return this.flows.has(marked);
    return this.layer?.isFlowOpen(hop) ?? false;
  }

  /** As `TransportLayer.trust`, in the thread that heard the peer. */
  trust(hop: Hop): void {
    this.know(hop, true);
  }

  /** As `TransportLayer.suspect`, in the thread that heard the peer. */
  suspect(hop: Hop): void {
    this.know(hop, false);
  }

  private know(marked: Hop, isTrusted: boolean): void {
    const { seat = this.socketSeat(), hop } = readFlow(marked);
    if (seat !== this.options.seat.index) {
      this.tell(seat, { type: 'known', hop, isTrusted });
    } else if (isTrusted) this.layer?.trust(hop);
    else this.layer?.suspect(hop);
  }

  /** What was heard on a socket of this thread goes to the thread that owns the call. */
  private route(inbound: Inbound): void {
    const { seat, onMessage } = this.options;
    const { message, local, peer } = inbound;
    const hop = markFlow(inbound.hop, seat.index);
    if (this.flows.isNew(hop)) this.tellOwners({ type: 'opened', hop });
    const owner = seat.owners[ownerOf(owningCallId(message), seat.owners.length)] ?? seat.index;
    if (owner === seat.index) {
      onMessage({ ...inbound, hop });
      return;
    }
    const bytes = bytesToCross(message);
    const sentBy = this.layer?.sentBy(inbound.hop) ?? this.names.of(hop);
    if (!this.tell(owner, { type: 'heard', bytes, hop, local, sentBy, peer })) this.refuse(inbound);
  }

  /** Over UDP the request comes again by itself; over a stream the sender is told. */
  private refuse({ message, hop }: Inbound): void {
    const isAnswerable = message.kind === 'request' && message.method !== 'ACK';
    if (!isAnswerable || hop.transport === 'udp') return;
    const response = createResponse(message, 503, { headers: [['Retry-After', '5']] });
    this.layer?.send(response, hop, () => {});
  }

  private take(message: ThreadMessage, from: number): void {
    switch (message.type) {
      case 'heard':
        return this.hear(message);
      case 'send':
        return this.sendFor(message, from);
      case 'failed': {
        const failed = this.sends.get(message.id);
        this.sends.delete(message.id);
        return failed?.(new StrowgerError(message.error.code, message.error.message));
      }
      case 'locate':
        return void this.locateFor(message, from);
      case 'located':
        for (const [hop, name] of message.hops) this.names.learn(hop, name);
        return this.lookups.found(
          message.id,
          message.hops.map(([hop]) => hop),
        );
      case 'report':
        return this.layer?.report(message.hop, message.outcome, message.retryAfterMs);
      case 'known':
        return this.know(markFlow(message.hop, this.options.seat.index), message.isTrusted);
      case 'opened':
        return this.flows.opened(message.hop);
      case 'gone':
        this.flows.gone(message.hop);
        return this.options.onConnectionGone?.(message.hop);
    }
  }

  private hear({ bytes, hop, local, sentBy, peer }: ThreadMessage & { type: 'heard' }): void {
    const parsed = this.read(bytes, hop);
    if (!parsed.ok) return; // the other thread has parsed it: it was whole
    this.names.learn(hop, sentBy);
    const inbound = { message: parsed.value, hop, local };
    this.options.onMessage(peer === undefined ? inbound : { ...inbound, peer });
  }

  private sendFor({ id, bytes, hop }: ThreadMessage & { type: 'send' }, from: number): void {
    const failed = ({ code, message }: StrowgerError): void =>
      void this.tell(from, { type: 'failed', id, error: { code, message } });
    const parsed = this.read(bytes, hop);
    // as a message and not as bytes: the gate has to know what it lets out, and to whom
    if (parsed.ok) this.layer?.send(parsed.value, hop, failed);
  }

  private async locateFor(
    { id, target, sizeBytes }: ThreadMessage & { type: 'locate' },
    from: number,
  ): Promise<void> {
    const uri = parseUri(target);
    const { layer } = this;
    try {
      const hops = uri.ok && layer !== undefined ? await layer.locate(uri.value, sizeBytes) : [];
      const named = hops.map((hop) => [hop, layer?.sentBy(hop) ?? this.names.of(hop)] as const);
      this.tell(from, { type: 'located', id, hops: named });
    } catch {
      this.tell(from, { type: 'located', id, hops: [] }); // the asker says NO_ROUTE
    }
  }

  private gone(hop: Hop): void {
    this.flows.gone(hop);
    this.options.onConnectionGone?.(hop);
    this.tellOwners({ type: 'gone', hop });
  }

  private tellOwners(message: ThreadMessage): void {
    const { owners, index } = this.options.seat;
    for (const owner of owners) if (owner !== index) this.tell(owner, message);
  }

  /** By the limits of the sockets: what came in by them is whole for its owner, too. */
  private read(bytes: Uint8Array, hop: Hop): ReturnType<typeof parseMessage> {
    const limits = parserLimits({ ...defaultLimits, ...this.options.transport.limits });
    return parseMessage(bytes, { framed: isFramed(hop), limits });
  }

  /** Whose socket a hop takes. Any thread's UDP socket is as good as that which heard the peer. */
  private placed(hop: Hop): { readonly seat: number; readonly hop: Hop } {
    const { seat, hop: bare } = readFlow(hop);
    const own = this.options.seat.index;
    if (this.layer !== undefined && (seat === undefined || hop.transport === 'udp')) {
      return { seat: own, hop: bare };
    }
    return { seat: seat ?? this.socketSeat(), hop: bare };
  }

  private socketSeat(): number {
    return this.options.seat.sockets[0] ?? this.options.seat.index;
  }

  private tell(seat: number, message: ThreadMessage): boolean {
    const told = this.links.get(seat)?.tell(message) ?? false;
    if (!told) this.dropped++;
    return told;
  }
}

/** Whether messages follow each other on the wire. */
function isFramed({ transport }: Hop): boolean {
  return transport !== 'udp' && !isWebSocket(transport);
}

function busy(): StrowgerError {
  return new StrowgerError('THREAD_BUSY', 'the thread that has the socket is too far behind');
}
