import { type Logger, StrowgerError } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { ClientTransport } from './sip-client-options.ts';

/** What a keeper needs. */
export interface FlowKeeperOptions {
  readonly transport: ClientTransport;
  readonly logger: Logger;
  /** The longest time between two packets over UDP, in milliseconds; 0: none are sent. */
  readonly keepAliveMs: number;
}

/** What a server may ask for, in milliseconds: others are taken as none. */
const FLOW_TIMER_MS = { from: 10_000, to: 3_600_000 };

/**
 * Keeps the way open over which a registrar reaches us, for as long as we are registered: over UDP by
 * empty lines, so that a NAT keeps its binding; by pings that are answered (RFC 5626 §4.4) where the
 * registrar said by Flow-Timer that it answers them, over connections as well.
 */
export class FlowKeeper {
  private readonly options: FlowKeeperOptions;
  private kept: { readonly key: string; stop(): void } | undefined;

  constructor(options: FlowKeeperOptions) {
    this.options = options;
  }

  /** The registrar has accepted over this hop. */
  registered(hop: Hop, { headers }: SipResponse): void {
    const flowTimerMs = (headers.get('flow-timer') ?? 0) * 1000;
    const { from, to } = FLOW_TIMER_MS;
    const isAnswered = flowTimerMs >= from && flowTimerMs <= to;
    const key = `${hop.transport} ${hop.address} ${hop.port} ${isAnswered ? flowTimerMs : ''}`;
    if (this.kept?.key === key && hop.transport === 'udp') return;
    this.stop();
    const { transport, keepAliveMs } = this.options;
    try {
      const kept = isAnswered
        ? transport.keepAlive?.(hop, flowTimerMs)
        : hop.transport === 'udp' && keepAliveMs > 0
          ? transport.keepBinding?.(hop, keepAliveMs)
          : undefined;
      if (kept !== undefined) this.kept = { key, stop: () => kept.stop() };
    } catch (error) {
      if (!StrowgerError.isInstance(error)) throw error;
      this.options.logger.warn({ err: error }, 'the way from the registrar is not kept open');
    }
  }

  stop(): void {
    this.kept?.stop();
    this.kept = undefined;
  }
}
