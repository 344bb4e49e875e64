import type { Forwarding, ForwardingRule } from './rtp-forwarding.ts';

/** Where datagrams come from and go to: an IP address in text form and a UDP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A bound UDP socket. */
export interface DatagramSocket {
  /** The address and port it is bound to. */
  readonly local: Endpoint;
  /** Sends without waiting; what the kernel refuses is told to `onError`. */
  send(packet: Uint8Array, to: Endpoint): void;
  /**
   * Sends packets of RTP on by itself from now on, in place of any rule before, so that nobody has to
   * look at each: those of one stream that follow one another. Whatever else comes goes to `onPacket`:
   * what is older than another, or more than 100 numbers ahead, what has more than the plain header of
   * 12 octets, what comes after a pause, what comes while 64 were not taken; and what came right behind
   * such a packet may. What the kernel refuses to send on is lost, and not told.
   *
   * Absent, or `undefined`, where it cannot do that.
   */
  forward?(rule: ForwardingRule): Forwarding | undefined;
  /** Resolves when the port is free again. */
  close(): Promise<void>;
}

/** What a socket is opened with. */
export interface DatagramOptions {
  /** Local address; IPv6 without brackets. */
  address: string;
  /** Local port; 0 lets the system choose. */
  port: number;
  /** The packet belongs to the receiver and stays valid after the call. */
  onPacket(packet: Uint8Array, from: Endpoint): void;
  /** An asynchronous send error; the socket stays usable. */
  onError?(error: Error, to?: Endpoint): void;
  /** Kernel receive buffer in bytes. */
  receiveBufferBytes?: number;
  /**
   * Whether what is sent in one turn of the event loop leaves together at its end: whoever receives
   * many packets of one sender is woken up once for all of them. Default: each leaves at once.
   */
  gatherSends?: boolean;
  /** Whether other sockets of the system may be bound to the same port: see `canReusePort`. */
  reusePort?: boolean;
  /**
   * The service class of what leaves (RFC 2474), 0 to 63, where the implementation can mark it: that of
   * datagram-batch can, `dgram` cannot.
   */
  dscp?: number;
}

/** Whether it is a code point of a service class, of six bits (RFC 2474 §3). */
export function isDscp(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 63;
}

/** Opens datagram sockets: `dgram` in `nodeRuntime`, a simulated network in tests. */
export interface DatagramIo {
  /** Rejects with the system's error (`EADDRINUSE`, …) when the address cannot be bound. */
  open(options: DatagramOptions): Promise<DatagramSocket>;
}
