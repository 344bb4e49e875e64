import { Buffer } from 'node:buffer';
import type { Clock, Endpoint, Random, Timer } from '@strowger/runtime';
import {
  ATTRIBUTES,
  isStun,
  METHODS,
  readStun,
  readUint32,
  readXorAddress,
  type StunMessage,
  uint32,
  writeStun,
  xorAddress,
} from '../stun/index.ts';
import { type TurnCredentials, TurnRequests } from './turn-requests.ts';

/** What an allocation is made of. */
export interface TurnAllocationOptions {
  readonly credentials: TurnCredentials;
  readonly clock: Clock;
  readonly random: Random;
  /** To the server. */
  send(packet: Uint8Array): void;
  /** The server has an address for us; `mapped` is where it sees us. */
  onAllocated(relayed: Endpoint, mapped: Endpoint | undefined): void;
  /** A packet that came to that address. */
  onPacket(packet: Uint8Array, from: Endpoint): void;
  /** There is none, or there is none any more. */
  onFailed(reason: string): void;
}

/** UDP (RFC 8656 §18.7). */
const UDP = Uint8Array.from([17, 0, 0, 0]);
const LIFETIME_S = 600;
/** A permission lasts 5 minutes, a channel 10 (RFC 8656 §9, §12). */
const PERMISSION_MS = 240_000;
const FIRST_CHANNEL = 0x4000;
/** Addresses that may send to us, each for as long as the allocation lives. */
const MOST_PERMISSIONS = 64;
const MOST_CHANNELS = 16;

/** An address of ours at a relay (RFC 8656): what is sent there comes here, and the other way. */
export class TurnAllocation {
  private readonly options: TurnAllocationOptions;
  private readonly requests: TurnRequests;
  private readonly permissions = new Map<string, Timer>();
  private readonly channels = new Map<string, { number: number; isBound: boolean; timer: Timer }>();
  private readonly peers = new Map<number, Endpoint>();
  private state: 'idle' | 'asking' | 'allocated' | 'over' = 'idle';
  private refreshing: Timer | undefined;

  constructor(options: TurnAllocationOptions) {
    this.options = options;
    this.requests = new TurnRequests(options);
  }

  /** Asks for an address. */
  start(): void {
    this.state = 'asking';
    const wanted = [
      [ATTRIBUTES.requestedTransport, UDP],
      [ATTRIBUTES.lifetime, uint32(LIFETIME_S)],
    ] as const;
    this.requests.ask(METHODS.allocate, wanted, (answer) => {
      if (this.state !== 'asking') return;
      if (answer.type === 'refused') return this.fail('no address', answer.code);
      const { attributes, transaction } = answer.message;
      const relayed = readXorAddress(attributes.get(ATTRIBUTES.xorRelayedAddress), transaction);
      if (relayed === undefined) return this.fail('no address', 0);
      this.state = 'allocated';
      this.refreshIn(answer.message);
      const mapped = readXorAddress(attributes.get(ATTRIBUTES.xorMappedAddress), transaction);
      this.options.onAllocated(relayed, mapped);
    });
  }

  /** Takes what the server sent; `false` where it is nothing of ours. */
  receive(packet: Uint8Array): boolean {
    if (isChannelData(packet)) return this.receiveChannel(packet);
    const message = isStun(packet) ? readStun(packet) : undefined;
    if (message === undefined) return false;
    if (message.kind === 'indication' && message.method === METHODS.data) {
      const { attributes, transaction } = message;
      const from = readXorAddress(attributes.get(ATTRIBUTES.xorPeerAddress), transaction);
      const data = attributes.get(ATTRIBUTES.data);
      if (from && data && this.permissions.has(from.address)) this.options.onPacket(data, from);
      return true;
    }
    return this.requests.take(message);
  }

  /** Lets packets of this address through, and ours to it. */
  permit(address: string): void {
    const isFull = this.permissions.size >= MOST_PERMISSIONS;
    if (this.state !== 'allocated' || this.permissions.has(address) || isFull) return;
    this.keepPermission(address);
  }

  /** Makes a channel, whose packets have a header of 4 bytes: for where media goes. */
  bind(peer: Endpoint): void {
    const isFull = this.channels.size >= MOST_CHANNELS;
    if (this.state !== 'allocated' || this.channels.has(keyOf(peer)) || isFull) return;
    this.keepChannel(peer, FIRST_CHANNEL + this.channels.size);
  }

  /** Sends a packet from that address. */
  send(packet: Uint8Array, to: Endpoint): void {
    if (this.state !== 'allocated') return;
    const channel = this.channels.get(keyOf(to));
    if (channel?.isBound) {
      const framed = Buffer.alloc(4 + packet.length);
      framed.writeUInt16BE(channel.number, 0);
      framed.writeUInt16BE(packet.length, 2);
      framed.set(packet, 4);
      return this.options.send(framed);
    }
    this.permit(to.address);
    const transaction = this.options.random.bytes(12);
    const { xorPeerAddress, data } = ATTRIBUTES;
    const attributes = [
      [xorPeerAddress, xorAddress(to, transaction)],
      [data, packet],
    ] as const;
    const method = METHODS.send;
    this.options.send(writeStun({ kind: 'indication', method, transaction, attributes }));
  }

  /** Gives the address back. Idempotent. */
  close(): void {
    const hadAddress = this.state === 'allocated';
    this.end();
    // nobody waits for the answer: an address that is not given back goes after its lifetime
    if (hadAddress)
      this.requests.ask(METHODS.refresh, [[ATTRIBUTES.lifetime, uint32(0)]], () => {});
    this.requests.close();
  }

  private receiveChannel(packet: Uint8Array): boolean {
    const view = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
    const peer = this.peers.get(view.readUInt16BE(0));
    const length = view.readUInt16BE(2);
    if (peer === undefined || length > packet.length - 4) return false;
    this.options.onPacket(packet.subarray(4, 4 + length), peer);
    return true;
  }

  private keepPermission(address: string): void {
    const { clock } = this.options;
    this.permissions.set(
      address,
      clock.arm(PERMISSION_MS, () => this.keepPermission(address)),
    );
    this.requests.ask(
      METHODS.createPermission,
      [],
      () => {}, // where it is refused, nothing comes through
      (transaction) => [[ATTRIBUTES.xorPeerAddress, xorAddress({ address, port: 0 }, transaction)]],
    );
  }

  private keepChannel(peer: Endpoint, number: number): void {
    const key = keyOf(peer);
    const { clock } = this.options;
    const isBound = this.channels.get(key)?.isBound ?? false;
    const timer = clock.arm(PERMISSION_MS, () => this.keepChannel(peer, number));
    this.channels.set(key, { number, isBound, timer });
    this.requests.ask(
      METHODS.channelBind,
      [[ATTRIBUTES.channelNumber, uint32(number * 0x1_0000)]],
      (answer) => {
        const channel = this.channels.get(key);
        if (channel === undefined) return;
        channel.isBound = answer.type === 'granted';
        if (channel.isBound) this.peers.set(number, peer);
      },
      (transaction) => [[ATTRIBUTES.xorPeerAddress, xorAddress(peer, transaction)]],
    );
  }

  private refreshIn({ attributes }: StunMessage): void {
    const lifetimeS = readUint32(attributes.get(ATTRIBUTES.lifetime)) ?? LIFETIME_S;
    const afterMs = Math.max(1000, Math.min(lifetimeS, 3600) * 1000 - 60_000);
    this.refreshing = this.options.clock.arm(afterMs, () => this.refresh());
  }

  private refresh(): void {
    const lifetime = [ATTRIBUTES.lifetime, uint32(LIFETIME_S)] as const;
    this.requests.ask(METHODS.refresh, [lifetime], (answer) => {
      if (this.state !== 'allocated') return;
      if (answer.type === 'refused') return this.fail('the address is gone', answer.code);
      this.refreshIn(answer.message);
    });
  }

  private fail(what: string, code: number): void {
    this.end();
    this.requests.close();
    this.options.onFailed(`The relay: ${what}${code > 0 ? ` (${code})` : ''}`);
  }

  private end(): void {
    this.state = 'over';
    this.refreshing?.cancel();
    for (const timer of this.permissions.values()) timer.cancel();
    for (const { timer } of this.channels.values()) timer.cancel();
    this.permissions.clear();
    this.channels.clear();
    this.peers.clear();
  }
}

/** Whether a packet came through a channel (RFC 8656 §12.4, RFC 7983 §7). */
function isChannelData(packet: Uint8Array): boolean {
  const first = packet[0] ?? 0;
  return packet.length >= 4 && first >= 64 && first <= 79;
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
