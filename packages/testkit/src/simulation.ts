import { AssertionError } from 'node:assert';
import { type Logger, silentLogger, VirtualClock } from '@strowger/runtime';
import { Ladder } from './simulation-ladder.ts';
import { type LinkSettings, PLAIN_LINK } from './simulation-links.ts';
import { SimulatedNetwork } from './simulation-network.ts';

/** What a simulation is made of: the settings of every link, unless `network.link` says otherwise. */
export interface SimulationOptions extends Partial<LinkSettings> {
  /** Everything that is left to chance follows from it; the same seed gives the same run. */
  readonly seed: number;
  /** Records the ladder: the last 10 000 arrows by default, `false` for none. */
  readonly ladder?: boolean | { readonly limit: number };
  /** What the hosts log through; silent by default. */
  readonly logger?: Logger;
  /**
   * What comes to rest before time goes on: a turn of Node's event loop, by default, in which streams and
   * `setImmediate` have theirs as well; or promises alone, for code that has nothing else, which takes a
   * tenth off the whole.
   */
  readonly settles?: 'turn' | 'promises';
}

/** A layer that can tell what lives in it: numbers, or objects of numbers. */
export interface Counted {
  counts(): object;
}

/** A network of hosts in virtual time. */
export interface Simulation {
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  /** Moves time forward by `ms`, letting promises settle after every instant. */
  run(ms: number): Promise<void>;
  /**
   * Moves time forward until no timer is armed and nothing is under way.
   *
   * @throws AssertionError when that takes longer than `limitMs` (10 minutes by default).
   */
  runUntilQuiet(options?: { limitMs?: number }): Promise<void>;
  /** What was sent, one line a message: `   500 alice --> bob  INVITE`; `--x` what was lost. */
  ladder(options?: { between?: readonly string[] }): string;
  /** A hash of everything that was sent and when: the same seed and code give the same. */
  traceHash(): string;
  /**
   * The closing assertions: no timer armed, nothing under way, all counts of the layers zero, and no
   * message that its receiver could not read.
   *
   * @throws AssertionError naming everything that is left, and the seed.
   */
  assertQuiet(layers?: Readonly<Record<string, Counted>>): void;
}

/** Makes a simulation. Without settings a packet takes 10 ms and none is lost. */
export function createSimulation(options: SimulationOptions): Simulation {
  const clock = new VirtualClock();
  const limit = typeof options.ladder === 'object' ? options.ladder.limit : 10_000;
  const ladder = new Ladder(options.ladder === false ? 0 : limit);
  const settle = options.settles === 'promises' ? promisesSettled() : turnOver;
  const network = new SimulatedNetwork({
    seed: options.seed,
    clock,
    ladder,
    logger: options.logger ?? silentLogger,
    link: linkOf(options),
  });
  return {
    seed: options.seed,
    clock,
    network,
    run: (ms) => runUntil(clock, clock.now() + ms, settle),
    runUntilQuiet: async ({ limitMs = 600_000 } = {}) => {
      const end = clock.now() + limitMs;
      await settle();
      while (clock.armedTimers > 0 && clock.now() < end) await nextInstant(clock, end, settle);
      if (clock.armedTimers > 0) fail(options.seed, [`not quiet after ${limitMs} ms`]);
    },
    ladder: (filter) => ladder.text(filter?.between),
    traceHash: () => network.trace.hash,
    assertQuiet: (layers = {}) => {
      const left = [...leftOver(clock, network), ...Object.entries(layers).flatMap(leftIn)];
      if (left.length > 0) fail(options.seed, left);
    },
  };
}

function linkOf(options: SimulationOptions): LinkSettings {
  const names = Object.keys(PLAIN_LINK) as (keyof LinkSettings)[]; // its own keys, by its type
  const given = names.map((name) => [name, options[name] ?? PLAIN_LINK[name]]);
  return { ...PLAIN_LINK, ...Object.fromEntries(given) };
}

async function runUntil(clock: VirtualClock, end: number, settle: Settle): Promise<void> {
  await settle();
  const isDue = (): boolean => (clock.nextAt() ?? Number.POSITIVE_INFINITY) <= end;
  while (clock.now() < end || isDue()) await nextInstant(clock, end, settle);
}

/** Goes to the next moment at which something may happen, and lets its promises settle. */
async function nextInstant(clock: VirtualClock, end: number, settle: Settle): Promise<void> {
  const next = Math.min(clock.nextAt() ?? end, end);
  // where nothing fired no promise can have settled
  if (clock.advance(next - clock.now()) > 0) await settle();
}

type Settle = () => Promise<void>;

const turnOver: Settle = () => new Promise((resolve) => setImmediate(resolve));

/** After so many instants the event loop has a turn all the same: somebody may wait for a signal. */
const INSTANTS_PER_TURN = 256;

/** Node takes the next tick when no promise is left that could go on. */
function promisesSettled(): Settle {
  let instants = 0;
  return () => {
    if (++instants % INSTANTS_PER_TURN === 0) return turnOver();
    return new Promise((resolve) => process.nextTick(resolve));
  };
}

function leftOver(clock: VirtualClock, network: SimulatedNetwork): string[] {
  const left = [];
  if (network.underWay > 0) left.push(`${network.underWay} messages under way`);
  if (clock.armedTimers > 0) left.push(`${clock.armedTimers} timers armed`);
  for (const { to, refusal } of network.refused) {
    left.push(`${to} could not read a message: ${refusal.message} (${refusal.section})`);
  }
  return left;
}

function leftIn([name, layer]: [string, Counted]): string[] {
  return numbersIn(layer.counts(), name)
    .filter(([, count]) => count !== 0)
    .map(([path, count]) => `${path}: ${count}`);
}

function numbersIn(counts: object, path: string): [string, number][] {
  return Object.entries(counts).flatMap(([key, value]: [string, unknown]): [string, number][] => {
    if (typeof value === 'number') return [[`${path}.${key}`, value]];
    return typeof value === 'object' && value !== null ? numbersIn(value, `${path}.${key}`) : [];
  });
}

function fail(seed: number, left: string[]): never {
  const message = `The simulation (seed ${seed}) left behind:\n  ${left.join('\n  ')}`;
  throw new AssertionError({ message, actual: left, expected: [], operator: 'assertQuiet' });
}
