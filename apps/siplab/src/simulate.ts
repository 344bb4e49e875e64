import { createSimulation, type Simulation } from '@strowger/testkit';
import type { Role } from './party.ts';
import { type FailedCall, Party } from './party.ts';
import { runLoad } from './load.ts';
import type { LoadPlan } from './load-plan.ts';
import { DEFAULT_SETTINGS, type PartySettings } from './settings.ts';
import { type Summary, Tally } from './tally.ts';

/** A run in virtual time. */
export interface SimulationRun {
  readonly caller: Role;
  readonly callee: Role;
  /** Everything that is left to chance follows from it; 1 by default. */
  readonly seed?: number;
  /** Share of datagrams that are lost, 0 to 1. */
  readonly loss?: number;
  /** Share of datagrams that arrive twice, 0 to 1. */
  readonly duplicate?: number;
  readonly latencyMs?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly plan?: LoadPlan;
  readonly settings?: Partial<PartySettings>;
}

/** What a run came to. */
export interface SimulationReport {
  readonly seed: number;
  readonly caller: Summary;
  readonly callee: Summary;
  /** The first calls that failed, at most ten. */
  readonly failures: readonly FailedCall[];
  /** Virtual time until everything was at rest. */
  readonly elapsedMs: number;
  /** The same for the same seed and code. */
  readonly traceHash: string;
  /** The last messages, one line each. */
  ladder(): string;
}

/** Failures whose ladders are kept. */
const KEPT = 10;
/** Virtual time, and moments at which something happens, after which a run hangs. */
const LIMIT_MS = 24 * 3_600_000;
const LIMIT_INSTANTS = 20_000_000;

/**
 * Plays both sides in the simulator. Rejects where something is left over at the end, such as a timer,
 * and where the end does not come within a day of virtual time.
 */
export async function simulate(run: SimulationRun): Promise<SimulationReport> {
  const { seed = 1, loss = 0, duplicate = 0, latencyMs = 10, transport = 'udp', plan = {} } = run;
  const simulation = createSimulation({ seed, loss, duplicate, latencyMs });
  const settings = { ...DEFAULT_SETTINGS, ...run.settings };
  const failures: FailedCall[] = [];
  const onFailure = (failed: FailedCall): void => {
    if (failures.length < KEPT) failures.push(failed);
  };
  const [caller, callee] = ['caller', 'callee'].map((name) => {
    const host = simulation.network.host(name);
    const tally = new Tally();
    const party = new Party({
      name,
      runtime: host.runtime,
      sender: host,
      settings,
      tally,
      onFailure,
    });
    host.receive = (inbound) => party.receive(inbound);
    return { host, tally, party };
  });
  if (caller === undefined || callee === undefined) throw new Error('two parties make a call');
  void callee.party.serve(run.callee);
  const place = (): Promise<void> => caller.party.place(run.caller, callee.host.hop(transport));
  await drive(simulation, runLoad(plan, { clock: simulation.clock, place }));
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ caller: caller.party, callee: callee.party });
  return {
    seed,
    caller: caller.tally.summary(),
    callee: callee.tally.summary(),
    failures,
    elapsedMs: simulation.clock.now(),
    traceHash: simulation.traceHash(),
    ladder: () => simulation.ladder(),
  };
}

/** Lets virtual time pass until something is done, within limits of time and of events. */
async function drive({ clock, run, ladder }: Simulation, running: Promise<void>): Promise<void> {
  let isDone = false;
  void running.then(() => (isDone = true));
  await run(0);
  for (let instants = 0; !isDone; instants++) {
    const next = clock.nextAt();
    if (next === undefined || next > LIMIT_MS || instants > LIMIT_INSTANTS) {
      throw new Error(`the scenario waits for something that does not happen\n${ladder()}`);
    }
    clock.advance(next - clock.now()); // 0 as well: what is due at once
    await run(0);
  }
}
