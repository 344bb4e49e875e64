import { uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { echo } from '../src/service.ts';
import { setStage, type Stage } from './stage.ts';

const SECURE = { to: 'sips:bob@pbx:5060' };

/** Alice and bob are registered; bob with these contacts. */
async function scene(contacts: readonly string[], options: Partial<CallEngineOptions> = {}) {
  const stage = setStage({}, { services: { '*43': echo() }, ...options });
  const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
  await bind(stage, contacts);
  return { ...stage, alice, bob };
}

async function bind({ stores }: Stage, contacts: readonly string[]): Promise<void> {
  const { bindings, version } = await stores.location.read('sip:bob@pbx');
  const [known] = bindings;
  if (known === undefined) throw new Error('bob has no contact');
  const { received: _, ...plain } = known;
  const bound = contacts.map((contact) => ({ ...plain, contact }));
  await stores.location.replace('sip:bob@pbx', version, bound);
}

describe.each(['b2bua', 'proxy'] as const)(
  'P41-3 a sips: call through the %s (RFC 5630)',
  (mode) => {
    it('goes on as sips:, over TLS, to the contacts that are', async () => {
      const contacts = ['sip:bob@bob:5060', 'sips:bob@bob:5060'];
      const { simulation, alice, bob, strike } = await scene(contacts, { mode });
      const call = alice.call('bob', SECURE);
      await simulation.run(3000);
      expect(call.outcome).toBe(200);
      const ways = bob.invites.map(({ request, inbound }) => [
        request.uri.toString(),
        inbound.hop.transport,
      ]);
      expect(ways).toEqual([['sips:bob@bob:5060', 'tls']]);
      expect([call.dialog?.isSecure, bob.dialogs[0]?.isSecure]).toEqual([true, true]);
      bob.dialogs[0]?.bye();
      await simulation.run(1000);
      expect(alice.log).toContain('ended bye');
      await strike();
    });

    it('is refused with 480 where nobody can be reached so', async () => {
      const { simulation, alice, bob, strike } = await scene(['sip:bob@bob:5060'], { mode });
      const call = alice.call('bob', SECURE);
      await simulation.run(3000);
      expect(call.outcome).toBe(480);
      if (mode === 'b2bua') expect(call.final?.reason).toBe('SIPS Not Allowed');
      expect(bob.invites).toEqual([]);
      await strike();
    });
  },
);

describe('P41-3 a sips: call', () => {
  it('reaches services, and is forwarded by sips: alone', async () => {
    const rules = { always: 'sip:desk@elsewhere' };
    const forwarding = (user: string) => (user === 'bob' ? rules : undefined);
    const { simulation, alice, strike } = await scene(['sips:bob@bob:5060'], { forwarding });
    const service = alice.call('*43', { to: 'sips:*43@pbx:5060' });
    const forwarded = alice.call('bob', SECURE);
    await simulation.run(3000);
    expect([service.outcome, forwarded.outcome]).toEqual([200, 480]);
    service.dialog?.bye();
    await strike();
  });

  it('is told as one to the address of record, by which users are known', async () => {
    const asked: Record<string, string[]> = { media: [], digits: [], recording: [] };
    const { simulation, alice, bob, records, strike } = await scene(['sips:bob@bob:5060'], {
      calleeMedia: (user) => void asked['media']?.push(user),
      digits: { isInband: (user) => asked['digits']?.push(user) === 0 },
      recording: {
        server: { uri: uri('sip:srs@srs') },
        of: ({ callee }) => asked['recording']?.push(callee) === 0,
      },
    });
    alice.call('bob', SECURE);
    await simulation.run(3000);
    expect(asked).toEqual({
      media: ['sip:bob@pbx'],
      digits: ['sip:alice@pbx', 'sip:bob@pbx'],
      recording: ['sip:bob@pbx'],
    });
    bob.dialogs[0]?.bye();
    await simulation.run(1000);
    expect(records).toMatchObject([{ callee: 'sip:bob@pbx' }]);
    await strike();
  });
});
