import type { Session } from '@strowger/session-core';
import type { Side } from './call-table.ts';
import { CallerLeg } from './caller-leg.ts';
import type { ContactLeg } from './contact-leg.ts';

/** Who is in a call: the caller, whoever took its place, and the legs of the callee. */
export class CallSides {
  /** The last one is the caller now. */
  readonly callers: [CallerLeg, ...CallerLeg[]];
  readonly legs: ContactLeg[] = [];
  private readonly addressOfCaller: string;
  private readonly isUser: boolean;

  /** @param isUser whether the caller has proven to be a user of ours. */
  constructor(caller: CallerLeg, addressOfCaller: string, isUser: boolean) {
    this.callers = [caller];
    this.addressOfCaller = addressOfCaller;
    this.isUser = isUser;
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
    if (side === 'caller' && this.callers.length === 1) {
      return this.isUser ? this.addressOfCaller : undefined;
    }
    return this.sessionOf(side, winner)?.remote.uri.toString();
  }

  /** Puts somebody in the place of one side; gives who was there, and the callee's leg from now on. */
  replace(
    side: Side,
    party: ContactLeg,
    winner: number,
  ): { left: Left | undefined; winner: number } {
    if (side === 'callee') {
      return { left: this.legs[winner], winner: this.legs.push(party) - 1 };
    }
    const left = this.caller;
    this.callers.push(new CallerLeg(party.session));
    return { left, winner };
  }
}

/** Who was replaced. */
export type Left = CallerLeg | ContactLeg;
