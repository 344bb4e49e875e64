import { referToReplacing } from '@strowger/dialog-core';
import type { RelayRequest } from '@strowger/session-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { FakeMediaBackend } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { Phone } from './phone.ts';
import { setStage } from './stage.ts';

/** A backend that keeps what relays were asked for. */
class Asked extends FakeMediaBackend {
  readonly requests: Pick<RelayRequest, 'srtp' | 'keying' | 'ice'>[] = [];

  override openRelay({ label, onEvent, srtp, keying, ice }: RelayRequest) {
    this.requests.push({ ...(srtp && { srtp }), ...(keying && { keying }), ...(ice && { ice }) });
    return super.openRelay({ label, onEvent });
  }
}

describe('a call to contacts behind WebSockets', () => {
  it.each([
    [['ws'], { srtp: { b: 'required' }, keying: { b: ['dtls'] }, ice: { b: 'lite' } }],
    [['WSS', 'ws'], { srtp: { b: 'required' }, keying: { b: ['dtls'] }, ice: { b: 'lite' } }],
    [['ws', 'udp'], {}],
    [['udp'], {}],
  ] as const)('over %j is offered media of its own only where all are', async (kinds, wanted) => {
    const media = new Asked({ address: '192.0.2.1' });
    const stage = setStage(
      {},
      { media, webSocketMedia: { srtp: 'required', keying: ['dtls'], ice: 'lite' } },
    );
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    const { bindings, version } = await stage.stores.location.read('sip:bob@pbx');
    const [known] = bindings;
    if (known === undefined) throw new Error('bob has no contact');
    const contacts = kinds.map((kind, at) => ({
      ...known,
      contact: `sip:bob${at}@bob;transport=${kind}`,
    }));
    await stage.stores.location.replace('sip:bob@pbx', version, contacts);
    alice.call('bob');
    await stage.simulation.run(2000);
    expect(media.requests).toEqual([wanted]);
    await stage.simulation.run(45_000); // nobody answers
    await stage.strike();
  });
});

describe('P41-2 the media of calls', () => {
  it('keeps to the policy of the engine at both ends, browsers to their own', async () => {
    const media = new Asked({ address: '192.0.2.1' });
    const stage = setStage(
      {},
      {
        media,
        srtp: 'best-effort',
        keying: ['sdes'],
        webSocketMedia: { srtp: 'required', keying: ['dtls'] },
      },
    );
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    alice.call('bob');
    await stage.simulation.run(2000);
    const { bindings, version } = await stage.stores.location.read('sip:bob@pbx');
    const behind = bindings.map((one) => ({ ...one, contact: 'sip:bob@bob;transport=ws' }));
    await stage.stores.location.replace('sip:bob@pbx', version, behind);
    alice.call('bob');
    await stage.simulation.run(2000);
    const own = { a: 'best-effort', b: 'best-effort' };
    const keys = { a: ['sdes'], b: ['sdes'] };
    expect(media.requests).toEqual([
      { srtp: own, keying: keys },
      { srtp: { ...own, b: 'required' }, keying: { ...keys, b: ['dtls'] } },
    ]);
    await stage.simulation.run(45_000);
    await stage.strike();
  });

  it('is told where it is less than the engine wishes', async () => {
    const stage = setStage({}, { srtp: 'best-effort' });
    const told: string[] = [];
    stage.engine.on('security', ({ what, severity }) => told.push(`${severity} ${what}`));
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    const call = alice.call('bob');
    await stage.simulation.run(2000);
    expect(call.outcome).toBe(200);
    expect(told).toEqual(['warning mediaDowngraded', 'warning mediaDowngraded']);
    call.dialog?.bye();
    await stage.simulation.run(2000);
    await stage.strike();
  });
});

describe('a transfer of a call', () => {
  const wanted = (end: 'a' | 'b') => ({
    srtp: { [end]: 'required' },
    keying: { [end]: ['dtls'] },
    ice: { [end]: 'lite' },
  });

  const user = { onEnded: () => {} };

  /** `behind` makes a browser of a phone: a proxy before us has the WebSocket. */
  async function scene() {
    const media = new Asked({ address: '192.0.2.1' });
    const stage = setStage(
      {},
      { media, webSocketMedia: { srtp: 'required', keying: ['dtls'], ice: 'lite' } },
    );
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const carol = await stage.registered('carol');
    const behind = async ({ name, host }: Phone): Promise<void> => {
      const { bindings, version } = await stage.stores.location.read(`sip:${name}@pbx`);
      const contacts = bindings.map((one) => ({
        ...one,
        contact: `sip:${name}@${name};transport=ws`,
        received: { transport: 'udp', address: host.address, port: 5060 } as const,
      }));
      await stage.stores.location.replace(`sip:${name}@pbx`, version, contacts);
    };
    return { ...stage, media, alice, bob, carol, behind };
  }

  it('asks for the media of browsers where a browser stays', async () => {
    const { simulation, media, strike, alice, bob, behind } = await scene();
    await behind(bob);
    alice.call('bob');
    await simulation.run(5000);
    alice.dialogs[0]?.refer({ referTo: new NameAddr({ uri: uri('sip:carol@pbx') }) }, user);
    await simulation.run(5000);
    expect(media.requests).toEqual([wanted('b'), wanted('a')]);
    await strike();
  });

  it('asks for it where a browser comes from another call', async () => {
    const { simulation, media, strike, alice, bob, carol, behind } = await scene();
    await behind(carol);
    alice.call('bob');
    await simulation.run(5000);
    const consultation = bob.call('carol');
    await simulation.run(5000);
    if (consultation.dialog === undefined) throw new Error('carol did not answer');
    bob.dialogs[0]?.refer({ referTo: referToReplacing(consultation.dialog) }, user);
    await simulation.run(5000);
    expect(media.requests).toEqual([{}, wanted('b'), wanted('b')]);
    await strike();
  });
});
