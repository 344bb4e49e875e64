import type { Clock, Endpoint } from '@strowger/runtime';
import type { LocatedHead, Refusal } from '@strowger/sip-message';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { TransportName } from './hop.ts';
import type { SecurityEvents } from './security-events.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What a connection tells its owner. */
export interface ConnectionUser {
  onMessage(bytes: Uint8Array, connection: Connection, located?: LocatedHead): void;
  /** What cannot be framed: the connection closes, for nothing behind it can be found. */
  onRefused(refusal: Refusal, bytes: Uint8Array, connection: Connection): void;
  onKeepAlive(kind: 'ping' | 'pong', connection: Connection): void;
  onOpen(connection: Connection): void;
  /** It takes no more messages; `failedToOpen` when it never did. */
  onGone(connection: Connection, failedToOpen: boolean): void;
  /** Its socket is released. */
  onReleased(connection: Connection): void;
}

/** What a connection is made of. */
export interface ConnectionOptions {
  /** Names the flow. */
  readonly id: string;
  readonly transport: TransportName;
  readonly channel: Channel;
  readonly remote: Endpoint;
  /** The name that it was opened for. */
  readonly host?: string | undefined;
  readonly accepted: boolean;
  /** The address of ours that it leaves from once it is open, as far as we know. */
  readonly from?: string | undefined;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly events: SecurityEvents;
  readonly user: ConnectionUser;
}
