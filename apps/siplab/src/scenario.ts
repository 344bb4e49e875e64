import { Call } from './call.ts';
import type { Role } from './party.ts';

/** A story of a call, told from one side or from both. */
export interface Scenario {
  readonly name: string;
  /** Who calls. */
  readonly caller?: Role;
  /** Who is called: plays every call that comes in. */
  readonly callee?: Role;
}

/** The two sides as functions: they send and expect, and end when their part is over. */
export interface ScenarioRoles {
  caller?(call: Call): Promise<void>;
  callee?(call: Call): Promise<void>;
}

/**
 * A scenario in TypeScript, to be the default export of its file. Runs in the simulator where it has
 * both sides, on sockets with either of them.
 */
export function scenario(name: string, { caller, callee }: ScenarioRoles): Scenario {
  return {
    name,
    ...(caller && { caller: roleOf(caller) }),
    ...(callee && { callee: roleOf(callee) }),
  };
}

const roleOf =
  (story: (call: Call) => Promise<void>): Role =>
  (leg, settings) =>
    story(new Call(leg, settings));
