import type { TransferOutcome, TransferStep } from './transfer-options.ts';
import { Deferred } from './waiters.ts';

/** Steps that are kept for whoever iterates; what a chatty peer tells beyond them is not. */
const STEP_LIMIT = 64;

/** A transfer on its way: iterate over its steps, await its outcome. */
export class Transfer implements AsyncIterable<TransferStep> {
  /** How it ended; never rejects. */
  readonly outcome: Promise<TransferOutcome>;
  private readonly settled = new Deferred<TransferOutcome>();
  private readonly steps: TransferStep[] = [];
  private moved = new Deferred<void>();

  /** @internal Transfers come from `session.transfer`. */
  constructor() {
    this.outcome = this.settled.promise;
  }

  /** The steps from the first, each once; they end with the outcome. May be iterated repeatedly. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TransferStep, void, void> {
    for (let next = 0; ; next++) {
      while (next >= this.steps.length) {
        if (this.settled.settled) return;
        await this.moved.promise;
      }
      yield this.steps[next] as TransferStep; // the loop above waited for it
    }
  }

  /** @internal */
  tell(step: TransferStep): void {
    if (this.settled.settled || this.steps.length >= STEP_LIMIT) return;
    this.steps.push(step);
    this.move();
  }

  /** @internal The first outcome counts; false for any other. */
  settle(outcome: TransferOutcome): boolean {
    if (this.settled.settled) return false;
    this.settled.resolve(outcome);
    this.move();
    return true;
  }

  private move(): void {
    const { moved } = this;
    this.moved = new Deferred();
    moved.resolve();
  }
}
