import { Emitter, type Runtime } from '@strowger/runtime';
import type { Hop } from '@strowger/transaction-core';
import type { LineRoute } from '../line.ts';
import { type AttemptUser, Upkeep } from './upkeep.ts';
import type { UpkeepEnd, UpkeepTrouble } from './upkeep-table.ts';
import type { KeptAlive } from './upkeeps.ts';

/** Why a watch, or a publication, is over. */
export type WatchEnd = UpkeepEnd;

/** Something failed, and is tried again after `retryMs`. */
export type WatchTrouble = UpkeepTrouble & { readonly retryMs: number };

/** @internal What is kept at a server is made of. */
export interface KeptParts {
  readonly runtime: Runtime;
  locate(): Promise<LineRoute>;
  readonly signal?: AbortSignal | undefined;
}

/** What a server keeps for us, until `stop()`, or until it refuses for good. */
export abstract class KeptAtServer<Events extends { trouble: WatchTrouble }> implements KeptAlive {
  /** Resolves when it is over, with the reason; never rejects. */
  readonly ended: Promise<WatchEnd>;
  protected readonly events: Emitter<Events>;
  protected readonly upkeep: Upkeep;
  private readonly signal: AbortSignal | undefined;
  private readonly abort = (): void => void this.stop();

  /** @internal @param isPlaceless whether the server needs no address of ours. */
  constructor({ runtime, locate, signal }: KeptParts, { isPlaceless }: { isPlaceless: boolean }) {
    this.signal = signal;
    this.events = new Emitter((error) => runtime.logger.error({ error }, 'a listener threw'));
    let over: (end: WatchEnd) => void = () => {};
    this.ended = new Promise((resolve) => (over = resolve));
    this.upkeep = new Upkeep({
      runtime,
      isPlaceless,
      locate,
      ask: (route, user) => this.ask(route, user),
      onTrouble: (trouble) => this.tellTrouble(trouble),
      onOver: (end) => {
        signal?.removeEventListener('abort', this.abort);
        this.leave();
        over(end);
      },
    });
  }

  /** Listens, until what it gives is called. */
  on<E extends keyof Events>(type: E, listener: (event: Events[E]) => void): () => void {
    return this.events.on(type, listener);
  }

  /** Takes it back; resolves when the server knows, or has not answered for 32 s. */
  stop(): Promise<WatchEnd> {
    this.upkeep.stop();
    return this.ended;
  }

  /** @internal */
  start(): void {
    this.signal?.addEventListener('abort', this.abort);
    this.upkeep.start();
    if (this.signal?.aborted === true) this.upkeep.stop();
  }

  /** @internal */
  moved(): void {
    this.upkeep.moved();
  }

  /** @internal */
  connectionLost(hop: Hop): void {
    this.upkeep.connectionLost(hop);
  }

  /** @internal */
  close(): void {
    this.upkeep.close();
  }

  /** Asks the server; what it gives takes that back. */
  protected abstract ask(route: LineRoute, user: AttemptUser): () => void;

  protected abstract tellTrouble(trouble: WatchTrouble): void;

  /** It is over. */
  protected leave(): void {}
}
