/** Bounds on what is accepted. Whatever is over its bound is refused, never cut. */
export interface Limits {
  /** Bytes of a whole message (513 beyond). Default 65,535 for datagrams, 262,144 when `framed`. */
  readonly messageBytes: number;
  /** Bytes of start line and headers together (513 beyond). Default 65,536, at most 16,777,212. */
  readonly headBytes: number;
  /** Header fields, each line with its continuations counted once. Default 256. */
  readonly headers: number;
  /** Bytes of one header field with its continuation lines. Default 16,384. */
  readonly headerBytes: number;
  /** Bytes of the Request-URI (414 beyond). Default 4,096. */
  readonly uriBytes: number;
  /** Via values. Default 70. */
  readonly vias: number;
  /** Values of any other header that is a list: Contact, Route, Record-Route … Default 128. */
  readonly values: number;
}

/** The bounds that hold where nothing else is said. */
export const DEFAULT_LIMITS: Limits = {
  messageBytes: 65_535,
  headBytes: 65_536,
  headers: 256,
  headerBytes: 16_384,
  uriBytes: 4_096,
  vias: 70,
  values: 128,
};

/** Parameters of one value or URI: a fixed bound. */
export const MAX_PARAMS = 128;

/** Positions in a head fit in 24 bits. */
export const MAX_HEAD_BYTES = 2 ** 24 - 4;

/** The bound on a whole message on a stream, where nothing else is said. */
export const STREAM_MESSAGE_BYTES = 262_144;

/** Bounds of which none is left to a default. */
class WholeLimits implements Limits {
  readonly messageBytes: number;
  readonly headBytes: number;
  readonly headers: number;
  readonly headerBytes: number;
  readonly uriBytes: number;
  readonly vias: number;
  readonly values: number;

  constructor(limits: Limits) {
    this.messageBytes = limits.messageBytes;
    this.headBytes = limits.headBytes;
    this.headers = limits.headers;
    this.headerBytes = limits.headerBytes;
    this.uriBytes = limits.uriBytes;
    this.vias = limits.vias;
    this.values = limits.values;
  }
}

/**
 * The bounds with those of the caller in place. Who parses many messages by the same bounds asks
 * once, and gives the parser what this gave: it takes that as it is.
 */
export function limitsOf(over: Partial<Limits> | undefined, framed = false): Limits {
  if (over instanceof WholeLimits) return over;
  if (over === undefined && !framed) return DEFAULT_LIMITS;
  const base = framed ? { ...DEFAULT_LIMITS, messageBytes: STREAM_MESSAGE_BYTES } : DEFAULT_LIMITS;
  return new WholeLimits({ ...base, ...over });
}
