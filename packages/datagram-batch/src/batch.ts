import { isIPv6 } from 'node:net';
import { getSystemErrorName } from 'node:util';
import {
  type DatagramOptions,
  type DatagramSocket,
  type Endpoint,
  type Forwarding,
  ForwardingLog,
  type ForwardingRule,
} from '@strowger/runtime';
import { BATCH, Field, FIELDS, loadNative, type Native, RULE_FIELDS, RuleField } from './native.ts';
import { type Host, PeerNames } from './peer-names.ts';

/** No datagram has more octets. */
const LARGEST = 65_535;
const LAST_PORT = 65_535;
/** Of what waits for the end of a turn, in octets. */
const ROOM = 4 * LARGEST;

/** The sockets of one thread, which receive and send together. */
export class Batch {
  private readonly native: Native;
  private readonly names: PeerNames;
  private readonly received = new Uint32Array(BATCH * FIELDS);
  private readonly queued = new Uint32Array(BATCH * FIELDS);
  private readonly rule = new Uint32Array(RULE_FIELDS);
  private readonly bytes = new Uint8Array(ROOM);
  private readonly destinations: (Endpoint | undefined)[] = Array.from({ length: BATCH });
  private readonly sockets: (BatchSocket | undefined)[] = [];
  /** Numbers of sockets that are closed; what came for one of this turn's must not reach another. */
  private free: number[] = [];
  private freed: number[] = [];
  private waiting = 0;
  private used = 0;
  private isReceiving = false;
  private isEnding = false;

  private constructor(native: Native) {
    this.native = native;
    this.names = new PeerNames(native);
    const onBatch = (count: number, slab: ArrayBuffer): void => this.receive(count, slab);
    const outcome = this.native.start(this.received, this.queued, this.bytes, onBatch);
    if (outcome < 0) throw systemError('epoll_create1', outcome);
  }

  /** That of this thread. @throws StrowgerError `DATAGRAMS_UNSUPPORTED`. */
  static ofThread(): Batch {
    const native = loadNative();
    native.batch ??= new Batch(native);
    return native.batch as Batch; // nobody else writes there
  }

  /** @throws the system's error. */
  open(options: DatagramOptions): DatagramSocket {
    const { address, port, receiveBufferBytes = 0, reusePort = false, dscp = 0 } = options;
    const number = this.free.pop() ?? this.sockets.length;
    const shared = reusePort ? 1 : 0;
    const bound = this.native.open(number, address, port, receiveBufferBytes, shared, dscp);
    if (bound < 0) {
      if (number < this.sockets.length) this.free.push(number);
      throw systemError('bind', bound, { address, port });
    }
    const socket = new BatchSocket(this, number, options, { address, port: bound });
    this.sockets[number] = socket;
    return socket;
  }

  /** Frees the port; what was sent before has left. */
  close(number: number): void {
    this.leave();
    this.native.close(number);
    this.sockets[number] = undefined;
    (this.isReceiving ? this.freed : this.free).push(number);
  }

  host(address: string): Host | undefined {
    return this.names.host(address);
  }

  /** Absent where an address is none, or of another family than its socket. */
  forward(
    socket: BatchSocket,
    through: BatchSocket,
    said: ForwardingRule,
  ): ForwardingLog | undefined {
    const { rule, native } = this;
    const [from, to] = [this.host(said.from.address), this.host(said.to.address)];
    if (from?.family !== socket.family || to?.family !== through.family) return undefined;
    rule[Field.port] = said.from.port;
    rule.set(from.words, Field.scope);
    rule[RuleField.ssrc] = said.ssrc;
    rule[RuleField.sequence] = said.sequence;
    rule[RuleField.logRoom] = ForwardingLog.room;
    rule[RuleField.through] = through.number;
    rule[RuleField.asSsrc] = said.asSsrc;
    rule[RuleField.sequenceOffset] = said.sequenceOffset;
    rule[RuleField.timestampOffset] = said.timestampOffset;
    rule[RuleField.pauseUs] = said.pauseMs * 1000;
    rule[RuleField.to + Field.port] = said.to.port;
    rule.set(to.words, RuleField.to + Field.scope);
    new Uint8Array(rule.buffer, RuleField.payloadTypes * 4).set(said.payloadTypes); // -1 is 255
    const log = new ForwardingLog();
    return native.forward(socket.number, rule, log.words) < 0 ? undefined : log;
  }

  endForwarding(number: number): void {
    this.native.endForwarding(number);
  }

  /** Takes a copy, which leaves with the others of this turn. */
  send(number: number, packet: Uint8Array, to: Endpoint, host: Host): void {
    if (this.waiting === BATCH || this.used + packet.length > ROOM) this.leave();
    const { queued, used } = this;
    const at = this.waiting * FIELDS;
    queued[at + Field.socket] = number;
    queued[at + Field.offset] = used;
    queued[at + Field.length] = packet.length;
    queued[at + Field.port] = to.port;
    const { words } = host;
    queued[at + Field.scope] = words[0] ?? 0;
    queued[at + Field.address] = words[1] ?? 0;
    if (host.family === 6) queued.set(words, at + Field.scope);
    this.bytes.set(packet, used);
    this.destinations[this.waiting++] = to;
    this.used = used + packet.length;
    if (this.isReceiving || this.isEnding) return;
    this.isEnding = true;
    queueMicrotask(this.endTurn);
  }

  private readonly endTurn = (): void => {
    this.isEnding = false;
    this.leave();
  };

  /** Sends what waits. What the kernel refuses is told a little later. */
  private leave(): void {
    const { waiting } = this;
    if (waiting === 0) return;
    for (let from = 0; from < waiting; ) {
      const outcome = this.native.send(from, waiting);
      if (outcome >= 0) {
        from += outcome;
      } else {
        const socket = this.sockets[this.queued[from * FIELDS + Field.socket] ?? -1];
        const to = this.destinations[from++];
        // each by itself: who throws keeps nobody else from hearing of theirs
        queueMicrotask(() => socket?.options.onError?.(systemError('send', outcome, to), to));
      }
    }
    this.waiting = 0;
    this.used = 0;
  }

  private receive(count: number, slab: ArrayBuffer): void {
    const { received, sockets } = this;
    this.isReceiving = true;
    for (let index = 0, at = 0; index < count; index++, at += FIELDS) {
      const socket = sockets[received[at + Field.socket] ?? -1];
      if (socket === undefined) continue; // closed by what came before
      const packet = Buffer.from(slab, received[at + Field.offset], received[at + Field.length]);
      try {
        socket.options.onPacket(packet, this.sender(socket, index));
      } catch (error) {
        queueMicrotask(() => {
          throw error; // as from a listener of `dgram`: the rest is heard all the same
        });
      }
    }
    this.isReceiving = false;
    if (this.freed.length > 0) {
      this.free.push(...this.freed);
      this.freed = [];
    }
    this.leave();
  }

  /** Mostly who sent the packet before. */
  private sender(socket: BatchSocket, index: number): Endpoint {
    const { received } = this;
    const at = index * FIELDS;
    const port = received[at + Field.port] ?? 0;
    const word = received[at + Field.address] ?? 0;
    const last = socket.lastSender;
    if (socket.family === 6) return { address: this.native.nameOf(index), port };
    if (last !== undefined && word === socket.lastWord && port === last.port) return last;
    socket.lastWord = word;
    socket.lastSender = { address: this.names.v4Text(word), port };
    return socket.lastSender;
  }
}

class BatchSocket implements DatagramSocket {
  readonly number: number;
  readonly options: DatagramOptions;
  readonly local: Endpoint;
  readonly family: 4 | 6;
  /** Who sent the last packet: of IPv4 alone. */
  lastSender: Endpoint | undefined;
  lastWord = 0;
  private readonly batch: Batch;
  /** Of what it sends on by itself: written into by the compiled part. */
  private log: ForwardingLog | undefined;
  private isClosed = false;

  constructor(batch: Batch, number: number, options: DatagramOptions, local: Endpoint) {
    this.batch = batch;
    this.number = number;
    this.options = options;
    this.local = local;
    this.family = isIPv6(local.address) ? 6 : 4;
  }

  send(packet: Uint8Array, to: Endpoint): void {
    if (this.isClosed) return;
    const host = this.batch.host(to.address);
    // a packet may well come from port 0 (RFC 768), but none can go there
    if (!(to.port > 0 && to.port <= LAST_PORT)) {
      this.options.onError?.(new RangeError(`No packet can go to port ${to.port}`), to);
    } else if (host?.family !== this.family) {
      const error = new RangeError(`No packet can go from ${this.local.address} to ${to.address}`);
      this.options.onError?.(error, to);
    } else if (packet.length > LARGEST) {
      this.options.onError?.(new RangeError(`No packet has ${packet.length} octets`), to);
    } else {
      this.batch.send(this.number, packet, to, host);
    }
  }

  forward(rule: ForwardingRule): Forwarding | undefined {
    const { through } = rule;
    if (!(through instanceof BatchSocket) || through.batch !== this.batch) return undefined;
    if (this.isClosed || through.isClosed) return undefined;
    const log = this.batch.forward(this, through, rule);
    if (log === undefined) return undefined;
    this.log = log;
    return {
      take: (each) => log.take(monotonicUs(), each),
      end: () => {
        if (this.log !== log) return;
        this.log = undefined;
        this.batch.endForwarding(this.number);
      },
    };
  }

  close(): Promise<void> {
    this.log = undefined;
    if (!this.isClosed) this.batch.close(this.number);
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** The clock of the compiled part, modulo 2^32. */
function monotonicUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return (seconds * 1e6 + Math.floor(nanoseconds / 1000)) >>> 0;
}

/** An error such as Node's own modules give: `code`, `errno`, `syscall`, where it was to go. */
function systemError(syscall: string, errno: number, to: Partial<Endpoint> = {}): Error {
  const code = getSystemErrorName(errno);
  const where = to.address === undefined ? '' : ` ${to.address}:${to.port}`;
  return Object.assign(new Error(`${syscall} ${code}${where}`), { code, errno, syscall, ...to });
}
