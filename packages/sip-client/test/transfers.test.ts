import { describe, expect, it } from 'vitest';
import type { Call, SipClientOptions } from '../src/index.ts';
import { during, finish, Phone, scene } from './scene.ts';

type Three = ReturnType<typeof scene> & { carol: Phone; answered: { bob: Call[]; carol: Call[] } };

/** Alice, bob and carol; everybody answers. */
async function three(client: Partial<SipClientOptions> = {}): Promise<Three> {
  const wire = new Map();
  const both = scene({ client: { ...client, wire } as never });
  const { simulation, bob, registrar } = both;
  const carol = new Phone(simulation, 'carol', { wire, pbx: registrar.host.address, ...client });
  const answered = { bob: [] as Call[], carol: [] as Call[] };
  for (const [name, phone] of [['bob', bob] as const, ['carol', carol] as const]) {
    await phone.client.contact(); // it listens
    phone.client.on('incoming', (call) => {
      answered[name].push(call);
      void call.answer();
    });
  }
  return { ...both, carol, answered };
}

async function talk({ simulation, alice }: Three, to: string): Promise<Call> {
  const call = await during(simulation, alice.client.call(`sip:${to}@${to}`));
  await during(simulation, call.connected);
  return call;
}

async function allOver(all: Three): Promise<void> {
  await during(all.simulation, all.carol.client.close());
  await finish(all);
}

describe('a transfer', () => {
  it('is allowed by the program, which is given the new call', async () => {
    const asked: unknown[] = [];
    const all = await three({
      onTransfer: ({ call, target, attended, referredBy }) => {
        asked.push([call.remote.uri.toString(), target, attended, referredBy]);
        return true;
      },
    });
    const { simulation, bob, answered } = all;
    const given: Call[] = [];
    bob.client.on('transferred', ({ call, replacement }) => given.push(call, replacement));
    const call = await talk(all, 'bob');
    const transfer = await during(simulation, call.transfer('sip:carol@carol'));
    const steps: string[] = [];
    const reading = (async () => {
      for await (const step of transfer) steps.push(step.type);
    })();
    const outcome = await during(simulation, transfer.outcome);
    await reading;
    expect(outcome).toEqual({ kind: 'transferred', bridged: false });
    expect(steps).toEqual(['accepted', 'progress', 'progress']);
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'hungUp' });
    const alice = 'sip:alice@pbx.example';
    expect(asked).toEqual([[alice, 'sip:carol@carol', false, alice]]);
    expect(given[0]).toBe(answered.bob[0]);
    expect(given[1]?.remote.uri.toString()).toBe('sip:carol@carol');
    expect(given[1]?.state).toBe('connected');
    await allOver(all);
  });

  it('is declined otherwise, and may go through us then', async () => {
    const all = await three();
    const { simulation, answered } = all;
    const call = await talk(all, 'bob');
    const refused = await during(simulation, call.transfer('sip:carol@carol'));
    expect(await during(simulation, refused.outcome)).toEqual({ kind: 'refused', status: 603 });
    const bridge = 'whenRefused';
    const through = await during(simulation, call.transfer('sip:carol@carol', { bridge }));
    expect(await during(simulation, through.outcome)).toEqual({
      kind: 'transferred',
      bridged: true,
    });
    const [atCarol] = answered.carol;
    expect([call.state, atCarol?.state]).toEqual(['connected', 'connected']);
    void call.hangUp();
    await during(simulation, call.ended);
    await simulation.run(1000);
    expect(atCarol?.state).toBe('terminated');
    await allOver(all);
  });

  it('puts bob in the place of alice at carol, if carol lets him', async () => {
    const all = await three({ onTransfer: () => true, onReplace: () => true });
    const { simulation, carol, answered } = all;
    const replaced: Call[] = [];
    carol.client.on('replaced', ({ call, by }) => replaced.push(call, by));
    const call = await talk(all, 'bob');
    const consultation = await talk(all, 'carol');
    const transfer = await during(simulation, call.transfer(consultation));
    expect(await during(simulation, transfer.outcome)).toEqual({
      kind: 'transferred',
      bridged: false,
    });
    await during(simulation, Promise.all([call.ended, consultation.ended]));
    expect(replaced[0]).toBe(answered.carol[0]);
    expect(replaced[1]?.remote.uri.toString()).toBe('sip:bob@pbx.example');
    await allOver(all);
  });

  it('does not let strangers replace a call: who calls past our server is one', async () => {
    const seen: boolean[] = [];
    const all = await three({
      onTransfer: () => true,
      onReplace: ({ isFromServer }) => {
        seen.push(isFromServer);
        return isFromServer;
      },
    });
    const { simulation } = all;
    const call = await talk(all, 'bob');
    const consultation = await talk(all, 'carol');
    const transfer = await during(simulation, call.transfer(consultation));
    expect(await during(simulation, transfer.outcome)).toEqual({ kind: 'failed', status: 403 });
    expect(seen).toEqual([false]);
    await allOver(all);
  });

  it('to nowhere is refused at once', async () => {
    const all = await three();
    const call = await talk(all, 'bob');
    await expect(call.transfer('http://carol')).rejects.toMatchObject({ code: 'BAD_TARGET' });
    await allOver(all);
  });
});
