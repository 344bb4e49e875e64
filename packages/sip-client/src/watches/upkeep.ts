import { Machine, type Runtime, type Timer } from '@strowger/runtime';
import type { Hop } from '@strowger/transaction-core';
import type { LineRoute } from '../line.ts';
import {
  type UpkeepEnd,
  type UpkeepInput,
  type UpkeepOutput,
  type UpkeepState,
  upkeepTable,
  type UpkeepTrouble,
  type UpkeepVerdict,
} from './upkeep-table.ts';

/** Told how an attempt goes: `kept` at most once, then `lost` once. */
export interface AttemptUser {
  kept(): void;
  lost(verdict: UpkeepVerdict): void;
}

/** What an upkeep is made of. */
export interface UpkeepOptions {
  readonly runtime: Runtime;
  /** The way to the server; rejects where there is none. */
  locate(): Promise<LineRoute>;
  /** Asks the server; what it gives takes that back, after which `lost` follows. */
  ask(route: LineRoute, user: AttemptUser): () => void;
  onTrouble(trouble: UpkeepTrouble & { readonly retryMs: number }): void;
  onOver(end: UpkeepEnd): void;
  /** Whether the server needs no address of ours, so that a change of it is nothing to tell. */
  readonly isPlaceless?: boolean;
}

/** The shell of `upkeepTable`. */
export class Upkeep {
  private readonly options: UpkeepOptions;
  private readonly machine: Machine<UpkeepState, UpkeepInput, UpkeepOutput>;
  private attempts = 0;
  private live: { readonly hops: readonly Hop[]; drop(): void } | undefined;
  private timer: Timer | undefined;

  constructor(options: UpkeepOptions) {
    this.options = options;
    this.machine = new Machine<UpkeepState, UpkeepInput, UpkeepOutput>({
      table: upkeepTable,
      initial: { name: 'waiting', failures: 0 },
      context: undefined,
      perform: (output) => this.perform(output),
    });
  }

  get state(): UpkeepState['name'] {
    return this.machine.state.name;
  }

  start(): void {
    this.machine.input({ type: 'timer' });
  }

  stop(): void {
    this.machine.input({ type: 'stop' });
  }

  /** As `stop`, and waits for nobody. */
  close(): void {
    this.machine.input({ type: 'close' });
  }

  moved(): void {
    if (this.options.isPlaceless !== true || this.state === 'waiting') {
      this.machine.input({ type: 'moved' });
    }
  }

  connectionLost({ transport, address, port }: Hop): void {
    const isOurs = this.live?.hops.some(
      (hop) => hop.transport === transport && hop.address === address && hop.port === port,
    );
    if (isOurs !== true || this.options.isPlaceless === true) return;
    this.machine.input({ type: 'connectionLost', jitter: this.jitter() });
  }

  private perform(output: UpkeepOutput): void {
    switch (output.type) {
      case 'ask':
        return void this.ask();
      case 'drop':
        return this.drop();
      case 'arm':
        this.timer?.cancel();
        this.timer = this.options.runtime.clock.arm(output.delayMs, () => this.start());
        return;
      case 'disarm':
        return this.timer?.cancel();
      case 'tell':
        return this.options.onTrouble({ ...output.trouble, retryMs: output.retryMs });
      case 'end':
        return this.options.onOver(output.end);
      default:
        output satisfies never;
    }
  }

  /** Never rejects: what goes wrong is an input. */
  private async ask(): Promise<void> {
    const attempt = ++this.attempts;
    /** What becomes of an attempt that was given up is nobody's business. */
    const isCurrent = (): boolean => attempt === this.attempts;
    const lose = (verdict: UpkeepVerdict): void => {
      if (!isCurrent()) return;
      this.attempts++;
      this.live = undefined;
      this.machine.input({ type: 'lost', verdict, jitter: this.jitter() });
    };
    const user: AttemptUser = {
      kept: () => {
        if (isCurrent()) this.machine.input({ type: 'kept' });
      },
      lost: lose,
    };
    try {
      const route = await this.options.locate();
      if (!isCurrent()) return;
      const drop = this.options.ask(route, user);
      if (isCurrent()) this.live = { hops: route.hops ?? [], drop };
    } catch (error) {
      const { logger } = this.options.runtime;
      logger.debug({ err: error }, 'no way to the server');
      lose({ kind: 'again', trouble: { what: 'noRoute' } });
    }
  }

  private drop(): void {
    const { live } = this;
    this.live = undefined;
    // where the server is to be told first, its answer still counts
    if (this.state !== 'stopping') this.attempts++;
    live?.drop();
    if (live !== undefined || this.state !== 'stopping') return;
    this.attempts++;
    const verdict: UpkeepVerdict = { kind: 'over', end: { kind: 'stopped' } };
    this.machine.input({ type: 'lost', verdict, jitter: 0 });
  }

  private jitter(): number {
    return this.options.runtime.random.float();
  }
}
