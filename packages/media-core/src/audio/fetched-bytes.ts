import { type Clock, StrowgerError, type Timer } from '@strowger/runtime';
import type { ByteSource } from './byte-source.ts';

/** Kept in memory at most: half an hour of 16-bit mono at 8000 Hz. */
const MAX_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const FIRST_BYTES = 64 * 1024;

/** What is fetched, and within which bounds. */
export interface FetchOptions {
  /** `http:` or `https:`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What is longer ends there, with `WAV_TOO_LARGE`; default 32 MiB. */
  readonly maxBytes?: number | undefined;
  /** How long the server may be silent; default 10 000. */
  readonly timeoutMs?: number | undefined;
}

/** What a server sends, readable from its first byte on while the rest still comes. */
export class FetchedBytes implements ByteSource {
  readonly #abort = new AbortController();
  readonly #maxBytes: number;
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #size = Number.POSITIVE_INFINITY;
  #failure: StrowgerError | undefined;
  #waiters: (() => void)[] = [];

  /**
   * Resolves when the server has begun to answer with 2xx; redirects are followed.
   *
   * @throws StrowgerError (rejects) `WAV_UNREADABLE`.
   */
  static async open(options: FetchOptions, clock: Clock): Promise<FetchedBytes> {
    const { url, headers = {}, timeoutMs = TIMEOUT_MS } = options;
    if (!/^https?:\/\//i.test(url)) throw unreadable(url, 'only http: and https: are fetched');
    const fetched = new FetchedBytes(options);
    const patience = new Patience(clock, timeoutMs, () => fetched.#abort.abort());
    try {
      const response = await fetch(url, { headers, signal: fetched.#abort.signal });
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      if (response.body === null) throw new Error('the answer is empty');
      void fetched.#collect(url, response.body, patience);
      return fetched;
    } catch (cause) {
      patience.end();
      fetched.#abort.abort();
      throw unreadable(url, patience.isOver ? 'the server is silent' : cause);
    }
  }

  private constructor({ maxBytes = MAX_BYTES }: FetchOptions) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#size;
  }

  get failure(): StrowgerError | undefined {
    return this.#failure;
  }

  async read(bytes: Uint8Array, at: number): Promise<number> {
    while (this.#length < at + bytes.length && this.#size === Number.POSITIVE_INFINITY) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    const there = this.#bytes.subarray(Math.min(at, this.#length), this.#length);
    const taken = there.subarray(0, bytes.length);
    bytes.set(taken);
    return taken.length;
  }

  async close(): Promise<void> {
    this.#abort.abort();
  }

  async #collect(url: string, body: ReadableStream<Uint8Array>, patience: Patience): Promise<void> {
    try {
      for await (const chunk of body) {
        patience.renew();
        this.#append(chunk.subarray(0, this.#maxBytes - this.#length));
        if (this.#length < this.#maxBytes) continue;
        this.#failure = new StrowgerError(
          'WAV_TOO_LARGE',
          `${url} has over ${this.#maxBytes} bytes`,
        );
        break;
      }
    } catch (cause) {
      this.#failure = unreadable(url, patience.isOver ? 'the server has gone silent' : cause);
    } finally {
      patience.end();
      this.#size = this.#length;
      this.#wake();
    }
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

/** How long a server may be silent. */
class Patience {
  isOver = false;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onOver: () => void;
  #timer: Timer;

  constructor(clock: Clock, timeoutMs: number, onOver: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onOver = onOver;
    this.#timer = this.#arm();
  }

  renew(): void {
    this.#timer.cancel();
    this.#timer = this.#arm();
  }

  end(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    return this.#clock.arm(this.#timeoutMs, () => {
      this.isOver = true;
      this.#onOver();
    });
  }
}

function unreadable(url: string, cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('WAV_UNREADABLE', `Cannot fetch ${url}: ${why}`, { cause });
}
