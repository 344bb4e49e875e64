import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Endpoint } from '@strowger/runtime';
import { StreamFramer } from '@strowger/sip-message';
import type { Channel, ChannelUser } from './channel.ts';
import { identityOf, type PeerIdentity } from './peer-identity.ts';
import { parserLimits, type TransportLimits } from './transport-limits.ts';

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);
const PONG = PING.subarray(2);

/** A TCP or TLS connection, cut into messages by Content-Length (RFC 3261 §18.3). */
export class StreamChannel implements Channel {
  private readonly socket: Socket;
  private readonly limits: TransportLimits;
  private isEnding = false;
  private isGathering = false;

  constructor(socket: Socket, limits: TransportLimits) {
    this.socket = socket;
    this.limits = limits;
  }

  get local(): Endpoint {
    return localOf(this.socket);
  }

  get waitingBytes(): number {
    return this.socket.writableLength;
  }

  get identity(): PeerIdentity | undefined {
    return verifiedIdentity(this.socket);
  }

  get refusesPeer(): boolean {
    return refusesCertificate(this.socket);
  }

  start(user: ChannelUser): void {
    const { socket } = this;
    const framer = this.framer(user);
    socket.setNoDelay(true);
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => user.onOpen());
    socket.on('data', (chunk) => {
      if (this.isEnding) return;
      framer.push(chunk);
      user.onMoved(framer.pendingBytes);
    });
    socket.on('error', (error) => user.onBroken(error));
    socket.on('end', () => user.onEnd());
    socket.on('close', () => user.onReleased());
  }

  /** What one turn of the event loop writes leaves in one call of the system. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    if (!this.isGathering) {
      this.isGathering = true;
      this.socket.cork();
      process.nextTick(this.release);
    }
    this.socket.write(bytes, done);
  }

  ping(): void {
    this.socket.write(PING);
  }

  end(): void {
    this.isEnding = true;
    this.socket.destroySoon();
  }

  destroy(): void {
    this.isEnding = true;
    this.socket.destroy();
  }

  private readonly release = (): void => {
    this.isGathering = false;
    this.socket.uncork();
  };

  private framer(user: ChannelUser): StreamFramer {
    return new StreamFramer({
      limits: parserLimits(this.limits),
      onMessage: (bytes, located) => user.onMessage(bytes, located),
      onKeepAlive: (kind) => {
        user.onKeepAlive(kind);
        if (kind === 'ping' && this.hasRoom()) this.socket.write(PONG);
      },
      onRefused: (refusal, bytes) => user.onRefused(refusal, bytes),
    });
  }

  /** A peer that pings and does not read gets no pongs to pile up. */
  private hasRoom(): boolean {
    return !this.isEnding && this.waitingBytes < this.limits.queuedBytesPerConnection;
  }
}

/** Our end of a socket; the wildcard while it has none. */
export function localOf({ localAddress = '0.0.0.0', localPort = 0 }: Socket): Endpoint {
  return { address: localAddress, port: localPort };
}

/** Who is at the other end of a TLS socket, where its certificate was checked and is good. */
export function verifiedIdentity(socket: Socket): PeerIdentity | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : identityOf(certificate);
}

/** Whether the other end of a TLS socket showed a certificate that is not good enough. */
export function refusesCertificate(socket: Socket): boolean {
  return socket instanceof TLSSocket && Boolean(socket.authorizationError);
}
