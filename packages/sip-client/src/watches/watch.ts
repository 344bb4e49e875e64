import type {
  Notification,
  ReadBody,
  Subscription,
  SubscribeOptions,
  SubscribeUser,
} from '@strowger/dialog-core';
import { encodingOf, mediaTypeOf } from '../media-type.ts';
import { Inbox } from '../inbox.ts';
import type { LineRoute } from '../line.ts';
import { KeptAtServer, type KeptParts, type WatchTrouble } from './kept-at-server.ts';
import { verdictOnSubscription } from './subscription-verdict.ts';
import type { AttemptUser } from './upkeep.ts';

/** How many states may wait for one slow reader: then the oldest are forgotten. */
const WAITING_STATES = 16;

/** A NOTIFY whose body says nothing to us. */
export interface UnreadableState {
  /** The media type; empty where there is none. */
  readonly contentType: string;
  readonly message: string;
}

/** The events of a watch. */
export interface WatchEvents<T> {
  /** What is watched is so now; a refresh may tell what was told before. */
  update: T;
  trouble: WatchTrouble;
  /** What was told before holds. */
  unreadable: UnreadableState;
}

/** What is watched, and how its states are read. */
export interface WatchedPackage<T> {
  readonly event: string;
  /** The one media type that we take. */
  readonly type: string;
  read(body: Uint8Array): ReadBody<T>;
  /** What an active subscription without a body says, where it says something. */
  readonly empty?: T;
}

/** @internal What a watch is made of. */
export interface WatchParts<T> extends KeptParts {
  readonly what: WatchedPackage<T>;
  subscribe(
    parts: Pick<SubscribeOptions, 'event' | 'accept'>,
    route: LineRoute,
    user: SubscribeUser,
  ): {
    unsubscribe(): void;
  };
}

/**
 * The state of something at a server, kept up to date by a subscription (RFC 6665): refreshed in time,
 * and had anew when it ended or the server was away, with growing delays, until `stop()`, or until the
 * server refuses it for good. Iterating gives the state that is known, then each that follows; of more
 * than 16 that wait for a slow reader the newest.
 */
export class Watch<T> extends KeptAtServer<WatchEvents<T>> implements AsyncIterable<T> {
  private readonly options: WatchParts<T>;
  private readonly readers = new Set<Inbox<T>>();
  private subscription: Subscription | undefined;
  private latest: T | undefined;

  /** @internal Watches come from `SipClient`. */
  constructor(options: WatchParts<T>) {
    super(options, { isPlaceless: false });
    this.options = options;
  }

  /** What was told last; also when it is long ago, or over. */
  get current(): T | undefined {
    return this.latest;
  }

  /**
   * `asking`: the server was asked; `pending`: whom we watch has not allowed it yet; `active`: it is up to
   * date; `waiting`: it will be tried again; `over`.
   */
  get state(): 'asking' | 'pending' | 'active' | 'waiting' | 'over' {
    const { state } = this.upkeep;
    if (state === 'kept') return this.subscription?.state === 'pending' ? 'pending' : 'active';
    return state === 'stopping' ? 'over' : state;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, void, void> {
    const reader = new Inbox<T>(WAITING_STATES);
    const leave = (): void => {
      this.readers.delete(reader);
      reader.end();
    };
    this.readers.add(reader);
    if (this.latest !== undefined) reader.push(this.latest);
    if (this.upkeep.state === 'over') leave();
    return {
      next: () => reader.next(),
      return: () => {
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  protected override leave(): void {
    for (const reader of this.readers) reader.end();
  }

  protected tellTrouble(trouble: WatchTrouble): void {
    this.events.emit('trouble', trouble);
  }

  protected ask(route: LineRoute, user: AttemptUser): () => void {
    const { what, subscribe } = this.options;
    let ours: Subscription | undefined;
    let isDropped = false;
    const sent = subscribe({ event: what.event, accept: [what.type] }, route, {
      onSubscription: (subscription) => {
        // a SUBSCRIBE that was forked: one notifier is listened to (RFC 3856 §6.9)
        if (ours !== undefined) return subscription.unsubscribe();
        ours = subscription;
        subscription.user = {
          onNotify: (notification) => {
            if (!isDropped) this.take(notification);
          },
          onEnded: (end) => user.lost(verdictOnSubscription(end)),
        };
        if (isDropped) return;
        this.subscription = subscription;
        user.kept();
      },
      onFailed: (end) => user.lost(verdictOnSubscription(end)),
    });
    return () => {
      isDropped = true;
      sent.unsubscribe();
    };
  }

  private take({ status, request }: Notification): void {
    const { what } = this.options;
    if (request.body.length === 0) {
      if (status.state === 'active' && what.empty !== undefined) this.tell(what.empty);
      return;
    }
    const contentType = mediaTypeOf(request);
    const encoding = encodingOf(request);
    const isTaken = contentType === what.type && encoding === '';
    const read = isTaken ? what.read(request.body) : notTaken(encoding);
    if (read.ok) this.tell(read.value);
    else this.events.emit('unreadable', { contentType, message: read.message });
  }

  private tell(state: T): void {
    this.latest = state;
    for (const reader of this.readers) reader.pushNewest(state);
    this.events.emit('update', state);
  }
}

function notTaken(encoding: string): { ok: false; message: string } {
  const what = encoding === '' ? 'another media type was asked for' : `it is encoded: ${encoding}`;
  return { ok: false, message: what };
}
