import type { RelayRequest } from '@strowger/session-core';
import { FakeMediaBackend } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { setStage } from './stage.ts';

/** A backend that keeps what relays were asked for. */
class Asked extends FakeMediaBackend {
  readonly requests: Omit<RelayRequest, 'label' | 'onEvent'>[] = [];

  override openRelay({ label, onEvent, ...request }: RelayRequest) {
    this.requests.push(request);
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
