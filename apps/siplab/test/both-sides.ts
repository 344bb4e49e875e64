import { drawLadder, type FailedCall, type Role, type Scenario } from '@strowger/siplab';

/** The two sides of a scenario that has both. */
export function both({ name, caller, callee }: Scenario): { caller: Role; callee: Role } {
  if (caller === undefined || callee === undefined) throw new Error(`${name} has one side only`);
  return { caller, callee };
}

/** A failed call as it is shown to people. */
export const inWords = ({ failure, rungs }: FailedCall): string =>
  `${failure.kind}: ${failure.message}\n${drawLadder(rungs)}`;
