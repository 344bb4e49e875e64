import { noAmplification } from './simulation-invariant-amplification.ts';
import { everyRequestAnswered, noResponseTwice } from './simulation-invariants-answer.ts';
import { savedDialogsGoOn } from './simulation-invariant-saved.ts';
import { cseqRisesByOne, routeSetIsFixed } from './simulation-invariants-dialog.ts';
import { oneOfferAtATime, sameDescriptions } from './simulation-invariants-negotiation.ts';
import {
  everyRefusalAcknowledged,
  everySuccessAcknowledged,
  noResponseToAck,
  sameAnswerToRetransmissions,
} from './simulation-invariants-transaction.ts';
import { nothingAfterTheEnd, oneOutcomeEach } from './simulation-invariants-user.ts';
import { type Observation, sightOf, type Told } from './simulation-observation.ts';
import type { Simulation } from './simulation.ts';

/** Watches a run; says what is wrong through `report`. */
export interface Watch {
  see(seen: Observation): void;
  /** The run is over. */
  end?(): void;
}

/** A rule that holds in every run. */
export interface Invariant {
  readonly name: string;
  /** Where the rule comes from. */
  readonly section: string;
  watch(report: (violation: string) => void): Watch;
}

/** The rules of all layers; the list grows with them. */
export const INVARIANTS: readonly Invariant[] = [
  oneOutcomeEach,
  nothingAfterTheEnd,
  everyRequestAnswered,
  noResponseTwice,
  sameAnswerToRetransmissions,
  everySuccessAcknowledged,
  everyRefusalAcknowledged,
  noResponseToAck,
  cseqRisesByOne,
  routeSetIsFixed,
  savedDialogsGoOn,
  oneOfferAtATime,
  sameDescriptions,
  noAmplification,
];

/** Watches a simulation with a list of invariants. */
export interface Watcher {
  /** Says what the user of a layer did or was told. */
  tell(told: Omit<Told, 'type' | 'at'>): void;
  /** What was wrong so far, each with the name of its invariant; the first hundred. */
  readonly violations: readonly string[];
  /** Call it when the run is over; gives all violations. */
  end(): readonly string[];
}

/** What a watcher looks at. */
export interface WatchOptions {
  readonly invariants?: readonly Invariant[];
  /** Hosts whose messages say nothing: proxies, which pass on what others wrote, and attackers. */
  readonly except?: ReadonlySet<string>;
}

const MOST_VIOLATIONS = 100;

/** Lets invariants watch every message of a simulation, and what its users tell. */
export function watch(simulation: Simulation, options: WatchOptions = {}): Watcher {
  const { invariants = INVARIANTS, except } = options;
  const violations: string[] = [];
  const watches = invariants.map(({ name, watch: begin }) =>
    begin((violation) => {
      if (violations.length >= MOST_VIOLATIONS) return;
      violations.push(`${name}: ${violation} (at ${simulation.clock.now()} ms)`);
    }),
  );
  const see = (seen: Observation): void => {
    for (const one of watches) one.see(seen);
  };
  simulation.network.tap((event) => {
    if (except?.has(event.host) !== true) see(sightOf(event));
  });
  return {
    violations,
    tell: (told) => see({ type: 'told', at: simulation.clock.now(), ...told }),
    end: () => {
      for (const one of watches) one.end?.();
      return violations;
    },
  };
}
