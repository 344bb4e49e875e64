import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { echo } from '../src/service.ts';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { setStage } from './stage.ts';

const MODES = ['b2bua', 'proxy'] as const;

/** Alice and bob, registered. */
async function setPair(options: Partial<CallEngineOptions> = {}) {
  const stage = setStage({}, options);
  const [alice, bob] = [await stage.registered('alice'), await stage.registered('bob')];
  return { stage, alice, bob };
}

describe.each(MODES)('texts in the mode %s (RFC 3428)', (mode) => {
  it('go to the phones of a user, from who has proven who that is', async () => {
    const { stage, alice, bob } = await setPair({ mode });
    const mobile = await stage.registered('bob', { host: 'mobile' });
    const status = alice.text('bob', 'hello');
    await stage.simulation.run(1000);
    expect(await status).toBe(200);
    for (const { texts } of [bob, mobile]) {
      expect(texts.map((text) => text.text())).toEqual(['hello']);
      expect(texts[0]?.from.uri.toString()).toBe('sip:alice@pbx');
      // neither what was proven to us (§22.3), nor a route, as no dialog follows
      expect(texts[0]?.headers.has('Proxy-Authorization')).toBe(false);
      expect(texts[0]?.headers.has('Record-Route')).toBe(false);
    }
    await stage.strike();
  });

  it('to who has no phone get 480, to nobody 404, and another name than his own 403', async () => {
    const { stage, alice } = await setPair({ mode });
    await stage.addUser('carol');
    const from = new NameAddr({ uri: uri('sip:bob@pbx') });
    const statuses = [alice.text('carol', 'hello'), alice.text('nobody', 'hello')];
    const forged = alice.text('bob', 'hello', { from });
    await stage.simulation.run(1000);
    expect(await Promise.all([...statuses, forged])).toEqual([480, 404, 403]);
    await stage.strike();
  });

  it('of who proves nothing are challenged, whoever he says that he is', async () => {
    const { stage, bob } = await setPair({ mode });
    const eve = await stage.phone('eve', { password: 'wrong' });
    const from = new NameAddr({ uri: uri('sip:eve@elsewhere.example') });
    const statuses = [eve.text('bob', 'hello'), eve.text('bob', 'hello', { from })];
    await stage.simulation.run(40_000);
    expect(await Promise.all(statuses)).toEqual([407, 407]);
    expect(bob.texts).toEqual([]);
    await stage.strike();
  });

  it('are not for a service', async () => {
    const { stage, alice } = await setPair({ mode, services: { '*43': echo() } });
    const status = alice.text('*43', 'hello');
    await stage.simulation.run(1000);
    expect(await status).toBe(405);
    await stage.strike();
  });

  it('beyond so many under way get 503', async () => {
    const { stage, alice, bob } = await setPair({ mode, maxCalls: 2 });
    const statuses = [];
    for (let number = 0; number < 6; number++) {
      statuses.push(alice.text('bob', `text ${number}`));
      await stage.simulation.run(1000);
    }
    expect(await Promise.all(statuses)).toEqual([200, 200, 503, 503, 503, 503]);
    await stage.simulation.run(40_000);
    expect(bob.texts).toHaveLength(2);
    expect(stage.engine.counts().proxied).toBe(0);
    await stage.strike();
  });
});
