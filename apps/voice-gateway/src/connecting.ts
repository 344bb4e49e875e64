import type { Clock } from '@strowger/runtime';
import { ProgramDown } from './program-link.ts';

/** How a connection is waited for. */
export interface ConnectingOptions {
  readonly clock: Clock;
  readonly connectMs: number;
  readonly signal: AbortSignal;
  /** Begins; calls `ready` when it stands, or `fail` with why not. */
  begin(ready: () => void, fail: (why: string) => void): void;
}

/** Rejects with `ProgramDown` where it fails, takes longer, or `signal` aborts. */
export async function connected(options: ConnectingOptions): Promise<void> {
  const { clock, connectMs, signal, begin } = options;
  let cleanUp = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new ProgramDown(why));
      const abort = (): void => fail('nobody waits for it any more');
      const late = clock.arm(connectMs, () => fail(`no connection in ${connectMs} ms`));
      signal.addEventListener('abort', abort);
      cleanUp = () => {
        late.cancel();
        signal.removeEventListener('abort', abort);
      };
      begin(resolve, fail);
      if (signal.aborted) abort();
    });
  } finally {
    cleanUp();
  }
}
