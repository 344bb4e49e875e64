import { type Clock, Machine, type Timer } from '@strowger/runtime';
import type { Ear } from './ear.ts';
import {
  type Gathered,
  type GatherInput,
  type GatherOutput,
  type GatherRules,
  type GatherState,
  gatherTable,
} from './gather-table.ts';
import type { Speaking } from './mouth.ts';

/** What a gathering is made of. */
export interface GatheringOptions {
  readonly rules: GatherRules;
  readonly ear: Ear;
  readonly clock: Clock;
  readonly prompt: Speaking | undefined;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
}

/** Carries out `gatherTable`; leaves no timer and no listener behind. */
export class Gathering {
  private readonly options: GatheringOptions;
  private readonly machine: Machine<GatherState, GatherInput, GatherOutput, GatherRules>;
  private timer: Timer | undefined;
  private stopAttending = (): void => {};
  private resolve: (gathered: Gathered) => void = () => {};

  constructor(options: GatheringOptions) {
    this.options = options;
    this.machine = new Machine<GatherState, GatherInput, GatherOutput, GatherRules>({
      table: gatherTable,
      initial: { name: 'prompting' },
      context: options.rules,
      perform: (output) => this.perform(output),
    });
  }

  /** Rejects with what the prompt fails with, and with the reason of `signal`. */
  async run(): Promise<Gathered> {
    const { ear, prompt, signal } = this.options;
    let callEnded = (): void => {};
    const gathered = new Promise<Gathered>((resolve, reject) => {
      this.resolve = resolve;
      callEnded = () => reject(signal.reason);
      signal.addEventListener('abort', callEnded);
      prompt?.finished.then(() => this.promptEnded(), reject);
    });
    this.stopAttending = ear.attend((heard) => {
      if (heard.type === 'digit') this.takeDigits();
      else this.machine.input(heard);
    });
    this.catchUp();
    if (prompt === undefined) this.promptEnded();
    try {
      return await gathered;
    } finally {
      signal.removeEventListener('abort', callEnded);
      this.timer?.cancel();
      this.stopAttending();
      prompt?.silence();
    }
  }

  private promptEnded(): void {
    this.machine.input({ type: 'promptEnded' });
    this.catchUp();
  }

  /** What the caller did before anybody attended. */
  private catchUp(): void {
    this.takeDigits();
    if (this.options.ear.isHearing) this.machine.input({ type: 'speechStarted' });
  }

  private takeDigits(): void {
    const { machine } = this;
    const { rules, ear } = this.options;
    if (machine.state.name === 'prompting' && !rules.bargeIn) return; // they wait
    while (rules.most > 0 && machine.state.name !== 'done' && ear.hasDigits) {
      machine.input({ type: 'digit', digit: ear.take() ?? '' });
    }
  }

  private perform(output: GatherOutput): void {
    const { clock, prompt } = this.options;
    switch (output.type) {
      case 'silencePrompt':
        return prompt?.silence();
      case 'arm':
        this.timer?.cancel();
        this.timer = clock.arm(output.delayMs, () => void this.machine.input({ type: 'timer' }));
        return;
      case 'disarm':
        return this.timer?.cancel();
      case 'finish':
        return this.resolve(output.gathered);
      default:
        output satisfies never;
    }
  }
}
