import { createRequire } from 'node:module';
import { StrowgerError } from '@strowger/runtime';

/** What is told of a packet, each in 32 bits: as in native/datagrams.c. */
export const Field = { socket: 0, offset: 1, length: 2, port: 3, scope: 4, address: 5 } as const;
export const FIELDS = 9;
/** What is told of a rule behind who sends, as in the fields of a packet: as in native/datagrams.c. */
export const RuleField = {
  ssrc: FIELDS,
  sequence: FIELDS + 1,
  logRoom: FIELDS + 2,
  through: FIELDS + 3,
  asSsrc: FIELDS + 4,
  sequenceOffset: FIELDS + 5,
  timestampOffset: FIELDS + 6,
  pauseUs: FIELDS + 7,
  /** Where it goes, as in the fields of a packet. */
  to: FIELDS + 8,
  /** Octets: what each payload type is there, 255 for those that are not sent on. */
  payloadTypes: 2 * FIELDS + 8,
} as const;
export const RULE_FIELDS = RuleField.payloadTypes + 128 / 4;
/** Packets that are read or sent in one go. */
export const BATCH = 32;

/** What a socket is opened with. */
type Bound = [
  address: string,
  port: number,
  receiveBufferBytes: number,
  reusePort: number,
  dscp: number,
];

/** The functions of native/datagrams.c, which check nothing: errors are `-errno`. */
export interface Native {
  /** The sockets of this thread, kept where every copy of this program's modules finds the same. */
  batch?: unknown;
  /** SHA-256 of the source that it was made of. */
  readonly source: string;
  /** Once for each thread; the arrays must live as long as it. */
  start(
    received: Uint32Array,
    queued: Uint32Array,
    bytes: Uint8Array,
    onBatch: (count: number, slab: ArrayBuffer) => void,
  ): number;
  /** The port that the socket of this number is bound to. */
  open(socket: number, ...bound: Bound): number;
  close(socket: number): void;
  /** Begins to send on what the rule says, or does from now on. The log must live until that ends. */
  forward(socket: number, rule: Uint32Array, log: Uint32Array): number;
  endForwarding(socket: number): void;
  /** 4 or 6 by the family of what is written into the fields; 0 where the text is no address. */
  parse(address: string, fields: Uint32Array): number;
  /** The IPv6 address that a received packet came from. */
  nameOf(index: number): string;
  /** How many of the queued packets have gone, or why the first of them cannot. */
  send(from: number, to: number): number;
}

/**
 * The compiled part for this system.
 *
 * @throws StrowgerError `DATAGRAMS_UNSUPPORTED`.
 */
export function loadNative(): Native {
  const file = `../native/${process.platform}-${process.arch}.node`;
  try {
    return createRequire(import.meta.url)(file) as Native;
  } catch (cause) {
    const system = `${process.platform} on ${process.arch}`;
    throw new StrowgerError(
      'DATAGRAMS_UNSUPPORTED',
      `Datagrams cannot be batched here: ${file} does not load (${system})`,
      { cause },
    );
  }
}
