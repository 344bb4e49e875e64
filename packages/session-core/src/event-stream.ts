import type { SessionEvent, SessionEvents } from './session-events.ts';

/** Which events a stream shall have; what is absent does not matter. */
export interface EventFilter<T extends SessionEvent['type'] = SessionEvent['type']> {
  readonly types?: readonly T[];
  readonly sessionId?: string;
  /** The Call-ID of the dialog. */
  readonly callId?: string;
}

/** How events are read. */
export interface EventStreamOptions<T extends SessionEvent['type'] = SessionEvent['type']>
  extends EventFilter<T> {
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** How many events may wait for a slow reader. Default 1000. */
  readonly limit?: number;
}

/** So many events, the first of these numbers and those after it, found no room for a slow reader. */
export interface EventsDropped {
  readonly type: 'dropped';
  readonly count: number;
  /** `seq` of the first of them. */
  readonly from: number;
}

type Told = SessionEvent | EventsDropped;

/** @internal Gives the events to whoever iterates, up to a limit. */
export class EventStreams {
  private readonly readers = new Set<Reader>();

  /** How many read. */
  get size(): number {
    return this.readers.size;
  }

  tell(event: SessionEvent): void {
    for (const reader of this.readers) reader.take(event);
  }

  /** From now on; the reader is told what it was too slow for, in the place where it is missing. */
  read<T extends SessionEvent['type']>(
    options: EventStreamOptions<T> = {},
  ): AsyncGenerator<SessionEvents[T] | EventsDropped, void, void> {
    const { signal } = options;
    const reader = new Reader(options, () => {
      this.readers.delete(reader);
      signal?.removeEventListener('abort', leave);
    });
    const leave = (): void => reader.leave();
    if (signal?.aborted === true) leave();
    else this.readers.add(reader);
    signal?.addEventListener('abort', leave);
    return reader as AsyncGenerator<SessionEvents[T] | EventsDropped, void, void>; // only these pass
  }
}

/** One who reads: what was told before its first `next` waits for it as well. */
class Reader implements AsyncGenerator<Told, void, void> {
  private readonly options: EventStreamOptions;
  private readonly onLeft: () => void;
  private readonly waiting: Told[] = [];
  /** Calls of `next` that found nothing. */
  private readonly asking: ((next: IteratorResult<Told, void>) => void)[] = [];
  private isOver = false;

  constructor(options: EventStreamOptions, onLeft: () => void) {
    this.options = options;
    this.onLeft = onLeft;
  }

  take(event: SessionEvent): void {
    if (!matches(event, this.options)) return;
    const ask = this.asking.shift();
    if (ask !== undefined) ask({ done: false, value: event });
    else store(this.waiting, event, this.options.limit ?? DEFAULT_LIMIT);
  }

  /** Ends it: what waits is not read any more. */
  leave(): void {
    this.isOver = true;
    this.waiting.length = 0;
    for (const ask of this.asking.splice(0)) ask(OVER);
    this.onLeft();
  }

  next(): Promise<IteratorResult<Told, void>> {
    const value = this.waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.isOver) return Promise.resolve(OVER);
    return new Promise((resolve) => this.asking.push(resolve));
  }

  return(): Promise<IteratorResult<Told, void>> {
    this.leave();
    return Promise.resolve(OVER);
  }

  throw(error: unknown): Promise<IteratorResult<Told, void>> {
    this.leave();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

const DEFAULT_LIMIT = 1000;
const OVER = { done: true, value: undefined } as const;

/** @internal Whether an event passes. */
export function matches(event: SessionEvent, { types, sessionId, callId }: EventFilter): boolean {
  return (
    (types === undefined || types.includes(event.type)) &&
    (sessionId === undefined || event.sessionId === sessionId) &&
    (callId === undefined || event.callId === callId)
  );
}

function store(
  waiting: (SessionEvent | EventsDropped)[],
  event: SessionEvent,
  limit: number,
): void {
  if (waiting.length < limit) return void waiting.push(event);
  const last = waiting.at(-1);
  if (last?.type === 'dropped') waiting[waiting.length - 1] = { ...last, count: last.count + 1 };
  else waiting.push({ type: 'dropped', count: 1, from: event.seq });
}
