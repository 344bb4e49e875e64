/** Every bound of the transport layer. Bytes are bytes, durations milliseconds. */
export interface TransportLimits {
  /** Requests longer than this try TCP before UDP (RFC 3261 §18.1.1). Default 1300. */
  datagramBytes: number;
  /** Longest message that is read from or written to a connection. Default 65535. */
  messageBytes: number;
  /** Fragments of one WebSocket message. Default 64. */
  fragments: number;
  /** Pings per second that are answered on one WebSocket. Default 10. */
  pingsPerSecond: number;
  /**
   * Connections in all, accepted and opened. Beyond it the one longest unused on which nobody is
   * known makes room. Default 10,000.
   */
  connections: number;
  /**
   * Connections that one source opened and on which nobody is known yet (`trust`). A source is an
   * IPv4 address or an IPv6 /64; those behind a NAT count once each until they have authenticated
   * themselves. Default 100.
   */
  connectionsPerPeer: number;
  /** Connections accepted per second, and at once. Default 500. */
  acceptsPerSecond: number;
  /** Of one source, unless somebody is known there. Default 100. */
  acceptsPerSecondPerPeer: number;
  /** What may wait in one connection until the peer reads; more is refused. Default 256 KiB. */
  queuedBytesPerConnection: number;
  /** A connection that is not open by then has failed. Default 5 s. */
  connectTimeoutMs: number;
  /** A connection on which nothing moved for this long is closed. Default 10 min. */
  idleTimeoutMs: number;
  /** A message of which a part arrived has to be whole by then. Default 10 s. */
  partialMessageMs: number;
  /** An accepted connection has to agree on TLS and WebSocket by then. Default 10 s. */
  handshakeMs: number;
  /** An accepted connection has to bring its first message by then. Default 30 s. */
  firstMessageMs: number;
  /** How long a connection that closes lets what waits drain to a slow peer. Default 1 s. */
  closeMs: number;
  /** How long a peer that refused TCP is sent long requests by UDP at once. Default 5 min. */
  tcpRefusedMs: number;
  /** How many such peers are remembered. Default 1000. */
  tcpRefusedPeers: number;
  /**
   * Messages per second that one source may send, and twice as many at once; what is over is dropped
   * and counted. Does not hold for sources where somebody is known (`trust`). Default 1000: a trunk
   * of 100 calls a second, or an office of 500 phones that all start at once; 0: no limit.
   */
  messagesPerSecondPerSource: number;
  /** How long a source that proved something is known. Default 24 h. */
  trustMs: number;
  /** Failures of one source, within `failuresMs`, after which it is banned; 0: never. Default 100. */
  failuresPerSource: number;
  /** Default 60 s. */
  failuresMs: number;
  /** How long such a ban lasts. Default 10 min. */
  banMs: number;
  /** Bans that are kept. Default 10,000. */
  bans: number;
  /**
   * A queue in which even the shortest delay of a second is longer than this is overload: new
   * requests are refused with 503. Default 250 ms, half of what makes clients repeat themselves
   * (T1, RFC 3261 §17.1.1.1); 0: never.
   */
  overloadDelayMs: number;
  /** Security events of the same type and source are told together this often. Default 10 s. */
  securityEventMs: number;
  /** Types and sources that are told apart in that time. Default 1000. */
  securityEventSources: number;
  /**
   * STUN Binding requests per second, and at once, that are answered to one source address; the
   * answer is longer than the shortest request. Default 50; 0 answers none.
   */
  stunPerSecondPerSource: number;
  /** The longest time between pings on a connection (RFC 5626 §4.4.1). Default 120 s. */
  streamPingMs: number;
  /** A ping without an answer by then is a flow that failed (RFC 5626 §4.4.1). Default 10 s. */
  pongMs: number;
  /** The longest time between pings over UDP (RFC 5626 §4.4.2). Default 29 s. */
  stunPingMs: number;
  /** Flows that are kept alive. Default 10,000. */
  keepAlives: number;
  /** How many source addresses are kept account of. Default 10,000. */
  sources: number;
  /** Targets whose failures are remembered. Default 1000. */
  targets: number;
  /** Failures of a target in a row, after which others are tried first. Default 3. */
  targetFailures: number;
  /** A failure is forgotten when no other follows by then. Default 60 s. */
  targetFailuresMs: number;
  /** How long others are tried first; twice as long each time that it fails again. Default 30 s. */
  targetAvoidMs: number;
  /** The longest of these times, whatever a Retry-After says. Default 10 min. */
  targetAvoidMaxMs: number;
  /** Hops that `locate` gives at most. Default 16. */
  hops: number;
  /** Answers of DNS that are remembered. Default 1000. */
  dnsEntries: number;
  /** Questions to DNS that may be under way; more are refused. Default 200. */
  dnsPending: number;
  /** Questions to DNS for one target. Default 20. */
  dnsQuestions: number;
  /** A target for which no hop is found by then has none. Default 5 s. */
  dnsLookupMs: number;
  /** A question without an answer by then has failed. Default 5 s. */
  dnsTimeoutMs: number;
  /** How long an answer is kept whose time to live is unknown. Default 60 s. */
  dnsDefaultTtlMs: number;
  /** How long an answer is kept at most. Default 1 h. */
  dnsMaxTtlMs: number;
  /** How long "there is none" is kept where its answer does not say. Default 30 s. */
  dnsNegativeTtlMs: number;
  /** How long "there is none" is kept at most (RFC 2308 §5). Default 5 min. */
  dnsNegativeMaxTtlMs: number;
  /** How much longer than allowed an answer is used while no server answers. Default 24 h. */
  dnsStaleMs: number;
  /** How long such an answer is used before the servers are asked again. Default 30 s. */
  dnsStaleTtlMs: number;
  /** When some of several questions are answered, how long the others are waited for. Default 500 ms. */
  dnsGraceMs: number;
  /** Addresses of one target that are connected to in a race (RFC 8305). Default 4; 1 for none. */
  racers: number;
  /** How long a racer has before the next starts (RFC 8305 §5). Default 250 ms. */
  racerStartMs: number;
  /**
   * A peer that took no connection is left alone that long, a little more or less by chance, and
   * twice as long each time: what is sent to it fails at once. Default 250 ms; 0 for never.
   */
  reconnectMs: number;
  /** The longest of these times. Default 8 s. */
  reconnectMaxMs: number;
  /** Kernel receive buffer of a UDP socket; the system may grant less. Default 1 MiB. */
  receiveBufferBytes: number;
}

/** The limits that hold where none are given. */
export const defaultLimits: Readonly<TransportLimits> = {
  datagramBytes: 1300,
  messageBytes: 65535,
  fragments: 64,
  pingsPerSecond: 10,
  connections: 10_000,
  connectionsPerPeer: 100,
  acceptsPerSecond: 500,
  acceptsPerSecondPerPeer: 100,
  queuedBytesPerConnection: 262_144,
  connectTimeoutMs: 5000,
  idleTimeoutMs: 600_000,
  partialMessageMs: 10_000,
  handshakeMs: 10_000,
  firstMessageMs: 30_000,
  closeMs: 1000,
  tcpRefusedMs: 300_000,
  tcpRefusedPeers: 1000,
  messagesPerSecondPerSource: 1000,
  trustMs: 86_400_000,
  failuresPerSource: 100,
  failuresMs: 60_000,
  banMs: 600_000,
  bans: 10_000,
  overloadDelayMs: 250,
  securityEventMs: 10_000,
  securityEventSources: 1000,
  stunPerSecondPerSource: 50,
  streamPingMs: 120_000,
  pongMs: 10_000,
  stunPingMs: 29_000,
  keepAlives: 10_000,
  sources: 10_000,
  targets: 1000,
  targetFailures: 3,
  targetFailuresMs: 60_000,
  targetAvoidMs: 30_000,
  targetAvoidMaxMs: 600_000,
  hops: 16,
  dnsEntries: 1000,
  dnsPending: 200,
  dnsQuestions: 20,
  dnsLookupMs: 5000,
  dnsTimeoutMs: 5000,
  dnsDefaultTtlMs: 60_000,
  dnsMaxTtlMs: 3_600_000,
  dnsNegativeTtlMs: 30_000,
  dnsNegativeMaxTtlMs: 300_000,
  dnsStaleMs: 86_400_000,
  dnsStaleTtlMs: 30_000,
  dnsGraceMs: 500,
  racers: 4,
  racerStartMs: 250,
  reconnectMs: 250,
  reconnectMaxMs: 8000,
  receiveBufferBytes: 1_048_576,
};

/** What the limits mean for framer and parser: headers alone may not be longer than a message. */
export function parserLimits({ messageBytes }: TransportLimits): {
  messageBytes: number;
  headBytes: number;
} {
  return { messageBytes, headBytes: messageBytes };
}
