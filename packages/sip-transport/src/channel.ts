import type { Endpoint } from '@strowger/runtime';
import type { LocatedHead, Refusal } from '@strowger/sip-message';
import type { PeerIdentity } from './peer-identity.ts';

/** What a channel tells the connection that owns it. */
export interface ChannelUser {
  /** It can carry messages now; told only by a channel that we open ourselves. */
  onOpen(): void;
  /** @param located what was found in it already. */
  onMessage(bytes: Uint8Array, located?: LocatedHead): void;
  onKeepAlive(kind: 'ping' | 'pong'): void;
  /** Bytes came; how many belong to no whole message yet. */
  onMoved(unfinishedBytes: number): void;
  /** What cannot be framed: nothing behind it can be found. */
  onRefused(refusal: Refusal, bytes: Uint8Array): void;
  onBroken(cause: unknown): void;
  /** The peer sends nothing more. */
  onEnd(): void;
  /** Its socket is released. */
  onReleased(): void;
}

/** What carries whole messages over one socket: a framed stream, or a WebSocket. */
export interface Channel {
  /** The address and port on this side; those of the wildcard while it is not open. */
  readonly local: Endpoint;
  /** Bytes that the peer has not taken yet. */
  readonly waitingBytes: number;
  /** Who the peer proved to be; known once it is open. */
  readonly identity: PeerIdentity | undefined;
  /** Whether it is ours to end because the peer's certificate is not good enough. */
  readonly refusesPeer: boolean;
  start(user: ChannelUser): void;
  /** What is written before it is open waits. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): void;
  /** Asks the peer for a sign of life (RFC 5626 §3.5.1, RFC 7118 §6). */
  ping(): void;
  /** Lets what waits leave, then closes. */
  end(): void;
  destroy(): void;
}
