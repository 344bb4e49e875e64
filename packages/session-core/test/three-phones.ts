import type { Session, SessionManagerOptions } from '@strowger/session-core';
import { createSimulation, type FakeMediaWire, type Simulation } from '@strowger/testkit';
import { Phone, type PhoneOptions } from './two-phones.ts';

export interface ThreePhones {
  readonly simulation: Simulation;
  /** Who transfers. */
  readonly alice: Phone;
  /** Who is transferred. */
  readonly bob: Phone;
  /** Whom bob talks to in the end. */
  readonly carol: Phone;
}

type Options = PhoneOptions & Partial<SessionManagerOptions>;

/** Three users; each lets the others transfer where its options say so. */
export function three(
  options: { alice?: Options; bob?: Options; carol?: Options } = {},
): ThreePhones {
  const simulation = createSimulation({ seed: 1 });
  const wire: FakeMediaWire = new Map();
  const phone = (name: 'alice' | 'bob' | 'carol'): Phone =>
    new Phone(simulation, name, { wire, ...options[name] });
  return { simulation, alice: phone('alice'), bob: phone('bob'), carol: phone('carol') };
}

/** A call that is connected. */
export async function talk({ simulation }: ThreePhones, from: Phone, to: string): Promise<Session> {
  const session = from.call(to);
  await simulation.run(1000);
  if (session.state !== 'connected') throw new Error(`${from.name} does not talk to ${to}`);
  return session;
}

/** Everybody hangs up; nothing is left of anything. */
export async function allOver({ simulation, alice, bob, carol }: ThreePhones): Promise<void> {
  for (const { manager } of [alice, bob, carol]) {
    for (const session of manager.sessions()) void session.hangUp();
  }
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.manager, bob: bob.manager, carol: carol.manager });
}

/** Who talks to whom, as each sees it. */
export function talks({ alice, bob, carol }: ThreePhones): string[] {
  return [alice, bob, carol].flatMap(({ name, manager }) =>
    manager
      .sessions()
      .filter(({ state }) => state === 'connected')
      .map(({ remote }) => `${name} with ${'user' in remote.uri ? remote.uri.user : '?'}`),
  );
}
