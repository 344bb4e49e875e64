import { randomBytes, randomFillSync } from 'node:crypto';
import { createSocket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from './clock.ts';
import type { DatagramIo, DatagramOptions, DatagramSocket, Endpoint } from './datagram-io.ts';
import { type Logger, silentLogger } from './logger.ts';
import { AddressWatch, type NetworkWatch } from './network-watch.ts';
import { ALPHABET, type Random, randomFrom } from './random.ts';
import { RtpForwarding } from './rtp-forwarding.ts';
import { SystemClock } from './system-clock.ts';

/** Time, chance, log and datagrams: everything that a layer may ask its surroundings for. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly datagrams: DatagramIo;
  /** Tells when the network has changed; absent where nobody knows. */
  readonly network?: NetworkWatch;
}

/** What the real runtime is made with. */
export interface NodeRuntimeOptions {
  /** Default: none. */
  readonly logger?: Logger;
  /** Another way to the network than `dgram`, such as `createDatagramIo` of datagram-batch. */
  readonly datagrams?: DatagramIo | undefined;
}

/** The real runtime: the system's monotonic clock, its random bytes, `dgram`, its addresses. */
export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  // nobody waits for another network: whoever watches lets its process end
  const watchClock = new SystemClock({ holdsProcess: false });
  return {
    clock: new SystemClock(),
    network: new AddressWatch({ clock: watchClock, addresses: ownAddresses }),
    random: { ...randomFrom(pooledBytes()), token: pooledTokens() },
    logger: options.logger ?? silentLogger,
    datagrams: options.datagrams ?? nodeDatagrams,
  };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (list) => list?.map(({ address }) => address) ?? [],
  );
}

/** Random bytes cut from a pool: asking the system for 4096 at once costs little more than for 4. */
function pooledBytes(): (length: number) => Uint8Array {
  const pool = new Uint8Array(4096);
  let used = pool.length;
  return (length) => {
    if (length > pool.length / 4) return randomBytes(length);
    if (used + length > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += length;
    return pool.slice(used - length, used); // a copy: what was given is never given again
  };
}

/** Tokens cut from a pool of random letters: each is one copy of a few octets, and given once. */
function pooledTokens(): Random['token'] {
  const pool = Buffer.alloc(4096);
  const letters = Buffer.from(ALPHABET, 'latin1');
  let used = pool.length;
  return (bits = 64) => {
    const length = Math.ceil(bits / 5);
    if (!(length >= 0 && length <= pool.length)) throw new RangeError(`no token has ${bits} bits`);
    if (used + length > pool.length) {
      randomFillSync(pool);
      for (let at = 0; at < pool.length; at++) pool[at] = letters[(pool[at] ?? 0) & 31] ?? 0;
      used = 0;
    }
    used += length;
    return pool.toString('latin1', used - length, used);
  };
}

/**
 * Whether this Node and this system can bind several sockets to one port, and spread what comes
 * over them (`SO_REUSEPORT`): Linux, Node 22.12 or later. Elsewhere the option is ignored, and the
 * second socket gets `EADDRINUSE`.
 */
export function canReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const has = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
  return has && process.platform === 'linux';
}

/** Packets that wait for the end of a turn at most: libuv reads 32 of a socket in one. */
const MOST_GATHERED = 64;

/** Younger than the oldest Node's types. */
const reusePort: object = { reusePort: true };

const nodeDatagrams: DatagramIo = {
  open(options) {
    const socket = createSocket({
      lookup: asItStands,
      ...(isIPv6(options.address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
      ...(options.receiveBufferBytes === undefined
        ? {}
        : { recvBufferSize: options.receiveBufferBytes }),
      ...(options.reusePort === true ? reusePort : {}),
    });
    return new Promise((resolve, reject) => {
      // a socket that could not be bound holds its descriptor until it is closed
      const fail = (error: Error): void => void socket.close(() => reject(error));
      socket.once('error', fail);
      socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
        socket.off('error', fail);
        resolve(openSocket(socket, options));
      });
    });
  },
};

/** `dgram` resolves a name for every packet, a tick later; ours are addresses, so none waits. */
const asItStands: NonNullable<SocketOptions['lookup']> = (address, _options, done) =>
  done(null, address, 0);

function openSocket(
  socket: ReturnType<typeof createSocket>,
  options: DatagramOptions,
): DatagramSocket {
  socket.on('error', (error) => options.onError?.(error));
  let forwarding: RtpForwarding | undefined;
  socket.on('message', (packet, from) => {
    if (forwarding?.sendsOn(packet, from) !== true) options.onPacket(packet, from);
  });
  const sent = options.onError && tellingErrors(options.onError);
  const { address, port } = socket.address();
  let closed: Promise<void> | undefined;
  const leave = (packet: Uint8Array, to: Endpoint): void =>
    socket.send(packet, to.port, to.address, sent);
  const turn = options.gatherSends === true ? new Turn(leave) : undefined;
  return {
    local: { address, port },
    send(packet, to) {
      if (closed !== undefined) return;
      // a packet may well come from port 0 (RFC 768), but none can go there
      if (!(to.port > 0 && to.port <= 65_535)) {
        options.onError?.(new RangeError(`No packet can go to port ${to.port}`), to);
        return;
      }
      if (turn === undefined) leave(packet, to);
      else turn.add(packet, to);
    },
    forward(rule) {
      forwarding?.end();
      forwarding = new RtpForwarding(rule, () => performance.now());
      return forwarding;
    },
    close() {
      turn?.end();
      closed ??= new Promise((resolve) => socket.close(() => resolve()));
      return closed;
    },
  };
}

/** What is sent in one turn of the event loop, until that ends: at most what one turn can read. */
class Turn {
  private packets: Uint8Array[] = [];
  private destinations: Endpoint[] = [];
  private readonly leave: (packet: Uint8Array, to: Endpoint) => void;

  constructor(leave: (packet: Uint8Array, to: Endpoint) => void) {
    this.leave = leave;
  }

  add(packet: Uint8Array, to: Endpoint): void {
    this.packets.push(packet);
    this.destinations.push(to);
    if (this.packets.length === 1) setImmediate(this.end);
    else if (this.packets.length >= MOST_GATHERED) this.end();
  }

  readonly end = (): void => {
    const { packets, destinations } = this;
    if (packets.length === 0) return;
    this.packets = [];
    this.destinations = [];
    for (const [at, packet] of packets.entries()) {
      const to = destinations[at];
      if (to !== undefined) this.leave(packet, to);
    }
  };
}

/** One for all packets, and none where nobody asks; an error of `send` names where it was meant to go. */
function tellingErrors(onError: NonNullable<DatagramOptions['onError']>) {
  return (error: (Error & Partial<Endpoint>) | null): void => {
    if (error !== null) onError(error, destinationOf(error));
  };
}

function destinationOf({ address, port }: Partial<Endpoint>): Endpoint | undefined {
  return address === undefined || port === undefined ? undefined : { address, port };
}
