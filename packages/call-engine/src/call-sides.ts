import type { Session } from '@strowger/session-core';
import type { Side } from './call-table.ts';
import { CallerLeg } from './caller-leg.ts';
import type { ContactLeg } from './contact-leg.ts';
import { userAt } from './router.ts';

/** Who is in a call: the caller, whoever took its place, and the legs of the callee. */
export class CallSides {
  /** The last one is the caller now. */
  readonly callers: [CallerLeg, ...CallerLeg[]];
  readonly legs: ContactLeg[] = [];
  /** Who those are that we did not call: the address of record, of users of ours alone. */
  private readonly users: Map<Session, string | undefined>;

  /** @param user the caller's address of record, where it has proven to be a user of ours. */
  constructor(caller: CallerLeg, user: string | undefined) {
    this.callers = [caller];
    this.users = new Map([[caller.session, user]]);
  }

  get caller(): CallerLeg {
    return this.callers.at(-1) ?? this.callers[0];
  }

  get sessions(): readonly Session[] {
    return [...this.callers, ...this.legs].map(({ session }) => session);
  }

  /** The session of one side, where leg `winner` is the callee's. */
  sessionOf(side: Side, winner: number | undefined): Session | undefined {
    if (side === 'caller') return this.caller.session;
    return winner === undefined ? undefined : this.legs[winner]?.session;
  }

  /** Which side a session is of the two that talk; `undefined` for all others. */
  sideOf(session: Session, winner: number | undefined): Side | undefined {
    if (session === this.caller.session) return 'caller';
    return session === this.sessionOf('callee', winner) ? 'callee' : undefined;
  }

  /** The address of record of a side that is a user of ours: those may transfer. */
  userOf(side: Side, winner: number | undefined): string | undefined {
    const session = this.sessionOf(side, winner);
    if (session === undefined) return undefined;
    // a contact that we called is one of the user's whose address we called
    return this.users.has(session) ? this.users.get(session) : userAt(session.remote.uri);
  }

  /** Whether one side takes the media of browsers. */
  isBehindWebSocket(side: Side, winner: number | undefined): boolean {
    if (side === 'caller') return this.caller.isBehindWebSocket;
    return winner !== undefined && this.legs[winner]?.isBehindWebSocket === true;
  }

  /** Puts somebody in the place of one side; gives who was there, and the callee's leg from now on. */
  replace(
    side: Side,
    { party, user }: NewParty,
    winner: number,
  ): { left: Left | undefined; winner: number } {
    this.users.set(party.session, user);
    if (side === 'callee') {
      return { left: this.legs[winner], winner: this.legs.push(party) - 1 };
    }
    const left = this.caller;
    this.callers.push(new CallerLeg(party.session, party.isBehindWebSocket));
    return { left, winner };
  }
}

/** Who takes the place of somebody. */
export interface NewParty {
  readonly party: ContactLeg;
  /** Its address of record, where it is a user of ours. */
  readonly user: string | undefined;
}

/** Who was replaced. */
export type Left = CallerLeg | ContactLeg;
