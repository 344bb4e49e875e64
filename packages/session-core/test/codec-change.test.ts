import { StrowgerError } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { finish, type Scene, scene, talking } from './two-phones.ts';

const refused = new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'nothing fits');

async function spoken({ alice, bob }: Scene): Promise<(string | undefined)[]> {
  const all = await Promise.all([alice, bob].map(async ({ session }) => session.media?.stats()));
  return all.map((stats) => stats?.codec);
}

function changesOf({ alice, bob }: Scene): string[] {
  const told: string[] = [];
  for (const { name, manager } of [alice, bob]) {
    manager.on('codecChanged', ({ from, to }) => told.push(`${name} ${from} ${to}`));
  }
  return told;
}

async function end(both: Scene): Promise<void> {
  void both.alice.session.hangUp();
  await finish(both);
}

describe('another codec in a call', () => {
  it.each(['reinvite', 'update'] as const)('is spoken when the peer agreed: %s', async (via) => {
    const both = await talking();
    const { simulation, alice } = both;
    const told = changesOf(both);
    const before = simulation.ladder().length;
    const changed = alice.session.changeCodecs(['pcma', 'pcmu'], { via });
    expect(await spoken(both)).toEqual(['pcmu', 'pcmu']);
    await simulation.run(100);
    await changed;
    expect(await spoken(both)).toEqual(['pcma', 'pcma']);
    expect(told.toSorted()).toEqual(['alice pcmu pcma', 'bob pcmu pcma']);
    expect([alice.session.state, alice.session.mediaState]).toEqual(['connected', 'active']);
    const method = via === 'update' ? 'UPDATE' : 'INVITE';
    expect(simulation.ladder().slice(before).match(new RegExp(method, 'gu'))).toHaveLength(1);
    void alice.session.hold();
    await simulation.run(100);
    expect(told).toHaveLength(2);
    await end(both);
  });

  it('is what the peer may offer from then on: what we gave up is not taken again', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    void alice.session.changeCodecs(['pcma']);
    await simulation.run(100);
    void bob.session.changeCodecs(['pcmu', 'pcma']);
    await simulation.run(100);
    expect(await spoken(both)).toEqual(['pcma', 'pcma']);
    await end(both);
  });

  it('is not spoken where the peer refused: all is as it was', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const told = changesOf(both);
    bob.media.failNext('acceptOffer', refused);
    const changed = expect(alice.session.changeCodecs(['pcma'])).rejects.toMatchObject({
      code: 'CHANGE_REFUSED',
      message: expect.stringContaining('488'),
    });
    await simulation.run(100);
    await changed;
    expect([await spoken(both), alice.session.mediaState, told]).toEqual([
      ['pcmu', 'pcmu'],
      'active',
      [],
    ]);
    void alice.session.hold();
    await simulation.run(100);
    expect(await spoken(both)).toEqual(['pcmu', 'pcmu']);
    await end(both);
  });

  it('is given up where the peer answers with nothing of it, and the old one offered again', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const [endpoint] = bob.media.endpoints;
    const accept = endpoint?.acceptOffer.bind(endpoint);
    if (endpoint === undefined || accept === undefined) throw new Error('bob has media');
    endpoint.acceptOffer = async (offer) => {
      endpoint.acceptOffer = accept;
      return (await accept(offer)).replace('a=rtpmap:8 PCMA', 'a=rtpmap:0 PCMU');
    };
    const changed = expect(alice.session.changeCodecs(['pcma'])).rejects.toMatchObject({
      code: 'CHANGE_REFUSED',
    });
    await simulation.run(1000);
    await changed;
    expect([alice.session.state, await spoken(both)]).toEqual(['connected', ['pcmu', 'pcmu']]);
    expect(bob.session.mediaState).toBe('active');
    await end(both);
  });

  it.each(['changeCodecs', 'hold'] as const)(
    'settles with a %s at the same moment',
    async (other) => {
      const both = await talking();
      const { simulation, alice, bob } = both;
      const done = Promise.all([
        alice.session.changeCodecs(['pcma', 'pcmu']),
        other === 'hold' ? bob.session.hold() : bob.session.changeCodecs(['pcma']),
      ]);
      await simulation.run(20_000);
      await done;
      expect(simulation.ladder()).toContain('491');
      expect(await spoken(both)).toEqual(['pcma', 'pcma']);
      expect(alice.session.mediaDirection).toBe(other === 'hold' ? 'recvonly' : 'sendrecv');
      await end(both);
    },
  );

  it('waits for its turn behind a hold, and stays held', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const done = Promise.all([alice.session.hold(), alice.session.changeCodecs(['pcma'])]);
    await simulation.run(1000);
    await done;
    expect([alice.session.state, await spoken(both)]).toEqual(['onHold', ['pcma', 'pcma']]);
    await end(both);
  });

  it('holds for media that takes the place of what failed', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    void alice.session.changeCodecs(['pcma']);
    await simulation.run(100);
    const [endpoint] = alice.media.endpoints;
    endpoint?.tell({ type: 'failed', code: 'SOCKET_LOST', message: 'gone' });
    await simulation.run(5000);
    expect(alice.media.endpoints[0]).not.toBe(endpoint);
    expect(await spoken(both)).toEqual(['pcma', 'pcma']);
    await end(both);
  });

  it('is refused before the peer is asked where nobody here knows it', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const before = simulation.ladder();
    for (const codecs of [['nonsense'], []]) {
      const changed = expect(alice.session.changeCodecs(codecs)).rejects.toMatchObject({
        code: 'MEDIA_UNKNOWN_CODEC',
      });
      await simulation.run(100);
      await changed;
    }
    expect([simulation.ladder(), await spoken(both)]).toEqual([before, ['pcmu', 'pcmu']]);
    await end(both);
  });

  it('cannot be asked for before the answer', async () => {
    const both = scene();
    const session = both.alice.call('bob');
    expect(() => session.changeCodecs(['pcma'])).toThrow(
      expect.objectContaining({ code: 'SESSION_STATE' }),
    );
    await both.simulation.run(1000);
    await end(both);
  });
});
