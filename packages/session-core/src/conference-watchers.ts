import {
  CONFERENCE_INFO_TYPE,
  type ConferenceInfo,
  type ConferenceUser,
  type ElementState,
  formatConferenceInfo,
  type IncomingSubscribe,
  type NotifierSubscription,
} from '@strowger/dialog-core';
import { SipUri, type Uri } from '@strowger/sip-message';
import type { Conference } from './conference.ts';
import type { ConferenceMemberState } from './conference-options.ts';
import type { Session } from './session.ts';
import type { SessionId } from './session-state.ts';

interface Watcher {
  readonly subscription: NotifierSubscription;
  /** Who may know because it is in it. */
  readonly member: SessionId | undefined;
  /** The address that it knows the conference by. */
  readonly entity: string;
  /** The number of the last state that it was told. */
  readonly said: { version: number };
}

/** @internal Who is told of a conference by the package `conference` (RFC 4575), and what. */
export class ConferenceWatchers {
  private readonly conference: Conference;
  private readonly sessionOf: (id: SessionId) => Session | undefined;
  private readonly watchers = new Set<Watcher>();

  constructor(conference: Conference, sessionOf: (id: SessionId) => Session | undefined) {
    this.conference = conference;
    this.sessionOf = sessionOf;
  }

  /** How many subscribe. */
  get size(): number {
    return this.watchers.size;
  }

  /** Accepts a subscription: the whole state now, and what changes from then on. */
  add(subscribe: IncomingSubscribe, member?: SessionId): void {
    const { uri } = this.conference;
    const entity = plain(uri ?? subscribe.request.uri);
    let watcher: Watcher | undefined;
    const said = { version: 0 };
    const subscription = subscribe.accept({
      user: {
        content: () => this.body({ entity, said, state: 'full' }, this.users()),
        onEnded: () => watcher && this.watchers.delete(watcher),
      },
    });
    if (subscription.state === 'terminated') return; // it wanted to know once
    watcher = { subscription, member, entity, said };
    this.watchers.add(watcher);
  }

  /** A member has left: what it was told for being one it is told no longer. */
  drop(member: SessionId): void {
    for (const watcher of this.watchers) {
      if (watcher.member === member) watcher.subscription.terminate({ reason: 'rejected' });
    }
  }

  /** What concerns one session, or none, has changed: all are told that part (RFC 4575 §4.4). */
  changed(session?: Session): void {
    if (this.watchers.size === 0) return;
    const entity = session && plain(session.remote.uri);
    const users = entity === undefined ? [] : [this.userOf(entity)];
    for (const watcher of this.watchers) {
      watcher.subscription.notify(this.body({ ...watcher, state: 'partial' }, users));
    }
  }

  /** The conference is over. */
  end(): void {
    for (const watcher of this.watchers) {
      const body = this.body({ ...watcher, state: 'full' }, []);
      watcher.subscription.terminate({ reason: 'noresource', body });
    }
  }

  private body(
    { entity, said, state }: Pick<Watcher, 'entity' | 'said'> & { readonly state: ElementState },
    users: readonly ConferenceUser[],
  ): { type: string; content: string } {
    const { conference } = this;
    const info: ConferenceInfo = {
      entity,
      version: ++said.version,
      state,
      subject: conference.subject,
      userCount: new Set(this.present().map(([name]) => name)).size,
      active: !conference.isOver,
      locked: conference.isLocked,
      users,
    };
    return { type: CONFERENCE_INFO_TYPE, content: formatConferenceInfo(info) };
  }

  private users(): ConferenceUser[] {
    return [...new Set(this.present().map(([entity]) => entity))].map((one) => this.userOf(one));
  }

  /** A user with all that it is in by; or that it is gone. */
  private userOf(entity: string): ConferenceUser {
    const own = this.present().filter(([name]) => name === entity);
    const [first] = own;
    const displayText = first?.[1].remote.displayName;
    return {
      entity,
      state: first === undefined ? 'deleted' : 'full',
      displayText,
      roles: [...new Set(own.map(([, , { role }]) => ROLES[role]))],
      endpoints: own.map(([, session, member], at) => endpointOf(session, member, at)),
    };
  }

  /** Who is in the mix. */
  private present(): [entity: string, session: Session, member: ConferenceMemberState][] {
    return this.conference.members.flatMap((member) => {
      const session = member.stage === 'in' ? this.sessionOf(member.sessionId) : undefined;
      return session === undefined ? [] : [[plain(session.remote.uri), session, member]];
    });
  }
}

/** As far as RFC 4575 §5.6.3 leaves it to us. */
const ROLES = { speaker: 'participant', listener: 'listener', moderator: 'moderator' } as const;

function endpointOf(
  session: Session,
  { muted, held, role, deaf }: ConferenceMemberState,
  at: number,
): ConferenceUser['endpoints'][number] {
  const { dialog } = session;
  const target = (dialog?.remoteTarget ?? session.remote.uri).toString();
  const mute = muted ? 'muted-via-focus' : 'connected';
  const isHeard = !muted && !held && role !== 'listener';
  return {
    // one phone may be in it twice
    entity: at === 0 ? target : `${target};line=${at + 1}`,
    state: 'full',
    status: held ? 'on-hold' : mute,
    // as the focus sees it (RFC 4575 §5.8.5 speaks of the conference's side)
    media: [{ id: '1', type: 'audio', status: DIRECTIONS[`${isHeard}-${!deaf}`] }],
  };
}

const DIRECTIONS = {
  'true-true': 'sendrecv',
  'true-false': 'sendonly',
  'false-true': 'recvonly',
  'false-false': 'inactive',
} as const;

/** An address without what only a request needs. */
function plain(uri: Uri): string {
  if (!(uri instanceof SipUri)) return uri.toString();
  return uri.with({ password: undefined, params: [], headers: [] }).toString();
}
