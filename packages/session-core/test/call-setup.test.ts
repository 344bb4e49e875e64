import { StrowgerError } from '@strowger/runtime';
import { SipResponse, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { finish, scene } from './two-phones.ts';

const refused = new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'nothing fits');
const broken = { type: 'failed', code: 'SOCKET_LOST', message: 'gone' } as const;

describe('offer and answer while a call is set up', () => {
  it('TS-18 applies the answer of a 183 and not once more that of the 200', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      await session.progress(183, { withMedia: true });
      expect(session.earlyMedia).toBe(true);
      await session.progress(183, { withMedia: true });
      simulation.clock.arm(500, () => void session.answer());
    };
    const call = alice.call('bob');
    await simulation.run(200);
    expect([call.state, call.earlyMedia, call.mediaState]).toEqual(['ringing', true, 'active']);
    await simulation.run(1000);
    expect(call.state).toBe('connected');
    expect(alice.log.filter((line) => line === 'media negotiating')).toHaveLength(1);
    void call.hangUp();
    await finish(both);
  });

  it('waits for the answer of a 183 that is still being applied when the 200 comes', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      await session.progress(183, { withMedia: true });
      await session.answer();
    };
    const release = alice.media.pause('acceptAnswer');
    const call = alice.call('bob');
    await simulation.run(200);
    expect(call.state).toBe('ringing');
    release();
    await simulation.run(200);
    expect(call.state).toBe('connected');
    void call.hangUp();
    await finish(both);
  });

  it('takes the offer from the 200 and answers it in the ACK', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const call = alice.call('bob', { lateOffer: true });
    await simulation.run(1000);
    expect([call.state, bob.session.state]).toEqual(['connected', 'connected']);
    expect(bob.session.offer).toBeUndefined();
    expect(bob.log).toContain('media active');
    void bob.session.hangUp();
    await finish(both);
  });

  it('prepares its offer for a call without one before it answers', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      await session.prepare();
      await session.prepare();
      expect(() => session.progress(183, { withMedia: true })).toThrowError(/made no offer/u);
      await session.answer();
    };
    const call = alice.call('bob', { lateOffer: true });
    await simulation.run(500);
    expect(call.state).toBe('connected');
    void call.hangUp();
    await finish(both);
  });

  it('ends with 488 where nothing of the offer fits', async () => {
    const both = scene();
    const { alice, bob } = both;
    bob.media.failNext('acceptOffer', refused);
    alice.call('bob');
    await finish(both);
    expect(alice.end).toBe('ended rejected by remote 488/65');
    expect(bob.end).toBe('ended mediaFailed by local 488/65');
  });

  it('M07: ends with 503 where no media ports are left', async () => {
    const both = scene();
    const { alice, bob } = both;
    bob.media.failNext('acceptOffer', new StrowgerError('MEDIA_PORTS_EXHAUSTED', 'all in use'));
    alice.call('bob');
    await finish(both);
    expect(alice.end).toBe('ended rejected by remote 503/41');
    expect(bob.end).toBe('ended mediaFailed by local 503/41');
  });

  it('ends with BYE where the answer of the 200 does not fit', async () => {
    const both = scene();
    const { alice, bob } = both;
    alice.media.failNext('acceptAnswer', refused);
    alice.call('bob');
    await finish(both);
    expect(alice.end).toBe('ended mediaFailed by local 488/65');
    expect(bob.end).toBe('ended hungUp by remote 200/65');
  });

  it('tries the answer of the 200 after an early one that did not fit', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => {
      await session.progress(183, { withMedia: true });
      simulation.clock.arm(500, () => void session.answer());
    };
    alice.media.failNext('acceptAnswer', refused);
    const call = alice.call('bob');
    await simulation.run(1000);
    expect(call.state).toBe('connected');
    void call.hangUp();
    await finish(both);
  });

  it('TS-07 sends no INVITE where media cannot be had', async () => {
    for (const operation of ['openEndpoint', 'createOffer'] as const) {
      const both = scene();
      both.alice.media.failNext(operation, new StrowgerError('NO_PORT', 'all in use'));
      both.alice.call('bob');
      await finish(both);
      expect(both.alice.end).toBe('ended mediaFailed by local 500/41');
      expect(both.simulation.ladder()).toBe('');
    }
  });

  it('TS-07 cancels, rejects or hangs up when media fails', async () => {
    const ringing = scene();
    ringing.bob.onIncoming = (session) => session.progress(183, { withMedia: true });
    ringing.alice.call('bob');
    await ringing.simulation.run(500);
    ringing.alice.media.endpoints[0]?.tell(broken);
    await finish(ringing);
    expect(ringing.alice.end).toBe('ended mediaFailed by local 500/41');
    expect(ringing.bob.end).toBe('ended cancelled by remote 487/16');

    const incoming = scene();
    incoming.bob.onIncoming = (session) => session.progress(183, { withMedia: true });
    incoming.alice.call('bob');
    await incoming.simulation.run(500);
    incoming.bob.media.endpoints[0]?.tell(broken);
    await finish(incoming);
    expect(incoming.alice.end).toBe('ended rejected by remote 500/41');

    const preparing = scene();
    preparing.alice.media.pause('createOffer');
    preparing.alice.call('bob');
    await preparing.simulation.run(100);
    preparing.alice.media.endpoints[0]?.tell(broken);
    await finish(preparing);
    expect(preparing.alice.end).toBe('ended mediaFailed by local 500/41');

    const answering = scene();
    answering.bob.media.pause('acceptOffer');
    answering.alice.call('bob');
    await answering.simulation.run(100);
    answering.bob.media.endpoints[0]?.tell(broken);
    await finish(answering);
    expect(answering.bob.end).toBe('ended mediaFailed by local 500/41');
  });

  it('leaves a call waiting where early media could not be had', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.media.failNext('acceptOffer', refused);
    bob.onIncoming = async (session) => {
      const early = session.progress(183, { withMedia: true });
      await expect(early).rejects.toMatchObject({ code: 'MEDIA_NOT_ACCEPTABLE' });
      await session.answer();
    };
    const call = alice.call('bob');
    await simulation.run(1000);
    expect(call.state).toBe('connected');
    void call.hangUp();
    await finish(both);
  });
});

describe('a call that is not answered', () => {
  it('is rejected with what the callee says', async () => {
    const both = scene();
    both.bob.onIncoming = (session) => session.reject(486, { reason: 'On the phone' });
    const call = both.alice.call('bob');
    await finish(both);
    await expect(call.connected).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 486, text: 'On the phone' });
    expect(both.bob.end).toBe('ended rejected by local 486/17');
  });

  it('is redirected, and challenged', async () => {
    const both = scene();
    both.bob.onIncoming = (session) => session.redirect([uri('sip:carol@carol')]);
    const moved = both.alice.call('bob');
    await finish(both);
    expect(await moved.ended).toMatchObject({ status: 302, contacts: ['sip:carol@carol'] });

    const other = scene();
    other.bob.onIncoming = (session) =>
      session.challenge(
        new SipResponse({
          status: 407,
          headers: [['Proxy-Authenticate', 'Digest realm="bob", nonce="1"']],
        }),
      );
    const call = other.alice.call('bob');
    await finish(other);
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 407, cause: 21 });
  });

  it('is cancelled in each phase, with the reason that was given', async () => {
    for (const afterMs of [0, 5, 30, 500]) {
      const both = scene();
      both.bob.onIncoming = (session) => session.ring();
      const call = both.alice.call('bob');
      if (afterMs > 0) await both.simulation.run(afterMs);
      void call.hangUp({ reason: { sip: 200, text: 'Call completed elsewhere' } });
      await finish(both);
      expect(await call.ended).toMatchObject({ kind: 'cancelled', by: 'local', status: 487 });
      expect(both.bob.end).toBe(afterMs === 0 ? undefined : 'ended cancelled by remote 487/16');
    }
  });

  it('is cancelled by an AbortSignal', async () => {
    const both = scene();
    both.bob.onIncoming = (session) => session.ring();
    const control = new AbortController();
    const call = both.alice.call('bob', { signal: control.signal });
    await both.simulation.run(500);
    control.abort();
    await finish(both);
    expect((await call.ended).kind).toBe('cancelled');
    both.alice.call('bob', { signal: control.signal });
    await finish(both);
  });

  it('is cancelled while the callee is getting its media ready', async () => {
    const both = scene();
    const release = both.bob.media.pause('acceptOffer');
    const call = both.alice.call('bob');
    await both.simulation.run(100);
    void call.hangUp();
    await both.simulation.run(100);
    release();
    await finish(both);
    expect(both.bob.end).toBe('ended cancelled by remote 487/16');
  });

  it('leaves nothing when the 200 and the CANCEL cross', async () => {
    const both = scene();
    const { simulation, bob } = both;
    bob.onIncoming = (session) => {
      session.ring();
      simulation.clock.arm(100, () => void session.answer());
    };
    const call = both.alice.call('bob');
    await simulation.run(115);
    void call.hangUp();
    await finish(both);
    expect((await call.ended).kind).toBe('cancelled');
    expect(bob.end).toBe('ended hungUp by remote 200/16');
  });

  it('ends when it has rung too long, here or there', async () => {
    const both = scene();
    both.bob.onIncoming = (session) => session.ring();
    both.alice.call('bob', { ringTimeoutMs: 30_000 });
    await finish(both);
    expect(both.alice.end).toBe('ended timeout by local 480/19');
    const other = scene();
    other.bob.onIncoming = (session) => session.ring();
    other.alice.call('bob');
    await finish(other);
    expect(other.bob.end).toBe('ended timeout by local 480/19');
    const slow = scene();
    slow.bob.media.pause('acceptOffer');
    slow.alice.call('bob');
    await finish(slow);
    expect(slow.bob.end).toBe('ended timeout by local 480/19');
  });

  it('ends when nobody is there, and when the application throws', async () => {
    const both = scene();
    both.alice.call('nowhere');
    await finish(both);
    expect(both.alice.end).toBe('ended transportFailed by network 503/38');
    const deaf = scene({ loss: 1 });
    deaf.alice.call('bob');
    await finish(deaf);
    expect(deaf.alice.end).toBe('ended timeout by network 408/102');
    const thrown = scene();
    thrown.bob.onIncoming = () => {
      throw new Error('of the application');
    };
    thrown.alice.call('bob');
    await finish(thrown);
    expect(thrown.alice.end).toBe('ended rejected by remote 500/41');
  });

  it('is refused by hanging up, before and while it is answered', async () => {
    const both = scene();
    both.bob.onIncoming = (session) => void session.hangUp();
    both.alice.call('bob');
    await finish(both);
    expect(both.alice.end).toBe('ended rejected by remote 480/18');
    const other = scene();
    other.bob.media.pause('acceptOffer');
    other.alice.call('bob');
    await other.simulation.run(100);
    other.bob.session.reject(486);
    await finish(other);
    expect(other.alice.end).toBe('ended rejected by remote 486/17');
  });

  it('ends where the ACK never comes', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    alice.call('bob');
    await simulation.run(15);
    simulation.network.link('alice', 'bob', { loss: 1 });
    await simulation.run(70_000);
    expect(bob.end).toBe('ended timeout by network 408/102');
    expect(alice.session.state).toBe('connected');
    simulation.network.link('alice', 'bob', { loss: 0 });
    void alice.session.hangUp();
    await finish(both);
  });
});

describe('misuse', () => {
  it('is refused with the state that does not allow it', async () => {
    const both = scene();
    const { simulation, alice } = both;
    const call = alice.call('bob');
    expect(() => call.answer()).toThrowError(/answer is not possible while preparing/u);
    expect(() => call.hold()).toThrowError(StrowgerError);
    await expect(call.sendDigits('1')).rejects.toThrowError(/no media yet/u);
    await simulation.run(1000);
    expect(() => both.bob.session.answer()).toThrowError(/established/u);
    expect(() => both.bob.session.reject(200)).toThrowError(/refuses nothing/u);
    void call.hangUp();
    await finish(both);
    await call.hangUp();
    await both.alice.manager.close();
    expect(() => alice.call('bob')).toThrowError(/closed/u);
  });
});
