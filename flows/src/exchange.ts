import { type CallEngineOptions, CallEngine, memoryStores } from '@strowger/call-engine';
import type { CallRecord } from '@strowger/call-engine';
import { computeHa1 } from '@strowger/sip-message';
import { FakeMediaBackend } from '@strowger/testkit';
import type { Stage } from './stage.ts';

/** A registrar and B2BUA with users, and what it wrote down of their calls. */
export interface Exchange {
  readonly engine: CallEngine;
  readonly media: FakeMediaBackend;
  /** Call detail records, in the order in which the calls ended. */
  readonly records: readonly CallRecord[];
  /** How many contacts are registered. */
  bindings(): Promise<number>;
  /** Ends it, so that its timers end. */
  close(): Promise<void>;
}

/** Puts an exchange on the stage: user `bob` has the password `pw-bob`. */
export async function exchange(
  on: Stage,
  { name, users, ...options }: Partial<CallEngineOptions> & { name: string; users: string[] },
): Promise<Exchange> {
  const { simulation, wire } = on;
  const host = simulation.network.host(name);
  const stores = memoryStores();
  for (const username of users) {
    const ha1 = computeHa1('MD5', { username, realm: name, password: `pw-${username}` });
    await stores.credentials.put({ realm: name, username, ha1: { MD5: ha1 } });
  }
  const { clock } = simulation;
  const media = new FakeMediaBackend({ address: host.address, clock, wire: on.media });
  const engine = new CallEngine({
    runtime: host.runtime,
    sender: wire.sender(host),
    media,
    stores,
    domain: name,
    ...options,
  });
  host.receive = (inbound) => engine.receive(inbound);
  const records: CallRecord[] = [];
  engine.on('callEnded', ({ record }) => records.push(record));
  on.count(name, engine);
  return {
    engine,
    media,
    records,
    bindings: async () => stores.location.count(),
    async close() {
      const drained = engine.drain({ deadlineMs: 0 });
      await simulation.run(60_000);
      await drained;
      await engine.close();
    },
  };
}
