import type { Clock, Endpoint, Random } from '@strowger/runtime';
import { ATTRIBUTES, METHODS, readXorAddress, type StunMessage, writeStun } from '../stun/index.ts';
import { StunTransactions } from '../stun/stun-transactions.ts';
import { TurnAllocation } from '../turn/turn-allocation.ts';

/** A relay, and who we are to it. */
export interface TurnServer extends Endpoint {
  readonly username: string;
  readonly password: string;
}

/** Who is asked for addresses of ours beside that of the socket. */
export interface IceServers {
  readonly stun: readonly Endpoint[];
  readonly turn: readonly TurnServer[];
}

/** An address of ours that somebody else knew. */
export interface GatheredAddress extends Endpoint {
  readonly type: 'srflx' | 'relay';
}

/** What a gathering is made of. */
export interface GatheringOptions {
  readonly clock: Clock;
  readonly random: Random;
  send(packet: Uint8Array, to: Endpoint): void;
  /** A packet that came to our address at a relay. */
  onRelayed(packet: Uint8Array, from: Endpoint): void;
}

/** A call does not wait longer for servers that do not answer. */
const PATIENCE_MS = 1500;

/** Asks servers where we are (RFC 8445 §5.1.1), and keeps the relay's address from then on. */
export class Gathering {
  private readonly options: GatheringOptions;
  private readonly asked: { readonly server: Endpoint; readonly transactions: StunTransactions }[] =
    [];
  private server: Endpoint | undefined;
  /** Whether a description was made without what was still being asked for. */
  private hasGivenUp = false;
  private allocation: TurnAllocation | undefined;
  /** Ends the wait of `gather` with what is known. */
  private settle = (): void => {};

  constructor(options: GatheringOptions) {
    this.options = options;
  }

  /** Resolves with what is known once all have answered, or after a second and a half. */
  gather({ stun, turn: [relay] }: IceServers): Promise<GatheredAddress[]> {
    const found: GatheredAddress[] = [];
    const add = (one: GatheredAddress): void => {
      if (!found.some(({ address, port }) => address === one.address && port === one.port)) {
        found.push(one);
      }
    };
    return new Promise((resolve) => {
      let left = stun.length + (relay ? 1 : 0);
      const patience = this.options.clock.arm(PATIENCE_MS, () => {
        this.hasGivenUp = true;
        resolve(found);
      });
      this.settle = (): void => {
        patience.cancel();
        resolve(found);
      };
      const answered = (): void => {
        if (--left <= 0) this.settle();
      };
      if (left === 0) answered();
      for (const server of stun) this.ask(server, { add, answered });
      if (relay) this.allocate(relay, { add, answered });
    });
  }

  /** A message or a channel's packet; `false` where it did not come from a server of ours. */
  receive(packet: Uint8Array, message: StunMessage | undefined, from: Endpoint): boolean {
    if (this.allocation && isSame(this.server, from) && this.allocation.receive(packet))
      return true;
    if (message === undefined) return false;
    return this.asked.some(
      ({ server, transactions }) => isSame(server, from) && transactions.take(message),
    );
  }

  /** Sends from our address at the relay. */
  sendRelayed(packet: Uint8Array, to: Endpoint): void {
    this.allocation?.send(packet, to);
  }

  /** Media goes there through the relay from now on. */
  bindRelayed(to: Endpoint): void {
    this.allocation?.bind(to);
  }

  /** Whoever waits for `gather` gets what is known. Idempotent. */
  close(): void {
    this.settle();
    for (const { transactions } of this.asked) transactions.close();
    this.allocation?.close();
  }

  private ask(server: Endpoint, { add, answered }: Listener): void {
    const { clock, random, send } = this.options;
    const transactions = new StunTransactions({
      clock,
      random,
      send: (packet) => send(packet, server),
    });
    this.asked.push({ server, transactions });
    const write = (transaction: Uint8Array): Uint8Array => {
      const attributes = [] as const;
      const method = METHODS.binding;
      return writeStun({ kind: 'request', method, transaction, attributes, hasFingerprint: true });
    };
    transactions.start(write, (message) => {
      const value = message?.attributes.get(ATTRIBUTES.xorMappedAddress);
      const mapped = message && readXorAddress(value, message.transaction);
      if (mapped) add({ type: 'srflx', ...mapped });
      answered();
    });
  }

  private allocate(server: TurnServer, { add, answered }: Listener): void {
    const { clock, random, send, onRelayed } = this.options;
    this.server = server;
    this.allocation = new TurnAllocation({
      credentials: server,
      clock,
      random,
      send: (packet) => send(packet, server),
      onPacket: (packet, from) => onRelayed(packet, from),
      onAllocated: (relayed, mapped) => {
        if (this.hasGivenUp) return this.allocation?.close(); // no description names it
        if (mapped) add({ type: 'srflx', ...mapped });
        add({ type: 'relay', ...relayed });
        answered();
      },
      onFailed: () => {
        this.allocation = undefined; // what was found by it fails as any address does
        answered();
      },
    });
    this.allocation.start();
  }
}

interface Listener {
  add(address: GatheredAddress): void;
  answered(): void;
}

function isSame(one: Endpoint | undefined, other: Endpoint): boolean {
  return one?.port === other.port && one.address === other.address;
}
