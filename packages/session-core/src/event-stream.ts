import type { SessionEvent } from './session-events.ts';

/** Which events a stream shall have; what is absent does not matter. */
export interface EventFilter {
  readonly types?: readonly SessionEvent['type'][];
  readonly sessionId?: string;
  /** The Call-ID of the dialog. */
  readonly callId?: string;
}

/** How events are read. */
export interface EventStreamOptions extends EventFilter {
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

/** @internal Gives the events to whoever iterates, up to a limit. */
export class EventStreams {
  private readonly readers = new Set<(event: SessionEvent) => void>();

  tell(event: SessionEvent): void {
    for (const read of this.readers) read(event);
  }

  /** From now on; the reader is told what it was too slow for, in the place where it is missing. */
  async *read(
    options: EventStreamOptions = {},
  ): AsyncGenerator<SessionEvent | EventsDropped, void, void> {
    const { signal, limit = 1000 } = options;
    const waiting: (SessionEvent | EventsDropped)[] = [];
    let wake = (): void => {};
    const take = (event: SessionEvent): void => {
      if (matches(event, options)) store(waiting, event, limit);
      wake();
    };
    const stop = (): void => wake();
    this.readers.add(take);
    signal?.addEventListener('abort', stop);
    try {
      while (signal?.aborted !== true) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.readers.delete(take);
    }
  }
}

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
