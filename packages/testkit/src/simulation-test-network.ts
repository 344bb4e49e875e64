import { FakePhone, type FakePhoneOptions } from './simulation-phone.ts';
import { watch, type Watcher } from './simulation-invariants.ts';
import {
  type Counted,
  createSimulation,
  type Simulation,
  type SimulationOptions,
} from './simulation.ts';

/** A simulated network with phones, for an application's own tests. */
export interface TestNetwork extends Simulation {
  /** Adds a phone; its name is its host's, too. */
  phone(name: string, options?: FakePhoneOptions): FakePhone;
  /** Resolves after `ms` of virtual time: for stories. */
  wait(ms: number): Promise<void>;
  /**
   * Plays a story: lets time pass until it is told. Rejects with the story's own error, or when it
   * waits for something that does not happen within `limitMs` (10 minutes by default).
   */
  play<T>(story: () => Promise<T>, options?: { limitMs?: number }): Promise<T>;
  /**
   * Lets everything come to rest, then asserts that nothing is left in the phones and `layers`, and
   * that every rule of SIP was kept.
   *
   * @throws Error naming everything that is wrong.
   */
  finish(layers?: Readonly<Record<string, Counted>>): Promise<void>;
}

/** Makes a test network: hosts for the application by `network.host`, phones by `phone`. */
export function createTestNetwork(options: Partial<SimulationOptions> = {}): TestNetwork {
  const simulation = createSimulation({ seed: 1, ...options });
  const watcher: Watcher = watch(simulation);
  const phones = new Map<string, FakePhone>();
  return {
    ...simulation,
    phone: (name, phoneOptions = {}) => {
      const phone = new FakePhone(simulation.network.host(name), phoneOptions);
      phones.set(name, phone);
      return phone;
    },
    wait: (ms) => new Promise((resolve) => void simulation.clock.arm(ms, resolve)),
    play: (story, { limitMs = 600_000 } = {}) => play(simulation, story, limitMs),
    finish: async (layers = {}) => {
      await simulation.runUntilQuiet();
      simulation.assertQuiet({ ...Object.fromEntries(phones), ...layers });
      const [violation] = watcher.end();
      if (violation !== undefined) throw new Error(`seed ${simulation.seed}: ${violation}`);
    },
  };
}

async function play<T>(
  simulation: Simulation,
  story: () => Promise<T>,
  limitMs: number,
): Promise<T> {
  const end = simulation.clock.now() + limitMs;
  let isTold = false;
  const telling = story().finally(() => {
    isTold = true;
  });
  telling.catch(() => {}); // it is awaited below
  await simulation.run(0);
  while (!isTold) {
    const next = simulation.clock.nextAt();
    if (next === undefined || next > end) {
      throw new Error(`the story waits for something that does not happen\n${simulation.ladder()}`);
    }
    await simulation.run(next - simulation.clock.now());
  }
  return telling;
}
