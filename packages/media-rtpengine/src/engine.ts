import type { Runtime, StrowgerError, Timer } from '@strowger/runtime';
import { NgClient } from './ng-client.ts';

/** One rtpengine, by the address of its `--listen-ng`. */
export interface RtpengineAddress {
  readonly address: string;
  readonly port: number;
  /** Calls go to engines in proportion to it; 0 only where no other is up. Default 1. */
  readonly weight?: number;
}

/** How an engine does, in what `RtpengineBackend.engines` tells. */
export interface EngineState {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Whether it replied to the last question. */
  readonly isUp: boolean;
  readonly calls: number;
}

/** What an engine is watched with, in milliseconds. */
export interface EngineHealthSettings {
  /** Between two pings. */
  readonly pingMs: number;
  /** An engine from which nothing came for so long has lost its calls. */
  readonly lostAfterMs: number;
}

/** A call as the engine that has it sees it. */
export interface EngineCall {
  /** Its engine is lost. */
  onLost(why: string): void;
  /** Asks the engine whether it still knows the call; where it does not, the call is lost. */
  verify(): Promise<boolean>;
}

/** An rtpengine with its calls, and whether it lives. */
export class Engine {
  readonly client: NgClient;
  readonly weight: number;
  readonly calls = new Set<EngineCall>();
  private readonly runtime: Runtime;
  private readonly settings: EngineHealthSettings;
  private timer: Timer | undefined;
  private heardAt: number;
  private up = true;
  private isClosed = false;

  constructor(
    runtime: Runtime,
    { address, port, weight = 1 }: RtpengineAddress,
    settings: EngineHealthSettings,
  ) {
    this.runtime = runtime;
    this.settings = settings;
    this.weight = weight;
    this.heardAt = runtime.clock.now();
    this.client = new NgClient({ runtime, engine: { address, port } });
  }

  get state(): EngineState {
    const { address, port } = this.client.engine;
    return { address, port, weight: this.weight, isUp: this.up, calls: this.calls.size };
  }

  get isUp(): boolean {
    return this.up;
  }

  /** Watches it from now on. Idempotent. */
  watch(): void {
    if (this.timer !== undefined || this.isClosed) return;
    this.heardAt = this.runtime.clock.now();
    this.rest();
  }

  /** A command was replied to. */
  heard(): void {
    this.heardAt = this.runtime.clock.now();
    if (this.up) return;
    this.up = true;
    this.runtime.logger.info({ engine: this.client.engine }, 'rtpengine replies again');
    this.verifyAll();
  }

  /** A command was not replied to. */
  missed(error: StrowgerError): void {
    if (this.up) {
      this.runtime.logger.warn({ error, engine: this.client.engine }, 'rtpengine does not reply');
    }
    this.up = false;
    if (this.runtime.clock.now() - this.heardAt < this.settings.lostAfterMs) return;
    for (const call of this.calls) call.onLost(error.message);
    this.calls.clear();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.timer?.cancel();
    await this.client.close();
  }

  private rest(): void {
    this.timer = this.runtime.clock.arm(this.settings.pingMs, () => void this.ping());
  }

  private async ping(): Promise<void> {
    try {
      await this.client.request('ping');
      this.heard();
      await this.verifyOne();
    } catch (error) {
      if (this.isClosed) return;
      this.missed(error as StrowgerError); // the client rejects with nothing else while it is open
    }
    if (!this.isClosed) this.rest();
  }

  /** An engine that was started anew replies as before, but knows none of its calls any more. */
  private async verifyOne(): Promise<void> {
    const [call] = this.calls;
    if (call === undefined) return;
    this.calls.delete(call); // to the end of the line: another one next time
    this.calls.add(call);
    if (!(await call.verify())) this.verifyAll();
  }

  private verifyAll(): void {
    for (const call of this.calls) void call.verify();
  }
}

/**
 * The engine that has the least to do for its weight among those that are up; one that is not up
 * only where no other is left, since it may be back. Undefined where all were tried.
 */
export function chooseEngine(
  engines: readonly Engine[],
  tried: ReadonlySet<Engine>,
): Engine | undefined {
  const left = engines.filter((engine) => !tried.has(engine));
  const up = left.filter(({ isUp }) => isUp);
  const weighty = up.filter(({ weight }) => weight > 0);
  const [first, ...others] = [weighty, up, left].find((list) => list.length > 0) ?? [];
  if (first === undefined) return undefined;
  return others.reduce((best, one) => (load(one) < load(best) ? one : best), first);
}

function load({ calls, weight }: Engine): number {
  return (calls.size + 1) / Math.max(weight, Number.EPSILON);
}
