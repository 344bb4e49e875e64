import {
  type Body,
  type OutgoingPublication,
  PIDF_TYPE,
  type PublicationUser,
  type PublishOptions,
} from '@strowger/dialog-core';
import type { LineRoute } from '../line.ts';
import { KeptAtServer, type KeptParts, type WatchTrouble } from './kept-at-server.ts';
import { documentOf, type OwnPresence, presencePackage } from './presence.ts';
import { verdictOnPublication } from './subscription-verdict.ts';
import type { AttemptUser } from './upkeep.ts';

/** The events of a publication. */
export interface PublicationEvents {
  /** The server has it: the first time, or as it is now. Refreshing it is not told. */
  published: OwnPresence;
  trouble: WatchTrouble;
}

/** @internal What a publication is made of. */
export interface PresencePublicationOptions extends KeptParts {
  readonly presence: OwnPresence;
  /** Whose presence it is. */
  readonly entity: string;
  publish(
    parts: Pick<PublishOptions, 'event' | 'body'>,
    route: LineRoute,
    user: PublicationUser,
  ): OutgoingPublication;
}

/**
 * Our presence at a server (RFC 3903): refreshed in time, and published anew where the server forgot it or
 * was away, with growing delays, until `stop()`, or until the server refuses it for good.
 */
export class PresencePublication extends KeptAtServer<PublicationEvents> {
  private readonly options: PresencePublicationOptions;
  /** This very publication among those of the same user. */
  private readonly tupleId: string;
  private presence: OwnPresence;
  /** What each body says. */
  private readonly said = new WeakMap<Body, OwnPresence>();
  private live: OutgoingPublication | undefined;

  /** @internal Publications come from `SipClient`. Throws `BAD_PRESENCE`. */
  constructor(options: PresencePublicationOptions) {
    super(options, { isPlaceless: true });
    this.options = options;
    this.presence = options.presence;
    this.tupleId = `t${options.runtime.random.token()}`;
    this.bodyOf(options.presence);
  }

  /** Whether the server has it. */
  get isPublished(): boolean {
    return this.upkeep.state === 'kept';
  }

  /** Says something else of us from now on. Throws `BAD_PRESENCE`, and nothing changes. */
  update(presence: OwnPresence): void {
    const body = this.bodyOf(presence);
    this.presence = presence;
    this.live?.change(body);
  }

  protected tellTrouble(trouble: WatchTrouble): void {
    this.events.emit('trouble', trouble);
  }

  protected ask(route: LineRoute, user: AttemptUser): () => void {
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
