import { describe, expect, it } from 'vitest';
import { finish, type Scene, scene } from './two-phones.ts';

const FRAGMENT = 'a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n';

async function talking(both: Scene): Promise<Scene> {
  const { simulation, alice } = both;
  alice.call('bob');
  await simulation.run(1000);
  return both;
}

describe('trickle ICE (RFC 8840)', () => {
  it('tells candidates that came after an answer by INFO, once there is a dialog', async () => {
    const both = scene({}, { trickleIce: true });
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      const answered = session.answer();
      session.takeMediaEvent({ type: 'candidate', fragment: `${FRAGMENT}a=early\r\n` });
      await answered;
    };
    await talking(both);
    expect(bob.session.request?.headers.get('supported')).toContain('trickle-ice');
    bob.session.takeMediaEvent({ type: 'candidate', fragment: FRAGMENT });
    await simulation.run(1000);
    const [endpoint] = alice.media.endpoints;
    expect(endpoint?.candidates).toEqual([`${FRAGMENT}a=early\r\n`, FRAGMENT]);
    void alice.session.hangUp();
    await finish(both);
  });

  it('refuses what is no fragment, and the package where it is not switched on', async () => {
    for (const [trickleIce, expected] of [
      [true, [200, 400]],
      [false, [469, 469]],
    ] as const) {
      const both = await talking(scene({}, { trickleIce }));
      const { simulation, alice, bob } = both;
      const statuses: number[] = [];
      for (const content of [FRAGMENT, 'hello']) {
        alice.session.dialog?.request(
          'INFO',
          {
            headers: [['Info-Package', 'trickle-ice']],
            body: { type: 'application/trickle-ice-sdpfrag', content },
          },
          { onResponse: ({ status }) => void statuses.push(status), onFailed() {} },
        );
        await simulation.run(200);
      }
      expect(statuses).toEqual(expected);
      expect(bob.media.endpoints[0]?.candidates).toEqual(trickleIce ? [FRAGMENT] : []);
      void alice.session.hangUp();
      await finish(both);
    }
  });
});
