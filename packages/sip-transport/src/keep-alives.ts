import { type Clock, type Random, StrowgerError, type Timer } from '@strowger/runtime';
import type { Connection } from './connection.ts';
import type { ConnectionTable } from './connection-table.ts';
import type { Hop } from './hop.ts';
import type { LocalPoints } from './local-points.ts';
import type { StunAgent } from './stun-agent.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { UdpSockets } from './udp-sockets.ts';

/** Why a flow cannot be used any more. */
export interface FlowGone {
  readonly hop: Hop;
  /**
   * The connection was closed; a ping was not answered; or a NAT on the way gave us another
   * address, so that the peer knows one that leads nowhere (RFC 5626 §4.4.2).
   */
  readonly reason: 'closed' | 'noAnswer' | 'moved';
}

/** A flow that is kept alive. */
export interface KeepAlive {
  /** Pings no more. */
  stop(): void;
}

/** What keeping flows alive needs. */
export interface KeepAlivesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly points: LocalPoints;
  readonly connections: ConnectionTable;
  readonly stun: StunAgent;
  readonly udp: Pick<UdpSockets, 'sendRaw'>;
  onFlowGone(gone: FlowGone): void;
}

/** What every server of SIP passes over in silence (RFC 3261 §7.5). */
const EMPTY_LINE = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);

/** Pings over flows, and what is missed when no answer comes (RFC 5626 §4.4). */
export class KeepAlives {
  private readonly options: KeepAlivesOptions;
  private readonly kept = new Set<Kept>();
  /** Those on connections, by flow. */
  private readonly byFlow = new Map<string, Kept>();

  constructor(options: KeepAlivesOptions) {
    this.options = options;
  }

  /** Flows that are kept alive. */
  get size(): number {
    return this.kept.size;
  }

  /** Throws `TOO_MANY_KEEP_ALIVES`, `TRANSPORT_UNSUPPORTED`. */
  start(hop: Hop, everyMs?: number): KeepAlive {
    if (this.kept.size >= this.options.limits.keepAlives) throw tooMany();
    const kept =
      hop.transport === 'udp' ? this.datagrams(hop, everyMs) : this.connection(hop, everyMs);
    return { stop: () => this.forget(kept) };
  }

  /** Throws as `start`; for datagrams alone. */
  startOneWay(hop: Hop, everyMs = this.options.limits.stunPingMs): KeepAlive {
    const { limits, points, udp } = this.options;
    if (this.kept.size >= limits.keepAlives) throw tooMany();
    const point = hop.transport === 'udp' ? points.pick(hop) : undefined;
    if (point === undefined) {
      throw new StrowgerError('TRANSPORT_UNSUPPORTED', `no UDP to ${hop.address}`);
    }
    const kept: Kept = { everyMs, ping: () => {} };
    kept.ping = () => {
      udp.sendRaw(EMPTY_LINE, { address: hop.address, port: hop.port }, point);
      this.rest(kept);
    };
    this.begin(kept);
    return { stop: () => this.forget(kept) };
  }

  /** A peer answered a ping on a connection. */
  answered(flow: string): void {
    const kept = this.byFlow.get(flow);
    if (kept !== undefined) this.rest(kept);
  }

  /** A connection is gone. */
  gone(hop: Hop): void {
    const kept = hop.flow === undefined ? undefined : this.byFlow.get(hop.flow);
    if (kept !== undefined) this.forget(kept);
    const reason = kept?.isOverdue === true ? 'noAnswer' : 'closed';
    this.options.onFlowGone({ hop, reason });
  }

  /** Stops all. */
  close(): void {
    for (const kept of this.kept) this.forget(kept);
  }

  private connection(hop: Hop, everyMs = this.options.limits.streamPingMs): Kept {
    const { clock, limits, connections } = this.options;
    const connection = connections.find(hop);
    if (connection === undefined) {
      throw new StrowgerError('CONNECTION_CLOSED', `no connection with ${hop.address} is open`);
    }
    const former = this.byFlow.get(connection.id);
    if (former !== undefined) this.forget(former);
    const kept: Kept = { everyMs, flow: connection.id, ping: () => {} };
    kept.ping = () => {
      connection.ping();
      kept.timer = clock.arm(limits.pongMs, () => overdue(kept, connection));
    };
    this.byFlow.set(connection.id, kept);
    return this.begin(kept);
  }

  private datagrams(hop: Hop, everyMs = this.options.limits.stunPingMs): Kept {
    const { points, stun, onFlowGone } = this.options;
    const point = points.pick(hop);
    if (point === undefined) {
      throw new StrowgerError('TRANSPORT_UNSUPPORTED', `UDP to ${hop.address} is not carried`);
    }
    let seenAt: string | undefined;
    const kept: Kept = { everyMs, ping: () => {} };
    const fail = (reason: FlowGone['reason']): void => {
      this.forget(kept);
      onFlowGone({ hop, reason });
    };
    kept.ping = () => {
      kept.withdraw = stun.ask({ address: hop.address, port: hop.port }, point, (mapped) => {
        if (mapped === undefined) return fail('noAnswer');
        const now = `${mapped.address} ${mapped.port}`;
        if (seenAt !== undefined && seenAt !== now) return fail('moved');
        seenAt = now;
        this.rest(kept);
      });
    };
    return this.begin(kept);
  }

  private begin(kept: Kept): Kept {
    this.kept.add(kept);
    this.rest(kept);
    return kept;
  }

  /** RFC 5626 §4.4: drawn anew each time, so that not all clients ping at once. */
  private rest(kept: Kept): void {
    const { clock, random } = this.options;
    kept.timer?.cancel();
    kept.timer = clock.arm(kept.everyMs * (0.8 + 0.2 * random.float()), () => kept.ping());
  }

  private forget(kept: Kept): void {
    kept.timer?.cancel();
    kept.withdraw?.();
    this.kept.delete(kept);
    if (kept.flow !== undefined && this.byFlow.get(kept.flow) === kept) {
      this.byFlow.delete(kept.flow);
    }
  }
}

interface Kept {
  readonly everyMs: number;
  readonly flow?: string;
  ping: () => void;
  timer?: Timer;
  withdraw?: () => void;
  isOverdue?: boolean;
}

function tooMany(): StrowgerError {
  return new StrowgerError('TOO_MANY_KEEP_ALIVES', 'no more flows can be kept alive');
}

function overdue(kept: Kept, connection: Connection): void {
  kept.isOverdue = true;
  const what = `${connection.remote.address} does not answer pings`;
  connection.abort(new StrowgerError('CONNECTION_CLOSED', what));
}
