import type { IncomingSubscribe } from '@strowger/dialog-core';
import { Conference } from './conference.ts';
import type { ConferenceContext } from './conference-context.ts';
import type {
  ConferenceId,
  ConferenceOptions,
  ConferencePackageOptions,
  JoinOptions,
} from './conference-options.ts';
import { ConferenceWatchers } from './conference-watchers.ts';
import type { Session } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { SessionId } from './session-state.ts';
import { badOption, tooMany } from './recovery.ts';

/** @internal What the conferences of a manager are made with. */
export interface ConferencesOptions extends Pick<ConferenceContext, 'media' | 'onStep'> {
  readonly registry: SessionRegistry;
  readonly limits: { readonly conferences: number; readonly conferenceMembers: number };
  readonly package: ConferencePackageOptions | undefined;
  newId(): string;
  report(error: unknown): void;
}

/** @internal The conferences of a manager, and who asks for their state. */
export class Conferences {
  private readonly options: ConferencesOptions;
  private readonly open = new Map<ConferenceId, Conference>();
  private readonly seats = new Map<SessionId, Conference>();

  constructor(options: ConferencesOptions) {
    this.options = options;
  }

  all(): Conference[] {
    return [...this.open.values()];
  }

  get(id: ConferenceId): Conference | undefined {
    return this.open.get(id);
  }

  of(session: SessionId): Conference | undefined {
    return this.seats.get(session);
  }

  /** Throws `TOO_MANY_CONFERENCES`, `BAD_CONFERENCE`. */
  create(options: ConferenceOptions): Conference {
    const { limits, registry, media, onStep } = this.options;
    const { maximum = limits.conferenceMembers, loudest = 0 } = options;
    if (!(Number.isInteger(maximum) && maximum >= 1 && maximum <= 1000)) {
      throw badOption('BAD_CONFERENCE', 'maximum', '`maximum` is 1 to 1000');
    }
    if (!(Number.isInteger(loudest) && loudest >= 0)) {
      throw badOption('BAD_CONFERENCE', 'loudest', '`loudest` is a whole number from 0');
    }
    if (this.open.size >= limits.conferences) {
      throw tooMany('TOO_MANY_CONFERENCES', `there are ${this.open.size} conferences`);
    }
    const id = this.options.newId() as ConferenceId; // a brand
    const conference = new Conference(id, options, {
      media,
      maximum,
      onStep,
      session: (session) => registry.live(session),
      seats: this.seats,
      tell: (session, type, details) => registry.emit(session, type, details),
      watchers: (of) => new ConferenceWatchers(of, (session) => registry.get(session)),
      onEnded: () => this.open.delete(id),
    });
    this.open.set(id, conference);
    return conference;
  }

  /** All of them or none: where one does not agree the others go on alone. */
  async bridge(
    sessions: readonly SessionId[],
    { member, ...options }: ConferenceOptions & { readonly member?: JoinOptions },
  ): Promise<ConferenceId> {
    const conference = this.create({ ends: 'alone', ...options });
    const joining = await Promise.allSettled(sessions.map((id) => conference.join(id, member)));
    const failed = joining.find((one) => one.status === 'rejected');
    if (failed === undefined) return conference.id;
    await conference.end({ atEnd: 'release' });
    throw failed.reason;
  }

  /** A SUBSCRIBE for the package `conference` (RFC 4575 §3). */
  take(subscribe: IncomingSubscribe): void {
    const member = this.memberOf(subscribe);
    const conference = member ? this.of(member.id) : this.named(subscribe);
    if (conference === undefined) return subscribe.reject(404);
    if (member && conference.isIn(member.id)) return conference.watchers.add(subscribe, member.id);
    void this.decide(subscribe, conference);
  }

  private async decide(subscribe: IncomingSubscribe, conference: Conference): Promise<void> {
    let isAllowed = false;
    try {
      isAllowed = (await this.options.package?.mayWatch?.(subscribe, conference)) === true;
    } catch (error) {
      this.options.report(error);
    }
    if (!subscribe.pending) return; // the application has answered it, or nobody waits any more
    if (conference.isOver) subscribe.reject(404);
    else if (isAllowed) conference.watchers.add(subscribe);
    else subscribe.reject(403);
  }

  /** The session in whose dialog it came. */
  private memberOf({ request, isInDialog }: IncomingSubscribe): Session | undefined {
    if (!isInDialog) return undefined;
    const { callId, from, to } = request;
    return this.options.registry.byTags(callId, from.tag ?? '', to.tag ?? '');
  }

  private named({ request }: IncomingSubscribe): Conference | undefined {
    const user = 'user' in request.uri ? request.uri.user : undefined;
    return this.all().find(({ focus }) => focus === user);
  }
}
