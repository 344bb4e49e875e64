import type { Watcher } from '../src/simulation-invariants.ts';
import type { Told } from '../src/simulation-observation.ts';
import type { Verb } from './plan.ts';

/** What became of one side of a call. */
export interface Leg {
  readonly host: string;
  readonly side: 'caller' | 'callee';
  /** The caller's outcome: `accepted`, `rejected 486`, `failed timeout`. */
  outcome?: string;
  /** What the callee did: `accepted`, `rejected 486`, `cancelled`, `bye`. */
  decision?: string;
  wasAcknowledged: boolean;
  hadNoAck: boolean;
  wasCancelled: boolean;
  readonly ends: string[];
  /** Its process died before the call could be saved. */
  isLost: boolean;
  /** How often another process went on with it. */
  restored: number;
}

/** Whether nothing is left of a call on this side. */
export function isOver({ side, outcome, decision = '', ends }: Leg): boolean {
  // an early dialog that has ended leaves its INVITE to the other branches
  if (side === 'caller' && outcome === undefined) return false;
  if (ends.length > 0 || /^(?:rejected|cancelled)/u.test(decision)) return true;
  return outcome !== undefined && outcome !== 'accepted';
}

/** The status for who calls again what is over: whoever refused does so once more. */
export function statusAgain(leg: Leg | undefined): number {
  return Number(/^rejected (\d+)$/u.exec(leg?.decision ?? '')?.[1] ?? 404);
}

/** What all users did and heard, for the invariants and for the verdict. */
export class Ledger {
  readonly legs = new Map<string, Leg[]>();
  watcher: Watcher | undefined;

  leg(callId: string, host: string, side: Leg['side']): Leg {
    const legs = this.legs.get(callId) ?? [];
    this.legs.set(callId, legs);
    const known = legs.find((leg) => leg.host === host && leg.side === side);
    if (known !== undefined) return known;
    const leg: Leg = {
      host,
      side,
      wasAcknowledged: false,
      hadNoAck: false,
      wasCancelled: false,
      ends: [],
      isLost: false,
      restored: 0,
    };
    legs.push(leg);
    return leg;
  }

  tell(host: string, what: Told['what'], parts: Omit<Told, 'type' | 'at' | 'host' | 'what'>): void {
    this.watcher?.tell({ host, what, ...parts });
  }
}

/** The Call-ID of a planned call. */
export const callIdOf = (id: number): string => `call-${id}`;

/** What users of either kind can be asked for. */
export interface User {
  readonly name: string;
  /** Begins a call. */
  call(callId: string, plan: Outgoing): void;
  /** Does what is possible at that moment. */
  perform(callId: string, verb: Verb): void;
  /** Its process dies. */
  kill(): void;
  /** Another process takes its place; gives the calls that it goes on with. */
  restart(): readonly string[];
  counts(): object;
}

export interface Outgoing {
  readonly to: string;
  readonly transport: 'udp' | 'tcp';
  readonly isLateOffer: boolean;
  readonly route: string | undefined;
}
