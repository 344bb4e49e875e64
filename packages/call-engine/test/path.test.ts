import { uri } from '@strowger/sip-message';
import { StatefulProxy } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { registerRequest, type HeaderLine } from './register-phone.ts';
import { setStage } from './stage.ts';
import { MemoryLocationStore } from '../src/memory-stores.ts';
import { Registrar } from '../src/registrar.ts';

const BOB = 'sip:bob@pbx.example';

/** A registrar in front of which an edge proxy stands. */
function registrarStage() {
  const { simulation } = setStage();
  const registrar = new Registrar({
    runtime: simulation.network.host('registrar').runtime,
    location: new MemoryLocationStore(),
    expiry: { minSeconds: 60, maxSeconds: 7200, defaultSeconds: 3600 },
    maxContacts: 2,
    serviceRoute: ['<sip:edge.example;lr>'],
    onChange: () => {},
  });
  let cseq = 0;
  const hop = { transport: 'tcp' as const, address: '10.0.0.9', port: 5060, flow: 'edge' };
  const register = (...headers: HeaderLine[]) => {
    const vias: HeaderLine[] = ['edge', 'bob'].map((host) => [
      'Via',
      `SIP/2.0/TCP ${host};branch=z9hG4bK1`,
    ]);
    const options = { user: 'bob', callId: 'c', cseq: ++cseq, headers: [...vias, ...headers] };
    const message = registerRequest(options);
    return registrar.register(BOB, message, {
      message,
      hop,
      local: { address: '10.0.0.1', port: 5060 },
    });
  };
  return { registrar, register };
}

const CONTACT: HeaderLine = ['Contact', '<sip:bob@bob>;reg-id=1;+sip.instance="<urn:uuid:1>"'];
const KNOWN: HeaderLine = ['Supported', 'path, outbound'];

describe('the Path of a REGISTER (RFC 3327 §5.3)', () => {
  it('is kept with the binding instead of the hop, and told; the Service-Route too', async () => {
    const { registrar, register } = registrarStage();
    const path: HeaderLine = ['Path', '<sip:edge;lr>, <sip:first;lr>'];
    const answer = await register(CONTACT, KNOWN, path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('path')?.map(String)).toEqual(['<sip:edge;lr>', '<sip:first;lr>']);
    expect(answer.headers.raw('Service-Route')).toEqual(['<sip:edge.example;lr>']);
    expect(answer.headers.has('Require')).toBe(false);
    const [binding] = await registrar.lookup(BOB);
    expect(binding?.path).toEqual(['<sip:edge;lr>', '<sip:first;lr>']);
    expect(binding?.received).toBeUndefined();
  });

  it('is refused with 420 where the phone does not know of it', async () => {
    const { registrar, register } = registrarStage();
    const answer = await register(CONTACT, ['Path', '<sip:edge;lr>']);
    expect([answer.status, answer.headers.get('unsupported')]).toEqual([420, ['path']]);
    expect(await registrar.lookup(BOB)).toEqual([]);
  });

  it.each([
    ['is no list of addresses', 'sip edge'],
    ['never ends', Array.from({ length: 11 }, (_, at) => `<sip:p${at};lr>`).join(', ')],
  ])('is refused with 400 where it %s', async (_, value) => {
    const { register } = registrarStage();
    expect((await register(CONTACT, KNOWN, ['Path', value])).status).toBe(400);
  });

  it('makes outbound possible where the first proxy keeps the flow (RFC 5626 §6)', async () => {
    const { register } = registrarStage();
    const answer = await register(CONTACT, KNOWN, ['Path', '<sip:flow@edge;lr;ob>']);
    expect(answer.headers.get('require')).toEqual(['outbound']);
  });
});

describe.each(['b2bua', 'proxy'] as const)('a phone behind an edge proxy, mode %s', (mode) => {
  it('registers and is called through it', async () => {
    const options: Partial<CallEngineOptions> = { mode };
    const stage = setStage({}, options);
    const host = stage.simulation.network.host('edge');
    const edge = new StatefulProxy({
      runtime: host.runtime,
      sender: host,
      names: ['edge'],
      route: ({ request, isRouted }) => ({
        kind: 'forward',
        recordRoute: true,
        addPath: true,
        targets: [
          { uri: request.method === 'REGISTER' && !isRouted ? uri('sip:pbx') : request.uri },
        ],
      }),
    });
    host.receive = (inbound) => edge.receive(inbound);
    const [alice, bob] = [await stage.registered('alice'), await stage.phone('bob')];
    const status = bob.register(3600, { via: 'edge', headers: [['Supported', 'path']] });
    await stage.simulation.run(1000);
    expect(await status).toBe(200);
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(bob.log.at(-1)).toBe('ended bye');
    expect(stage.simulation.ladder({ between: ['pbx', 'bob'] })).toBe('');
    await stage.strike();
    stage.simulation.assertQuiet({ edge });
  });
});
