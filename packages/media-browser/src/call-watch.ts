import { DEFAULT_THRESHOLDS, QualityLevels } from '@strowger/media-core';
import type { Clock, Timer } from '@strowger/runtime';
import type { EndpointRequest, MediaStats } from '@strowger/session-core';
import { type CallCounters, qualityBetween, readReport, statsOf } from './call-stats.ts';
import type { Negotiation } from './negotiation.ts';

/** What a watch is made of. */
export interface CallWatchOptions {
  readonly connection: RTCPeerConnection;
  readonly negotiation: Negotiation;
  readonly clock: Clock;
  readonly request: EndpointRequest;
  /** Silence after which `timeout` is told, in milliseconds. */
  readonly timeoutMs: number;
}

/** Looks at a call once per second, and tells what has become of it. */
export class CallWatch {
  private readonly options: CallWatchOptions;
  private readonly levels = new QualityLevels(DEFAULT_THRESHOLDS);
  private timer: Timer | undefined;
  private first: { readonly at: number; readonly counters: CallCounters } | undefined;
  private last: { readonly at: number; readonly counters: CallCounters } | undefined;
  private heardAt: number | undefined;
  private maxJitterMs = 0;
  private hasTimedOut = false;
  private isAgreed = false;
  private isOver = false;

  constructor(options: CallWatchOptions) {
    this.options = options;
    const { connection } = options;
    connection.addEventListener('connectionstatechange', () => this.connected());
    connection.addEventListener('track', ({ track }) => {
      track.addEventListener('unmute', () => void this.look(), { once: true });
    });
  }

  /** From the first agreement on. */
  start(): void {
    if (this.timer !== undefined || this.isOver) return;
    this.isAgreed = true;
    this.heardAt = this.options.clock.now();
    this.again();
  }

  /** The last look. */
  async stop(): Promise<MediaStats> {
    this.isOver = true;
    this.timer?.cancel();
    return this.stats();
  }

  async stats(): Promise<MediaStats> {
    const counters = await this.count();
    const { first, isAgreed } = this;
    const durationMs = first === undefined ? 0 : this.options.clock.now() - first.at;
    const quality = qualityBetween(undefined, counters, durationMs, this.maxJitterMs);
    const { direction } = this.options.negotiation;
    return statsOf(counters, { direction, quality, isAgreed });
  }

  private async count(): Promise<CallCounters> {
    const report = await this.options.connection.getStats();
    // the DOM's own type of an entry is empty
    return readReport(report as unknown as Map<string, Record<string, unknown>>);
  }

  private again(): void {
    this.timer = this.options.clock.arm(1000, () => {
      void this.look().finally(() => {
        if (!this.isOver) this.again();
      });
    });
  }

  private async look(): Promise<void> {
    const counters = await this.count();
    if (this.isOver) return;
    const at = this.options.clock.now();
    const { last } = this;
    this.maxJitterMs = Math.max(this.maxJitterMs, counters.jitterMs);
    const isHeard = counters.packetsReceived > (last?.counters.packetsReceived ?? 0);
    if (isHeard) this.heard(counters, at);
    else this.silent(at);
    if (last !== undefined && at - last.at > 500) this.rate(last, counters, at);
    if (last === undefined || at - last.at > 500) this.last = { at, counters };
  }

  private heard(counters: CallCounters, at: number): void {
    this.heardAt = at;
    this.hasTimedOut = false;
    if (this.first !== undefined) return;
    this.first = { at, counters };
    const remote = counters.remote ?? { address: '', port: 0 };
    this.options.request.onEvent({ type: 'started', remote });
  }

  private silent(at: number): void {
    const { direction } = this.options.negotiation;
    const isWaiting = direction === 'sendrecv' || direction === 'recvonly';
    if (!isWaiting) this.heardAt = at;
    const silentMs = at - (this.heardAt ?? at);
    if (this.hasTimedOut || silentMs < this.options.timeoutMs) return;
    this.hasTimedOut = true;
    const initial = this.first === undefined && { initial: true };
    this.options.request.onEvent({ type: 'timeout', silentMs, ...initial });
  }

  private rate(last: { at: number; counters: CallCounters }, now: CallCounters, at: number): void {
    const { request } = this.options;
    const metrics = qualityBetween(last.counters, now, at - last.at, now.jitterMs);
    if (metrics === undefined) return;
    if (request.quality === 'seconds') request.onEvent({ type: 'quality', metrics });
    const from = this.levels.take(metrics.mos);
    if (from === undefined) return;
    request.onEvent({ type: 'qualityChanged', from, to: this.levels.level, metrics });
  }

  private connected(): void {
    const { connection, request } = this.options;
    if (this.isOver) return;
    if (connection.connectionState === 'failed') {
      const isFound = ['connected', 'completed'].includes(connection.iceConnectionState);
      const [code, message] = isFound
        ? (['DTLS_FAILED', 'the keys could not be agreed on'] as const)
        : (['ICE_FAILED', 'no way to the other side works'] as const);
      request.onEvent({ type: 'failed', code, message });
    }
    if (connection.connectionState !== 'connected') return;
    void this.secured();
  }

  private async secured(): Promise<void> {
    const { suite = 'unknown' } = await this.count();
    if (!this.isOver) this.options.request.onEvent({ type: 'secured', keying: 'dtls', suite });
  }
}
