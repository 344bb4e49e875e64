import {
  type Body,
  type OutgoingPublication,
  PIDF_TYPE,
  type PublicationUser,
  type PublishOptions,
} from '@strowger/dialog-core';
import { Emitter, type Runtime } from '@strowger/runtime';
import type { Hop } from '@strowger/transaction-core';
import type { LineRoute } from '../line.ts';
import { documentOf, type OwnPresence, presencePackage } from './presence.ts';
import { verdictOnPublication } from './subscription-verdict.ts';
import { type AttemptUser, Upkeep } from './upkeep.ts';
import type { WatchEnd, WatchTrouble } from './watch.ts';

/** The events of a publication. */
export interface PublicationEvents {
  /** The server has it: the first time, or as it is now. Refreshing it is not told. */
  published: OwnPresence;
  trouble: WatchTrouble;
}

/** @internal What a publication is made of. */
export interface PresencePublicationOptions {
  readonly runtime: Runtime;
  readonly presence: OwnPresence;
  /** Whose presence it is. */
  readonly entity: string;
  locate(): Promise<LineRoute>;
  publish(
    parts: Pick<PublishOptions, 'event' | 'body'>,
    route: LineRoute,
    user: PublicationUser,
  ): OutgoingPublication;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Our presence at a server (RFC 3903): refreshed in time, and published anew where the server forgot it or
 * was away, with growing delays, until `stop()`, or until the server refuses it for good.
 */
export class PresencePublication {
  /** Resolves when it is over, with the reason; never rejects. */
  readonly ended: Promise<WatchEnd>;
  private readonly options: PresencePublicationOptions;
  private readonly events: Emitter<PublicationEvents>;
  private readonly upkeep: Upkeep;
  /** This very publication among those of the same user. */
  private readonly tupleId: string;
  private presence: OwnPresence;
  /** What each body says. */
  private readonly said = new WeakMap<Body, OwnPresence>();
  private live: OutgoingPublication | undefined;

  /** @internal Publications come from `SipClient`. Throws `BAD_PRESENCE`. */
  constructor(options: PresencePublicationOptions) {
    const { runtime, signal } = options;
    this.options = options;
    this.presence = options.presence;
    this.tupleId = `t${runtime.random.token()}`;
    this.bodyOf(options.presence);
    this.events = new Emitter((error) => runtime.logger.error({ error }, 'a listener threw'));
    let over: (end: WatchEnd) => void = () => {};
    this.ended = new Promise((resolve) => (over = resolve));
    const abort = (): void => void this.stop();
    this.upkeep = new Upkeep({
      runtime,
      isPlaceless: true,
      locate: () => options.locate(),
      ask: (route, user) => this.ask(route, user),
      onTrouble: (trouble) => this.events.emit('trouble', trouble),
      onOver: (end) => {
        signal?.removeEventListener('abort', abort);
        over(end);
      },
    });
    signal?.addEventListener('abort', abort);
  }

  /** Whether the server has it. */
  get isPublished(): boolean {
    return this.upkeep.state === 'kept';
  }

  on<E extends keyof PublicationEvents>(
    type: E,
    listener: (event: PublicationEvents[E]) => void,
  ): () => void {
    return this.events.on(type, listener);
  }

  /** Says something else of us from now on. Throws `BAD_PRESENCE`, and nothing changes. */
  update(presence: OwnPresence): void {
    const body = this.bodyOf(presence);
    this.presence = presence;
    this.live?.change(body);
  }

  /** Takes it back; resolves when the server knows, or has not answered for 32 s. */
  stop(): Promise<WatchEnd> {
    this.upkeep.stop();
    return this.ended;
  }

  /** @internal */
  start(): void {
    this.upkeep.start();
    if (this.options.signal?.aborted === true) this.upkeep.stop();
  }

  /** @internal */
  moved(): void {
    this.upkeep.moved();
  }

  /** @internal */
  connectionLost(hop: Hop): void {
    this.upkeep.connectionLost(hop);
  }

  /** @internal */
  close(): void {
    this.upkeep.close();
  }

  private ask(route: LineRoute, user: AttemptUser): () => void {
    const live = this.options.publish(
      { event: presencePackage.event, body: this.bodyOf(this.presence) },
      route,
      {
        onPublished: (_, body) => {
          user.kept();
          const presence = body && this.said.get(body);
          if (presence !== undefined) this.events.emit('published', presence);
        },
        onEnded: (end) => {
          this.live = undefined;
          user.lost(verdictOnPublication(end));
        },
      },
    );
    this.live = live;
    return () => live.remove();
  }

  private bodyOf(presence: OwnPresence): Body {
    const content = documentOf(this.options.entity, this.tupleId, presence);
    const body = { type: PIDF_TYPE, content };
    this.said.set(body, presence);
    return body;
  }
}
