import { computeHa1 } from '@strowger/sip-message';
import {
  createSimulation,
  FakeMediaBackend,
  type Simulation,
  type SimulationOptions,
} from '@strowger/testkit';
import { CallEngine } from '../src/call-engine.ts';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import type { CallRecord } from '../src/call-record.ts';
import { memoryStores, type Stores } from '../src/memory-stores.ts';
import { Phone, type PhoneOptions } from './phone.ts';

/** A PBX in a simulated network, with phones around it. */
export interface Stage {
  readonly simulation: Simulation;
  readonly engine: CallEngine;
  readonly media: FakeMediaBackend;
  readonly stores: Stores;
  /** The records in the order in which the calls ended. */
  readonly records: CallRecord[];
  /** A phone of a user; the user is made where there is none. */
  phone(name: string, options?: PhoneOptions): Promise<Phone>;
  /** The same, registered. */
  registered(name: string, options?: PhoneOptions): Promise<Phone>;
  addUser(name: string): Promise<void>;
  /** Closes everything and checks that nothing is left. */
  strike(): Promise<void>;
}

/** Sets a stage. */
export function setStage(
  options: Partial<SimulationOptions> = {},
  engineOptions: Partial<CallEngineOptions> = {},
): Stage {
  const simulation = createSimulation({ seed: 11, ...options });
  const host = simulation.network.host('pbx', { listen: ['udp', 'tcp', 'tls'] });
  const media = new FakeMediaBackend({ address: host.address, clock: simulation.clock });
  const stores = engineOptions.stores ?? memoryStores();
  const engine = new CallEngine({
    runtime: host.runtime,
    sender: host,
    media,
    stores,
    domain: 'pbx',
    ...engineOptions,
  });
  host.receive = (inbound) => engine.receive(inbound);
  const records: CallRecord[] = [];
  engine.on('callEnded', ({ record }) => records.push(record));
  const phones: Phone[] = [];

  async function addUser(name: string): Promise<void> {
    const secret = { username: name, realm: 'pbx', password: `pw-${name}` };
    const ha1 = { MD5: computeHa1('MD5', secret), 'SHA-256': computeHa1('SHA-256', secret) };
    await stores.credentials.put({ realm: 'pbx', username: name, ha1 });
  }
  async function phone(name: string, phoneOptions: PhoneOptions = {}): Promise<Phone> {
    if ((await stores.credentials.find('pbx', name)) === undefined) await addUser(name);
    const made = new Phone(simulation, name, phoneOptions);
    phones.push(made);
    return made;
  }
  async function registered(name: string, phoneOptions: PhoneOptions = {}): Promise<Phone> {
    const made = await phone(name, phoneOptions);
    const status = made.register();
    await simulation.run(10_000);
    if ((await status) !== 200) throw new Error(`${name} could not register: ${await status}`);
    return made;
  }
  async function strike(): Promise<void> {
    const drained = engine.drain({ deadlineMs: 0 });
    await simulation.run(60_000);
    await drained;
    const layers = Object.fromEntries(phones.map((one) => [one.host.name, one.layer]));
    await engine.close();
    simulation.assertQuiet({ engine, ...layers });
  }
  return { simulation, engine, media, stores, records, phone, registered, addUser, strike };
}
