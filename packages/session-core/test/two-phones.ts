import { NameAddr, uri } from '@strowger/sip-message';
import type { TransportName } from '@strowger/transaction-core';
import {
  type CallOptions,
  type Session,
  SessionManager,
  type SessionManagerOptions,
} from '@strowger/session-core';
import {
  createSimulation,
  FakeMediaBackend,
  type FakeMediaWire,
  type SimulatedHost,
  type Simulation,
  type SimulationOptions,
} from '@strowger/testkit';

/** The rows that all phones of this process drove, as `state input`. */
export const drivenRows = new Set<string>();
/** The public transitions that all phones showed. */
export const shownTransitions = new Set<string>();

/** What a phone has besides what its manager is told. */
export interface PhoneOptions {
  readonly wire?: FakeMediaWire;
  /** Whether its media negotiates keys. */
  readonly encrypts?: boolean;
  readonly listen?: readonly TransportName[];
}

/** A user with sessions on a simulated host; what happens to it is written to `log`. */
export class Phone {
  readonly log: string[] = [];
  readonly media: FakeMediaBackend;
  readonly host: SimulatedHost;
  readonly manager: SessionManager;
  readonly name: string;
  onIncoming: (session: Session) => void | Promise<void> = async (session) => {
    session.ring();
    await session.answer();
  };

  constructor(
    simulation: Simulation,
    name: string,
    options: Partial<SessionManagerOptions> & PhoneOptions = {},
  ) {
    const { wire, encrypts = false, listen, ...rest } = options;
    const host = simulation.network.host(name, listen && { listen });
    this.name = name;
    this.host = host;
    const { clock } = simulation;
    this.media = new FakeMediaBackend({
      clock,
      address: host.address,
      encrypts,
      ...(wire === undefined ? {} : { wire }),
    });
    this.manager = new SessionManager({
      runtime: host.runtime,
      sender: host,
      media: this.media,
      contactUser: name,
      onIncoming: (session) => this.onIncoming(session),
      onStep: (state, input) => drivenRows.add(`${state} ${input}`),
      ...rest,
    });
    host.receive = (inbound) => this.manager.receive(inbound);
    this.listen();
  }

  call(to: string, options: Partial<CallOptions> = {}): Session {
    return this.manager.call({
      to: uri(`sip:${to}@${to}`),
      from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
      ...options,
    });
  }

  get session(): Session {
    const [session] = this.manager.sessions();
    if (session === undefined) throw new Error(`${this.name} has no session`);
    return session;
  }

  /** The last line of the log that speaks of an end. */
  get end(): string | undefined {
    return this.log.findLast((line) => line.startsWith('ended'));
  }

  private listen(): void {
    const { manager, log } = this;
    manager.on('stateChanged', ({ from, to }) => {
      shownTransitions.add(`${from} ${to}`);
      log.push(to);
    });
    manager.on('mediaStateChanged', ({ to }) => log.push(`media ${to}`));
    manager.on('progress', ({ status }) => log.push(`progress ${status}`));
    manager.on('digit', ({ digit, source }) => log.push(`digit ${digit} ${source}`));
    manager.on('terminated', ({ reason: { kind, by, status, cause } }) => {
      log.push(`ended ${kind} by ${by} ${status}/${cause}`);
    });
  }
}

export interface Scene {
  readonly simulation: Simulation;
  readonly alice: Phone;
  readonly bob: Phone;
}

/** Alice and bob on one network. */
export function scene(
  settings: Partial<SimulationOptions> = {},
  options: Partial<SessionManagerOptions> = {},
): Scene {
  const simulation = createSimulation({ seed: 1, ...settings });
  const wire: FakeMediaWire = new Map();
  const alice = new Phone(simulation, 'alice', { wire, ...options });
  const bob = new Phone(simulation, 'bob', { wire, ...options });
  return { simulation, alice, bob };
}

/** Lets everything come to rest and asserts that nothing is left, and that each call ended once. */
export async function finish({ simulation, alice, bob }: Scene): Promise<void> {
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.manager, bob: bob.manager });
}

/** A call that is connected. */
export async function talking(settings?: Partial<SimulationOptions>): Promise<Scene> {
  const both = scene(settings);
  both.alice.call('bob');
  await both.simulation.run(1000);
  both.alice.log.length = 0;
  both.bob.log.length = 0;
  return both;
}
