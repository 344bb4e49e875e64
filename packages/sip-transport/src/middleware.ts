import { type Endpoint, StrowgerError } from '@strowger/runtime';
import type { SipMessage } from '@strowger/sip-message';
import type { Hop, Inbound, TransportName } from './hop.ts';

/** Where bytes came from. */
export interface WireOrigin {
  readonly transport: TransportName;
  readonly from: Endpoint;
  readonly local: Endpoint;
}

/**
 * Sees all that passes, and may replace or drop it: `undefined` drops, what is given back goes on.
 * Every hook is optional and synchronous. What came meets the first middleware first, what leaves
 * meets it last. A hook that throws drops what it was given; `onError` is told
 * (`MIDDLEWARE_FAILED`).
 */
export interface TransportMiddleware {
  /** One message's bytes as they came, after admission and before the parser. */
  bytesIn?(bytes: Uint8Array, origin: WireOrigin): Uint8Array | undefined;
  /** A message that was parsed and whose Via is settled; it may be changed in place by nobody. */
  messageIn?(inbound: Inbound): Inbound | undefined;
  /** A message before it is written. A request keeps its topmost Via, or its answer is lost. */
  messageOut?(message: SipMessage, hop: Hop): SipMessage | undefined;
  /** One message's bytes before they leave. */
  bytesOut?(bytes: Uint8Array, hop: Hop): Uint8Array | undefined;
}

/** @internal The middleware of a layer as one. */
export class MiddlewareChain {
  private readonly inward: readonly TransportMiddleware[];
  private readonly outward: readonly TransportMiddleware[];
  private readonly onError: (error: StrowgerError) => void;

  constructor(chain: readonly TransportMiddleware[], onError: (error: StrowgerError) => void) {
    this.inward = chain;
    this.outward = chain.toReversed();
    this.onError = onError;
  }

  bytesIn(bytes: Uint8Array, origin: WireOrigin): Uint8Array | undefined {
    return this.pass(this.inward, bytes, (one, now) => one.bytesIn?.(now, origin), 'bytesIn');
  }

  messageIn(inbound: Inbound): Inbound | undefined {
    return this.pass(this.inward, inbound, (one, now) => one.messageIn?.(now), 'messageIn');
  }

  messageOut(message: SipMessage, hop: Hop): SipMessage | undefined {
    return this.pass(this.outward, message, (one, now) => one.messageOut?.(now, hop), 'messageOut');
  }

  bytesOut(bytes: Uint8Array, hop: Hop): Uint8Array | undefined {
    return this.pass(this.outward, bytes, (one, now) => one.bytesOut?.(now, hop), 'bytesOut');
  }

  private pass<T>(
    chain: readonly TransportMiddleware[],
    value: T,
    apply: (one: TransportMiddleware, value: T) => T | undefined,
    hook: keyof TransportMiddleware,
  ): T | undefined {
    let current: T | undefined = value;
    for (const one of chain) {
      if (one[hook] === undefined) continue;
      try {
        current = apply(one, current);
      } catch (cause) {
        this.onError(new StrowgerError('MIDDLEWARE_FAILED', `${hook} threw`, { cause }));
        return undefined;
      }
      if (current === undefined) return undefined;
    }
    return current;
  }
}
