import type { Call } from './call.ts';
import { Inbox } from './inbox.ts';

/** Calls that wait for somebody who asked for them. */
export class IncomingCalls {
  private readonly readers = new Set<Inbox<Call>>();
  private readonly limit: number;

  /** @param limit calls that may wait for one reader. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get hasReader(): boolean {
    return this.readers.size > 0;
  }

  /** Whether somebody will take a call; else the caller is to be refused. */
  offer(call: Call): boolean {
    const inboxes = [...this.readers];
    const idle = inboxes.filter(({ isAwaited }) => isAwaited);
    const taker = [...idle, ...inboxes].find((inbox) => inbox.push(call));
    if (taker === undefined) return false;
    void call.ended.then(() => taker.remove(call)); // the caller gave up while it waited
    return true;
  }

  /** The calls from now on, until `signal` aborts or the reader returns. */
  read(signal?: AbortSignal): AsyncIterableIterator<Call, void, void> {
    const inbox = new Inbox<Call>(this.limit);
    const leave = (): void => {
      signal?.removeEventListener('abort', leave);
      this.leave(inbox);
    };
    this.readers.add(inbox);
    signal?.addEventListener('abort', leave);
    if (signal?.aborted === true) leave();
    return {
      next: () => inbox.next(),
      return: () => {
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Ends every reader. */
  close(): void {
    for (const inbox of this.readers) this.leave(inbox);
  }

  /** What still waited is offered to other readers, or refused. */
  private leave(inbox: Inbox<Call>): void {
    this.readers.delete(inbox);
    inbox.end();
    for (const call of inbox.empty()) if (!this.offer(call)) call.reject(480);
  }
}
