import type { Runtime, Timer } from '@strowger/runtime';
import type { MediaEndpointEvent } from '@strowger/session-core';
import type { RelayEnd } from './relay-end.ts';

/** What a watch is made of. */
export interface RelayWatchOptions {
  readonly runtime: Runtime;
  readonly ends: readonly [RelayEnd, RelayEnd];
  /** Between two questions to the engine, in milliseconds. */
  readonly pollMs: number;
  /** Silence after which `timeout` is told, in milliseconds. */
  readonly timeoutMs: number;
  onEvent(end: 'a' | 'b', event: MediaEndpointEvent): void;
}

interface Heard {
  packets: number;
  atMs: number;
  isSilent: boolean;
}

/**
 * rtpengine tells nobody that packets began or ceased to come, so it is asked from time to time:
 * `started` and `timeout` come up to one question late.
 */
export class RelayWatch {
  private readonly options: RelayWatchOptions;
  private readonly heard = new Map<string, Heard>();
  private timer: Timer | undefined;
  private isStopped = false;

  constructor(options: RelayWatchOptions) {
    this.options = options;
  }

  start(): void {
    const { runtime, pollMs } = this.options;
    if (this.isStopped) return;
    this.timer = runtime.clock.arm(pollMs, () => void this.ask());
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  private async ask(): Promise<void> {
    const [a, b] = this.options.ends;
    const parties = await a.query().catch(() => undefined); // a lost call is told elsewhere
    if (this.isStopped) return;
    for (const end of [a, b]) {
      const party = parties?.get(end.tag);
      if (party) this.look(end, party.packets, party.remote);
    }
    this.start();
  }

  private look(
    end: RelayEnd,
    packets: number,
    remote: { address: string; port: number } | undefined,
  ): void {
    const { runtime, timeoutMs, onEvent } = this.options;
    const now = runtime.clock.now();
    const before = this.heard.get(end.tag) ?? { packets: 0, atMs: now, isSilent: false };
    if (packets > before.packets || !end.hears) {
      if (packets > 0 && before.packets === 0 && remote) {
        onEvent(end.tag, { type: 'started', remote });
      }
      this.heard.set(end.tag, { packets, atMs: now, isSilent: false });
      return;
    }
    const silentMs = now - before.atMs;
    const isNew = silentMs >= timeoutMs && !before.isSilent;
    this.heard.set(end.tag, { ...before, isSilent: before.isSilent || isNew });
    if (isNew) onEvent(end.tag, { type: 'timeout', silentMs });
  }
}
