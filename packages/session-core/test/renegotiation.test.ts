import { StrowgerError } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { finish, type Scene, scene, talking } from './two-phones.ts';

const refused = new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'nothing fits');
const broken = { type: 'failed', code: 'SOCKET_LOST', message: 'gone' } as const;

async function hangUp(both: Scene): Promise<void> {
  void both.alice.session.hangUp();
  await finish(both);
}

describe('hold and resume', () => {
  it('TS-20 TS-05 moves both sides when the other side agreed', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const held = alice.session.hold();
    expect(alice.session.state).toBe('connected');
    await simulation.run(100);
    await held;
    expect([alice.session.state, bob.session.state]).toEqual(['onHold', 'onHold']);
    expect([alice.session.mediaDirection, bob.session.mediaDirection]).toEqual([
      'sendonly',
      'recvonly',
    ]);
    expect([alice.session.mediaState, bob.session.mediaState]).toEqual(['paused', 'paused']);
    const back = alice.session.resume();
    await simulation.run(100);
    await back;
    expect([alice.session.state, bob.session.state]).toEqual(['connected', 'connected']);
    expect(bob.session.mediaState).toBe('active');
    await hangUp(both);
  });

  it('is held by both sides, and freed when both resume', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    void alice.session.hold();
    await simulation.run(100);
    void bob.session.hold();
    await simulation.run(100);
    expect(alice.session.mediaDirection).toBe('inactive');
    void alice.session.resume();
    await simulation.run(100);
    expect([alice.session.state, alice.session.mediaDirection]).toEqual(['onHold', 'recvonly']);
    void bob.session.resume();
    await simulation.run(100);
    expect([alice.session.state, bob.session.state]).toEqual(['connected', 'connected']);
    await hangUp(both);
  });

  it('settles when both sides hold at the same moment', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const held = Promise.all([alice.session.hold(), bob.session.hold()]);
    await simulation.run(10_000);
    await held;
    expect([alice.session.mediaDirection, bob.session.mediaDirection]).toEqual([
      'inactive',
      'inactive',
    ]);
    await hangUp(both);
  });

  it('goes by UPDATE where that is wanted, and the other side takes it', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const before = simulation.ladder().length;
    const held = alice.session.hold({ via: 'update' });
    await simulation.run(100);
    await held;
    expect([alice.session.mediaDirection, bob.session.state]).toEqual(['sendonly', 'onHold']);
    const back = alice.session.resume({ via: 'update' });
    await simulation.run(100);
    await back;
    expect([alice.session.state, bob.session.state]).toEqual(['connected', 'connected']);
    const since = simulation.ladder().slice(before);
    expect(since.match(/UPDATE/gu)).toHaveLength(2);
    expect(since).not.toMatch(/INVITE|ACK/u);
    bob.media.failNext('acceptOffer', refused);
    const again = expect(alice.session.hold({ via: 'update' })).rejects.toThrowError(/488/u);
    await simulation.run(100);
    await again;
    expect([alice.session.state, alice.session.mediaState]).toEqual(['connected', 'active']);
    await hangUp(both);
  });

  it('goes by re-INVITE where the other side takes no UPDATE', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const host = simulation.network.hostOf('alice');
    const receive = host.receive;
    host.receive = (inbound) => {
      inbound.message.headers.remove('Allow');
      receive?.(inbound);
    };
    alice.call('bob');
    await simulation.run(1000);
    const held = alice.session.hold({ via: 'update' });
    await simulation.run(100);
    await held;
    expect([bob.session.state, simulation.ladder().includes('UPDATE')]).toEqual(['onHold', false]);
    await hangUp(both);
  });

  it.each([
    ['update', 'update'],
    ['update', 'reinvite'],
  ] as const)('settles when both hold at the same moment by %s and %s', async (one, other) => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const held = Promise.all([alice.session.hold({ via: one }), bob.session.hold({ via: other })]);
    await simulation.run(20_000);
    await held;
    expect(simulation.ladder()).toContain('491');
    expect([alice.session.mediaDirection, bob.session.mediaDirection]).toEqual([
      'inactive',
      'inactive',
    ]);
    await hangUp(both);
  });

  it('stays as it was where the other side refuses with 488', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    bob.media.failNext('acceptOffer', refused);
    const held = expect(alice.session.hold()).rejects.toMatchObject({ code: 'CHANGE_REFUSED' });
    await simulation.run(100);
    await held;
    expect([alice.session.state, alice.media.endpoints[0]?.direction]).toEqual([
      'connected',
      'sendrecv',
    ]);
    expect(alice.session.mediaState).toBe('active');
    await hangUp(both);
  });

  it('does not send what our own media refuses', async () => {
    const both = await talking();
    both.alice.media.failNext('createOffer', refused);
    await expect(both.alice.session.hold()).rejects.toMatchObject({ code: refused.code });
    both.alice.media.failNext('rollback', refused);
    both.bob.media.failNext('acceptOffer', new StrowgerError('BUSY', 'later'));
    const held = expect(both.alice.session.hold()).rejects.toThrowError(/500/u);
    await both.simulation.run(100);
    await held;
    await hangUp(both);
  });

  it('takes changes one after the other, and refuses too many', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const { session } = alice;
    const changes = [session.hold(), session.hold(), session.resume(), session.renegotiate()];
    for (let more = 0; more < 8; more++) changes.push(session.hold());
    const settled = Promise.allSettled(changes);
    await simulation.run(1000);
    const outcomes = (await settled).map(({ status }) => status);
    expect(outcomes.filter((status) => status === 'fulfilled').length).toBe(9);
    expect(session.state).toBe('onHold');
    await hangUp(both);
  });

  it('answers 491 to an offer that meets ours half made', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const release = alice.media.pause('createOffer');
    const ours = alice.session.hold();
    const theirs = bob.session.hold();
    await simulation.run(100);
    expect(simulation.ladder()).toContain('491');
    release();
    await simulation.run(10_000);
    await Promise.all([ours, theirs]);
    await hangUp(both);
  });

  it('ends with BYE where the answer to our offer does not fit, or media dies', async () => {
    const both = await talking();
    both.alice.media.failNext('acceptAnswer', refused);
    const held = expect(both.alice.session.hold()).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await finish(both);
    await held;
    expect(both.alice.end).toBe('ended mediaFailed by local 488/65');
    const other = await talking();
    for (const _ of [1, 2, 3]) other.bob.media.failNext('openEndpoint');
    other.bob.media.endpoints[0]?.tell(broken);
    await finish(other);
    expect(other.bob.end).toBe('ended mediaFailed by local 500/41');
    expect(other.alice.end).toBe('ended hungUp by remote 200/41');
  });

  it('ends in every phase of a change, whoever hangs up', async () => {
    const phases = ['createOffer', 'acceptOffer', 'acceptAnswer', 'rollback'] as const;
    for (const phase of phases) {
      for (const who of ['alice', 'bob', 'media'] as const) {
        const both = await talking();
        if (phase === 'rollback') both.bob.media.failNext('acceptOffer', refused);
        both.alice.media.pause(phase);
        both.bob.media.pause(phase);
        const held = both.alice.session.hold().catch(() => 'ended');
        await both.simulation.run(100);
        if (who === 'media') {
          both.alice.media.endpoints[0]?.tell(broken);
          both.bob.media.endpoints[0]?.tell(broken);
        } else void both[who].session.hangUp();
        await finish(both);
        expect(await held).toBe('ended');
      }
    }
  });
});

describe('a re-INVITE without offer', () => {
  const empty = { onAccepted() {}, onRejected() {}, onFailed() {} };

  it('is offered to, and ends as before when the ACK brings no answer', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const statuses: number[] = [];
    const { dialog } = alice.session;
    dialog?.reinvite(
      {},
      {
        ...empty,
        onAccepted: (response) => {
          statuses.push(response.status);
          expect(response.text()).toContain('v=0');
          dialog.ack();
        },
      },
    );
    await simulation.run(100);
    expect(statuses).toEqual([200]);
    expect([bob.session.state, bob.media.endpoints[0]?.direction]).toEqual([
      'connected',
      'sendrecv',
    ]);
    await hangUp(both);
  });

  it('takes the answer from the ACK', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const { dialog } = alice.session;
    const endpoint = alice.media.endpoints[0];
    dialog?.reinvite(
      {},
      {
        ...empty,
        onAccepted: (response) => {
          void endpoint
            ?.acceptOffer(response.text(), { direction: 'sendonly' })
            .then((content) => dialog.ack({ type: 'application/sdp', content }));
        },
      },
    );
    await simulation.run(100);
    expect([bob.session.state, bob.session.mediaDirection]).toEqual(['onHold', 'recvonly']);
    await hangUp(both);
  });

  it('is refused where our media cannot offer, and forgotten when it is withdrawn', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const statuses: number[] = [];
    const listen = {
      ...empty,
      onRejected: ({ status }: { status: number }) => void statuses.push(status),
    };
    bob.media.failNext('createOffer', refused);
    alice.session.dialog?.reinvite({}, listen);
    await simulation.run(100);
    for (const operation of ['createOffer', 'acceptOffer'] as const) {
      const release = bob.media.pause(operation);
      const offer = await alice.media.endpoints[0]?.createOffer();
      const body = { type: 'application/sdp', content: offer ?? '' };
      const reinvite = alice.session.dialog?.reinvite(
        operation === 'createOffer' ? {} : { body },
        listen,
      );
      await alice.media.endpoints[0]?.rollback();
      await simulation.run(300);
      reinvite?.withdraw();
      await simulation.run(100);
      release();
      await simulation.run(5000);
      expect(bob.session.state).toBe('connected');
    }
    expect(statuses[0]).toBe(488);
    await hangUp(both);
  });
});
