import { AssertionError } from 'node:assert';
import { Attacker } from '../src/simulation-attacker.ts';
import { type Invariant, INVARIANTS, watch } from '../src/simulation-invariants.ts';
import type { SimulatedNat } from '../src/simulation-nat.ts';
import { createSimulation, type Simulation } from '../src/simulation.ts';
import { DialogUser } from './dialog-user.ts';
import { callIdOf, Ledger, type User } from './ledger.ts';
import {
  type CallPlan,
  DIALOG_USERS,
  type FaultPlan,
  NATTED_USERS,
  SESSION_USERS,
  type Verb,
  type WorldPlan,
} from './plan.ts';
import { profileOf } from './profiles.ts';
import { Proxy } from './proxy.ts';
import { Rows } from './rows.ts';
import { SessionUser } from './session-user.ts';
import { judge, type Verdict } from './verdict.ts';

/** What came of one world. */
export interface WorldResult {
  readonly violations: readonly string[];
  readonly verdict: Verdict;
  readonly rows: Rows;
  readonly hash: string;
  /** The faults of links that happened, for repeating the run with fewer. */
  readonly datagramFaults: readonly string[];
  ladder(): string;
}

export interface WorldOptions {
  readonly ladder?: boolean;
  readonly invariants?: readonly Invariant[];
}

const LIMIT_MS = 3_600_000;
/** After a restart, in milliseconds. */
const PROBES: readonly (readonly [number, Verb])[] = [
  [3000, 'options'],
  [5000, 'reinvite'],
  [9000, 'update'],
];
const MOST_FAULTS_NOTED = 20_000;

/** Runs one world to its end and looks at everything that must hold. */
export async function runWorld(plan: WorldPlan, options: WorldOptions = {}): Promise<WorldResult> {
  const world = new World(plan, options);
  const violations = [...(await world.run())];
  const verdict = judge(plan, world.ledger);
  return {
    violations: [...violations, ...verdict.wrong],
    verdict,
    rows: world.rows,
    hash: world.simulation.traceHash(),
    datagramFaults: world.datagramFaults,
    ladder: () => world.simulation.ladder(),
  };
}

class World {
  readonly simulation: Simulation;
  readonly ledger = new Ledger();
  readonly rows = new Rows();
  readonly datagramFaults: string[] = [];
  private readonly plan: WorldPlan;
  private readonly users = new Map<string, User>();
  private readonly proxy: Proxy;
  private readonly nat: SimulatedNat | undefined;
  private readonly invariants: readonly Invariant[];

  constructor(plan: WorldPlan, { ladder = false, invariants = INVARIANTS }: WorldOptions) {
    const { link, isNatted = false, isHostile = false } = profileOf(plan.profile);
    this.plan = plan;
    this.invariants = invariants;
    this.simulation = createSimulation({ ...link, seed: plan.seed, ladder, settles: 'promises' });
    const { network } = this.simulation;
    const { links } = network;
    if (plan.datagramFaults !== undefined) links.onlyFaults = new Set(plan.datagramFaults);
    links.onFault = (key) => {
      if (this.datagramFaults.length < MOST_FAULTS_NOTED) this.datagramFaults.push(key);
    };
    for (const name of DIALOG_USERS) {
      this.users.set(name, new DialogUser(network.host(name), this.ledger, this.rows));
    }
    for (const name of SESSION_USERS) {
      this.users.set(name, new SessionUser(network.host(name), this.ledger, this.rows));
    }
    const targets = [...this.users.keys()].map((name) => network.hostOf(name));
    this.proxy = new Proxy(network.host('proxy'), this.rows);
    if (isNatted) {
      this.nat = network.nat({ inside: NATTED_USERS, address: '203.0.113.1' });
    }
    this.ledger.watcher = watch(this.simulation, {
      invariants: this.invariants,
      except: new Set(['proxy', 'mallory']),
    });
    if (isHostile) {
      new Attacker(this.simulation, { targets, everyMs: 700, floodSize: 8 }).start();
    }
  }

  async run(): Promise<readonly string[]> {
    const { simulation, plan } = this;
    for (const call of plan.calls) this.schedule(call);
    for (const fault of plan.faults) simulation.clock.arm(fault.at, () => this.harm(fault));
    try {
      await simulation.runUntilQuiet({ limitMs: LIMIT_MS });
    } catch (error) {
      return [`the world did not end: ${error instanceof Error ? error.stack : String(error)}`];
    }
    const violations = this.ledger.watcher?.end() ?? [];
    return [...violations, ...this.leftOver()];
  }

  private schedule(call: CallPlan): void {
    const { clock } = this.simulation;
    const callId = callIdOf(call.id);
    const caller = this.users.get(call.caller);
    const [to = ''] = call.callees;
    clock.arm(call.at, () =>
      caller?.call(callId, {
        to,
        transport: call.transport,
        isLateOffer: call.isLateOffer,
        route: call.via === 'proxy' ? this.proxy.routeTo(call.callees) : undefined,
      }),
    );
    for (const { at, side, verb } of call.acts) {
      const names = side === 'caller' ? [call.caller] : call.callees;
      clock.arm(call.at + at, () => {
        for (const name of names) this.users.get(name)?.perform(callId, verb);
      });
    }
  }

  private harm({ kind, host, durationMs }: FaultPlan): void {
    const { clock, network } = this.simulation;
    const machine = network.hostOf(host);
    switch (kind) {
      case 'partition':
        network.partition(host);
        clock.arm(durationMs, () => network.heal(host));
        return;
      case 'rebind':
        return this.nat?.rebind();
      case 'dropStreams':
        return machine.dropConnections();
      case 'wallClock':
        return machine.jumpWallClock(durationMs === 500 ? -86_400_000 : 86_400_000);
      case 'kill':
        if (!machine.isUp) return;
        machine.kill();
        this.users.get(host)?.kill();
        clock.arm(durationMs, () => this.restart(host));
        return;
      case 'dns':
        network.dns.fail(host, durationMs === 500 ? 'silent' : 'servfail');
        clock.arm(durationMs, () => network.dns.mend(host));
        return;
      default:
        kind satisfies never;
    }
  }

  /** What goes on is tried by both ends. */
  private restart(host: string): void {
    const users = [...this.users.values()];
    for (const callId of this.users.get(host)?.restart() ?? []) {
      for (const [at, verb] of PROBES) {
        this.simulation.clock.arm(at, () => {
          for (const user of users) user.perform(callId, verb);
        });
      }
    }
  }

  private leftOver(): string[] {
    const layers = Object.fromEntries([...this.users, ['proxy', this.proxy] as const]);
    try {
      this.simulation.assertQuiet(layers);
      return [];
    } catch (error) {
      if (!(error instanceof AssertionError) || !Array.isArray(error.actual)) throw error;
      const left: unknown[] = error.actual;
      const { isHostile = false } = profileOf(this.plan.profile);
      return left.map(String).filter((line) => !isHostile || !line.includes('could not read'));
    }
  }
}
