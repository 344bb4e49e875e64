import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

const LOCAL = 'v=0\r\n';

describe('F-15 media for descriptions that the application has exchanged', () => {
  it('is refused by a backend that makes its own alone, and the call goes on', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const other = await bob.media.openEndpoint({ label: 'own', onEvent() {} });
    const offer = await other.createOffer();
    const session = alice.call('bob', { offer });
    await simulation.run(1000);
    const { dialog } = session;
    if (dialog === undefined) throw new Error('no dialog');
    expect([session.state, session.mediaState]).toEqual(['connected', 'none']);
    expect(alice.manager.mediaManager).toBe(undefined);
    const answer = session.remoteDescription ?? '';
    await expect(alice.manager.setupMediaForDialog(dialog.id, offer, answer)).rejects.toMatchObject(
      { code: 'MEDIA_UNSUPPORTED' },
    );
    expect([session.state, session.mediaState]).toEqual(['connected', 'none']);
    await other.close();
    void session.hangUp();
    await finish(both);
  });

  it.each([
    ['sendrecv', 'connected'],
    ['sendonly', 'onHold'],
    ['inactive', 'onHold'],
  ] as const)(
    'goes the way that was agreed, before anybody sets it up: %s',
    async (direction, state) => {
      const both = scene();
      const { simulation, alice, bob } = both;
      const own = await alice.media.openEndpoint({ label: 'own', onEvent() {} });
      const session = alice.call('bob', { offer: await own.createOffer({ direction }) });
      await simulation.run(1000);
      expect([session.mediaDirection, session.state, bob.session.state]).toEqual([
        direction,
        state,
        state,
      ]);
      await own.close();
      void session.hangUp();
      await finish(both);
    },
  );

  it('goes the way that its own answer says', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const own = await bob.media.openEndpoint({ label: 'own', onEvent() {} });
    bob.onIncoming = async (session) => {
      const sdp = await own.acceptOffer(session.offer ?? '', { direction: 'recvonly' });
      await session.answer({ sdp });
    };
    const session = alice.call('bob');
    await simulation.run(1000);
    expect([session.mediaDirection, bob.session.mediaDirection]).toEqual(['sendonly', 'recvonly']);
    await own.close();
    void session.hangUp();
    await finish(both);
  });

  it('is for the dialog of an answered session that has no media', async () => {
    const both = await talking();
    const { alice } = both;
    const { dialog } = alice.session;
    if (dialog === undefined) throw new Error('no dialog');
    const nobody = { callId: 'x', localTag: 'y', remoteTag: 'z' };
    await expect(alice.manager.setupMediaForDialog(nobody, LOCAL, LOCAL)).rejects.toMatchObject({
      code: 'NO_SESSION',
    });
    await expect(alice.manager.setupMediaForDialog(dialog.id, LOCAL, LOCAL)).rejects.toMatchObject({
      code: 'SESSION_MEDIA_OWNED',
    });
    void alice.session.hangUp();
    await finish(both);
  });

  it('is not for a call that is not answered', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => session.ring();
    const session = alice.call('bob');
    await simulation.run(500);
    const [dialog] = session.earlyDialogs;
    if (dialog === undefined) throw new Error('no dialog');
    await expect(alice.manager.setupMediaForDialog(dialog.id, LOCAL, LOCAL)).rejects.toThrow(
      'negotiated is not possible while inviting; allowed: hangUp',
    );
    void session.hangUp();
    await finish(both);
  });
});
