import { referToReplacing } from '@strowger/dialog-core';
import type { RelayRequest } from '@strowger/session-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { FakeMediaBackend } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { ForwardingRules } from '../src/forwarding-rules.ts';
import { encrypted, type Phone, sdp } from './phone.ts';
import { setStage } from './stage.ts';

/** A backend that keeps what relays were asked for. */
class Asked extends FakeMediaBackend {
  readonly requests: Pick<RelayRequest, 'srtp' | 'keying' | 'ice'>[] = [];

  override openRelay({ label, onEvent, srtp, keying, ice }: RelayRequest) {
    this.requests.push({ ...(srtp && { srtp }), ...(keying && { keying }), ...(ice && { ice }) });
    return super.openRelay({ label, onEvent, ...(srtp && { srtp }) });
  }
}

describe('a call to contacts behind WebSockets', () => {
  it.each([
    [['ws'], { srtp: { b: 'required' }, keying: { b: ['dtls'] }, ice: { b: 'lite' } }],
    [['WSS', 'ws'], { srtp: { b: 'required' }, keying: { b: ['dtls'] }, ice: { b: 'lite' } }],
    [['ws', 'udp'], {}],
    [['udp'], {}],
  ] as const)('over %j is offered media of its own only where all are', async (kinds, wanted) => {
    const media = new Asked({ address: '192.0.2.1', encrypts: true });
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

describe('the answer to a caller that takes candidates later', () => {
  it.each([
    [true, 'trickle-ice', { trickle: true }],
    [true, '100rel', {}],
    [false, 'trickle-ice', {}],
  ])(
    'with trickleIce %s, to Supported: %s, is asked for with %j',
    async (trickleIce, tag, wanted) => {
      const intents: unknown[] = [];
      const media = new FakeMediaBackend({ address: '192.0.2.1' });
      const { openRelay } = media;
      media.openRelay = async (request) => {
        const relay = await openRelay.call(media, request);
        const { acceptOffer } = relay.a;
        relay.a.acceptOffer = (offer, intent) => {
          intents.push(intent);
          return acceptOffer.call(relay.a, offer, intent);
        };
        return relay;
      };
      const stage = setStage({}, { media, trickleIce });
      const alice = await stage.registered('alice');
      await stage.registered('bob');
      const call = alice.call('bob', { headers: [['Supported', tag]] });
      await stage.simulation.run(2000);
      expect([call.outcome, intents]).toEqual([200, [wanted]]);
      await stage.strike();
    },
  );
});

describe('P41-2 the media of calls', () => {
  it('keeps to the policy of the engine at both ends, browsers to their own', async () => {
    const media = new Asked({ address: '192.0.2.1', encrypts: true });
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

  it.each(['required', 'best-effort'] as const)(
    'is as the callee’s own policy says where the engine’s is %s, and nothing is told',
    async (srtp) => {
      const media = new FakeMediaBackend({ address: '192.0.2.1', encrypts: true });
      const calleeMedia = (user: string) =>
        user === 'sip:bob@pbx' || user === 'sip:carol@pbx' ? ({ srtp: 'off' } as const) : undefined;
      const stage = setStage({}, { media, srtp, calleeMedia });
      const told: string[] = [];
      stage.engine.on('security', ({ what, severity }) => told.push(`${severity} ${what}`));
      const alice = await stage.registered('alice');
      await stage.registered('bob');
      const carol = await stage.registered('carol');
      const body = encrypted(sdp(alice.host.address));
      const call = alice.call('bob', { body });
      await stage.simulation.run(5000);
      const sessions = stage.engine.calls()[0]?.sessions;
      expect(sessions?.map(({ mediaSecurity }) => mediaSecurity?.kind)).toEqual(['sdes', 'plain']);
      call.dialog?.refer(
        { referTo: new NameAddr({ uri: uri('sip:carol@pbx') }) },
        { onEnded: () => {} },
      );
      await stage.simulation.run(10_000);
      expect([carol.dialogs.length, stage.engine.calls()[0]?.state]).toEqual([1, 'connected']);
      expect(told).toEqual([]);
      await stage.strike();
    },
  );

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

describe('a call that is forwarded after its caller has heard somebody', () => {
  const webSocket = { srtp: 'required', keying: ['dtls'], ice: 'lite' } as const;
  const wanted = { srtp: { b: 'required' }, keying: { b: ['dtls'] }, ice: { b: 'lite' } };

  async function scene() {
    const media = new Asked({ address: '192.0.2.1', encrypts: true });
    const rules: Record<string, ForwardingRules> = {
      bob: { noAnswer: 'carol', noAnswerMs: 3000 },
      carol: { noAnswer: 'dave', noAnswerMs: 3000 },
    };
    const forwarding = (user: string) => rules[user];
    const stage = setStage({}, { media, webSocketMedia: webSocket, forwarding });
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const carol = await stage.registered('carol');
    const { bindings, version } = await stage.stores.location.read('sip:carol@pbx');
    const behind = bindings.map((one) => ({
      ...one,
      contact: 'sip:carol@carol;transport=ws',
      received: { transport: 'udp', address: carol.host.address, port: 5060 } as const,
    }));
    await stage.stores.location.replace('sip:carol@pbx', version, behind);
    bob.onInvite = (invite) => bob.ringWithMedia(invite);
    return { stage, media, alice, bob, carol };
  }

  it('to a page: keeps its one answer, and moves when it is answered', async () => {
    const all = await scene();
    const { stage, media, alice, carol } = all;
    carol.onInvite = (invite) => {
      carol.ringWithMedia(invite); // nobody hears that: the caller has its answer
      carol.after(1000, () => carol.answer(invite));
    };
    const call = alice.call('bob');
    await stage.simulation.run(6000);
    expect([call.outcome, call.progress]).toEqual([200, ['183+', '181', '180']]);
    expect(call.descriptions).toHaveLength(1); // it was acknowledged in the 183
    expect(media.requests).toEqual([{}, wanted]);
    expect(alice.reinvites).toEqual(['sendrecv']);
    expect(media.usage().endpoints).toBe(2);
    const [dialog] = alice.dialogs;
    const held = dialog && alice.hold(dialog);
    await stage.simulation.run(1000);
    expect(await held).toBe('recvonly');
    expect(carol.reinvites).toEqual(['sendonly']);
    dialog?.bye();
    await stage.simulation.run(1000);
    await stage.strike();
  });

  it('to a page and on to a phone: is answered by the relay that it has heard', async () => {
    const all = await scene();
    const { stage, media, alice, carol } = all;
    carol.onInvite = (invite) => invite.ring();
    const dave = await stage.registered('dave');
    const call = alice.call('bob');
    await stage.simulation.run(9000);
    expect([call.outcome, dave.dialogs.length]).toEqual([200, 1]);
    expect(call.descriptions).toHaveLength(1); // it was acknowledged in the 183
    expect(alice.reinvites).toEqual([]);
    expect(media.usage().endpoints).toBe(2);
    alice.dialogs[0]?.bye();
    await stage.simulation.run(1000);
    await stage.strike();
  });

  it('leaves no relay where who is called next cannot be offered the one of the caller', async () => {
    const { stage, media, alice, carol } = await scene();
    carol.onInvite = (invite) => invite.ring();
    await stage.registered('dave');
    const call = alice.call('bob');
    await stage.simulation.run(6000);
    media.failNext('createOffer');
    await stage.simulation.run(5000);
    expect(call.outcome).toBe(488);
    expect(media.usage().endpoints).toBe(0);
    await stage.strike();
  });

  it('ends where the caller does not move, or gives up meanwhile', async () => {
    for (const gives of [true, false]) {
      const all = await scene();
      const { stage, media, alice, carol } = all;
      carol.onInvite = (invite) => {
        if (!gives) carol.after(500, () => carol.answer(invite));
      };
      alice.refusesReinvites = true;
      const call = alice.call('bob');
      await stage.simulation.run(3400);
      if (gives) call.invite.cancel();
      await stage.simulation.run(40_000);
      expect(alice.log.filter((line) => line.startsWith('ended'))).toHaveLength(gives ? 0 : 1);
      expect(carol.log.filter((line) => line.startsWith('ended'))).toHaveLength(gives ? 0 : 1);
      expect(media.usage().endpoints).toBe(0);
      await stage.strike();
    }
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
    const media = new Asked({ address: '192.0.2.1', encrypts: true });
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
