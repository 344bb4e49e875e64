import type { MessagePort } from 'node:worker_threads';
import type { Batch, ThreadMessage } from './thread-messages.ts';

/** What a link needs. */
export interface ThreadLinkOptions {
  readonly port: MessagePort;
  /** Messages that may be under way before more are refused. */
  readonly limit: number;
  onMessage(message: ThreadMessage): void;
}

/**
 * A way to one other thread. What a turn of the event loop gathers crosses at once: a message costs
 * a tenth of a `postMessage` of its own when the load is high, and a turn when it is low. A thread that
 * does not keep up is given no more than `limit` messages.
 */
export class ThreadLink {
  private readonly port: MessagePort;
  private readonly limit: number;
  private readonly onMessage: (message: ThreadMessage) => void;
  private gathered: ThreadMessage[] = [];
  private underWay = 0;
  private taken = 0;
  private flushing: NodeJS.Immediate | undefined;

  constructor({ port, limit, onMessage }: ThreadLinkOptions) {
    this.port = port;
    this.limit = limit;
    this.onMessage = onMessage;
    port.on('message', (batch: Batch) => this.take(batch));
  }

  /** Messages that the other thread has not taken yet. */
  get waiting(): number {
    return this.underWay;
  }

  /** False when the other thread is too far behind: the message is not sent. */
  tell(message: ThreadMessage): boolean {
    if (this.underWay >= this.limit) return false;
    this.underWay++;
    this.gathered.push(message);
    this.flushSoon();
    return true;
  }

  /** Lets the last batch leave. */
  close(): void {
    this.flush();
    this.port.close();
  }

  private take({ messages, taken }: Batch): void {
    this.underWay -= taken;
    this.taken += messages.length;
    if (messages.length > 0) this.flushSoon();
    for (const message of messages) this.onMessage(message);
  }

  private flushSoon(): void {
    this.flushing ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    clearImmediate(this.flushing);
    this.flushing = undefined;
    if (this.gathered.length === 0 && this.taken === 0) return;
    const batch: Batch = { messages: this.gathered, taken: this.taken };
    this.gathered = [];
    this.taken = 0;
    this.port.postMessage(batch, []);
  }
}
