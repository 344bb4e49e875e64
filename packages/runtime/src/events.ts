import { StrowgerError } from './errors.ts';

type Listener = (event: never) => void;

/** Ends a subscription; may be called twice. */
export type Unsubscribe = () => void;

/**
 * Typed events: `on`, `once`, `off` and an async iterator. Listeners are called in the order in
 * which they were added; one that throws is reported and harms nobody else.
 */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Listener[]>();
  private readonly report: (error: unknown) => void;

  /** @param report told of every error that a listener throws; by default it goes nowhere. */
  constructor(report: (error: unknown) => void = () => {}) {
    this.report = report;
  }

  on<T extends keyof Events>(type: T, listener: (event: Events[T]) => void): Unsubscribe {
    const list = this.listeners.get(type) ?? [];
    this.listeners.set(type, [...list, listener]);
    return () => this.off(type, listener);
  }

  once<T extends keyof Events>(type: T, listener: (event: Events[T]) => void): Unsubscribe {
    const unsubscribe = this.on(type, (event) => {
      unsubscribe();
      listener(event);
    });
    return unsubscribe;
  }

  off<T extends keyof Events>(type: T, listener: (event: Events[T]) => void): void {
    const left = (this.listeners.get(type) ?? []).filter((one) => one !== listener);
    if (left.length > 0) this.listeners.set(type, left);
    else this.listeners.delete(type);
  }

  /** Whether anybody listens to `type`. */
  has(type: keyof Events): boolean {
    return this.listeners.has(type);
  }

  /** Tells everybody who listens to `type`. */
  emit<T extends keyof Events>(type: T, event: Events[T]): void {
    for (const listener of this.listeners.get(type) ?? []) {
      try {
        // `on` tied the listener to this very type
        (listener as (event: Events[T]) => void)(event);
      } catch (error) {
        this.report(error);
      }
    }
  }

  /**
   * The events of one type as they come, until `signal` aborts. At most `limit` events wait for a
   * slow reader (default 1000); beyond that the iterator throws `EVENTS_LOST`.
   */
  async *iterate<T extends keyof Events>(
    type: T,
    { signal, limit = 1000 }: { signal?: AbortSignal; limit?: number } = {},
  ): AsyncGenerator<Events[T], void, void> {
    const waiting: Events[T][] = [];
    let lost = false;
    let wake = (): void => {};
    const unsubscribe = this.on(type, (event) => {
      if (waiting.length < limit) waiting.push(event);
      else lost = true;
      wake();
    });
    const stop = (): void => wake();
    signal?.addEventListener('abort', stop);
    try {
      while (signal?.aborted !== true) {
        if (waiting.length > 0) yield waiting.shift() as Events[T];
        else if (lost) throw new StrowgerError('EVENTS_LOST', `over ${limit} events waited`);
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      unsubscribe();
    }
  }
}
