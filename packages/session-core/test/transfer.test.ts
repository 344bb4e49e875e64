import { NameAddr, uri } from '@strowger/sip-message';
import type { SessionManagerOptions, Transfer } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { allOver, talk, talks, three } from './three-phones.ts';

const lets: Partial<SessionManagerOptions> = {
  onRefer: () => ({ kind: 'call' }),
  onReplaces: () => ({ kind: 'replace' }),
};

async function stepsOf(transfer: Transfer): Promise<string[]> {
  const steps: string[] = [];
  for await (const step of transfer) {
    steps.push(step.type === 'progress' ? `${step.status}` : step.type);
  }
  return steps;
}

describe('TS-12 a blind transfer', () => {
  it('leaves the other party with the target', async () => {
    const all = three({ bob: lets });
    const { simulation, alice, bob } = all;
    const session = await talk(all, alice, 'bob');
    const transfer = session.transfer(uri('sip:carol@carol'));
    expect(session.state).toBe('transferring');
    const steps = stepsOf(transfer);
    await simulation.run(5000);
    expect(await transfer.outcome).toEqual({ kind: 'transferred', bridged: false });
    expect(await steps).toEqual(['accepted', '100', '180', '200']);
    expect((await session.ended).kind).toBe('hungUp');
    expect(talks(all)).toEqual(['bob with carol', 'carol with bob']);
    expect(bob.log).toContain('transferring');
    await allOver(all);
  });

  it('is declined unless the application lets it happen', async () => {
    const all = three();
    const { simulation, alice } = all;
    const session = await talk(all, alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'));
    await simulation.run(1000);
    expect(await outcome).toEqual({ kind: 'refused', status: 603 });
    expect(session.state).toBe('connected');
    await allOver(all);
  });

  it('brings the other party back where the target is busy', async () => {
    const all = three({ bob: lets });
    const { simulation, alice, bob, carol } = all;
    carol.onIncoming = (call) => call.reject(486);
    const session = await talk(all, alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'));
    await simulation.run(5000);
    expect(await outcome).toEqual({ kind: 'failed', status: 486 });
    expect(talks(all)).toEqual(['alice with bob', 'bob with alice']);
    expect(bob.manager.sessions()).toHaveLength(1);
    await allOver(all);
  });

  it('tells who asked for it (RFC 3892), and whom to call', async () => {
    const told: unknown[] = [];
    const all = three({ bob: lets });
    const { simulation, alice, bob, carol } = all;
    bob.manager.on('referred', ({ target, attended, referredBy }) =>
      told.push({ target, attended, referredBy }),
    );
    carol.onIncoming = ({ request }) => {
      told.push(request?.headers.get('referred-by')?.uri.toString());
    };
    const session = await talk(all, alice, 'bob');
    session.transfer(uri('sip:carol@carol'));
    await simulation.run(1000);
    expect(told).toEqual([
      { target: 'sip:carol@carol', attended: false, referredBy: 'sip:alice@alice' },
      'sip:alice@alice',
    ]);
    await allOver(all);
  });

  it('keeps the new session in the call of the old one', async () => {
    const all = three({ bob: lets });
    const { simulation, alice, bob, carol } = all;
    carol.onIncoming = (call) => call.ring();
    const session = await talk(all, alice, 'bob');
    bob.manager.linkSessionToCall(bob.session.id, 'call-1');
    session.transfer(uri('sip:carol@carol'));
    await simulation.run(100);
    expect(bob.manager.getSessionsForCall('call-1')).toHaveLength(2);
    void carol.session.answer();
    await simulation.run(5000);
    expect(bob.manager.getSessionsForCall('call-1')).toHaveLength(1);
    await allOver(all);
  });

  it('happens once at a time', async () => {
    const all = three({ bob: lets });
    const session = await talk(all, all.alice, 'bob');
    session.transfer(uri('sip:carol@carol'));
    expect(() => session.transfer(uri('sip:carol@carol'))).toThrow(
      expect.objectContaining({ code: 'SESSION_STATE' }),
    );
    await allOver(all);
  });

  it('goes on while the session is put on hold', async () => {
    const all = three({ bob: lets });
    const { simulation, alice, carol } = all;
    carol.onIncoming = (call) => call.ring();
    const session = await talk(all, alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'));
    await simulation.run(100);
    const held = session.hold();
    await simulation.run(1000);
    await held;
    expect(session.state).toBe('transferring');
    carol.session.reject(480);
    await simulation.run(1000);
    expect(await outcome).toEqual({ kind: 'failed', status: 480 });
    expect(session.state).toBe('onHold');
    await allOver(all);
  });

  it('may be done by the application itself, which reports', async () => {
    const asked: string[] = [];
    const all = three({
      bob: {
        onRefer: (_, { referTo }) => ({
          kind: 'take',
          start(progress) {
            asked.push(referTo.uri.toString());
            progress.report(200);
          },
        }),
      },
    });
    const session = await talk(all, all.alice, 'bob');
    const { outcome } = session.transfer(new NameAddr({ uri: uri('sip:9000@lobby') }));
    await all.simulation.run(1000);
    expect(asked).toEqual(['sip:9000@lobby']);
    expect(await outcome).toEqual({ kind: 'transferred', bridged: false });
    await allOver(all);
  });

  it('is over where the application takes it, and throws', async () => {
    const broken = new Error('a bug of the application');
    const starts = [() => fail(broken), () => Promise.reject(broken)];
    const all = three({
      bob: { onRefer: () => ({ kind: 'take', start: starts.shift() ?? (() => {}) }) },
    });
    const session = await talk(all, all.alice, 'bob');
    for (let times = 0; times < 2; times++) {
      const { outcome } = session.transfer(uri('sip:carol@carol'));
      await all.simulation.run(1000);
      expect(await outcome).toEqual({ kind: 'failed', status: 500 });
      expect(session.state).toBe('connected');
    }
    await allOver(all);
  });

  it('gets 500 for a decision that is no refusal', async () => {
    const all = three({ bob: { onRefer: () => ({ kind: 'refuse', status: 42 }) } });
    const session = await talk(all, all.alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'));
    await all.simulation.run(1000);
    expect(await outcome).toEqual({ kind: 'refused', status: 500 });
    expect(session.state).toBe('connected');
    await allOver(all);
  });

  it('gets 500 where the application throws, and 405 for anything but a call', async () => {
    const all = three({
      bob: {
        onRefer() {
          throw new Error('a bug of the application');
        },
      },
    });
    const session = await talk(all, all.alice, 'bob');
    const first = session.transfer(uri('sip:carol@carol'));
    await all.simulation.run(1000);
    expect(await first.outcome).toEqual({ kind: 'refused', status: 500 });
    const second = session.transfer(uri('sip:carol@carol;method=BYE'));
    await all.simulation.run(1000);
    expect(await second.outcome).toEqual({ kind: 'refused', status: 405 });
    await allOver(all);
  });
});

describe('TS-12 an attended transfer', () => {
  it('puts the other party in our place', async () => {
    const all = three({ bob: lets, carol: lets });
    const { simulation, alice, carol } = all;
    const session = await talk(all, alice, 'bob');
    const held = session.hold();
    await simulation.run(500);
    await held;
    const consultation = await talk(all, alice, 'carol');
    const { outcome } = session.transfer(consultation);
    await simulation.run(5000);
    expect(await outcome).toEqual({ kind: 'transferred', bridged: false });
    expect(talks(all)).toEqual(['bob with carol', 'carol with bob']);
    expect(alice.manager.sessions()).toEqual([]);
    expect(carol.manager.sessions()).toHaveLength(1);
    await allOver(all);
  });

  it('is refused where the target lets nobody replace its call', async () => {
    const all = three({ bob: lets });
    const { simulation, alice } = all;
    const session = await talk(all, alice, 'bob');
    const consultation = await talk(all, alice, 'carol');
    const { outcome } = session.transfer(consultation);
    await simulation.run(5000);
    expect(await outcome).toEqual({ kind: 'failed', status: 403 });
    expect([session.state, consultation.state]).toEqual(['connected', 'connected']);
    await allOver(all);
  });

  it('gets 500 for a decision on a call to replace that is no refusal', async () => {
    const all = three({
      bob: lets,
      carol: { onReplaces: () => ({ kind: 'refuse', status: 42 }) },
    });
    const session = await talk(all, all.alice, 'bob');
    const consultation = await talk(all, all.alice, 'carol');
    const { outcome } = session.transfer(consultation);
    await all.simulation.run(5000);
    expect(await outcome).toEqual({ kind: 'failed', status: 500 });
    expect(consultation.state).toBe('connected');
    await allOver(all);
  });

  it('needs a target that has answered', async () => {
    const all = three();
    const { simulation, alice, carol } = all;
    carol.onIncoming = (call) => call.ring();
    const session = await talk(all, alice, 'bob');
    const ringing = alice.call('carol');
    await simulation.run(500);
    expect(() => session.transfer(ringing)).toThrow(
      expect.objectContaining({ code: 'SESSION_STATE' }),
    );
    expect(session.state).toBe('connected');
    await allOver(all);
  });

  it('leaves a call that the application takes to the application', async () => {
    const all = three({ bob: lets, carol: { onReplaces: () => ({ kind: 'take' }) } });
    const { simulation, alice, carol } = all;
    const session = await talk(all, alice, 'bob');
    const consultation = await talk(all, alice, 'carol');
    session.transfer(consultation);
    await simulation.run(500);
    const [old, fresh] = carol.manager.sessions();
    expect(fresh?.isUnanswered).toBe(true);
    void fresh?.answer();
    void old?.hangUp();
    await simulation.run(5000);
    expect(talks(all)).toEqual(['bob with carol', 'carol with bob']);
    await allOver(all);
  });
});

describe('TS-12 a transfer through us', () => {
  it('calls the target where the other party refuses to be referred', async () => {
    const all = three();
    const { simulation, alice } = all;
    const session = await talk(all, alice, 'bob');
    const transfer = session.transfer(uri('sip:carol@carol'), { bridge: 'whenRefused' });
    const steps = stepsOf(transfer);
    await simulation.run(5000);
    expect(await transfer.outcome).toEqual({ kind: 'transferred', bridged: true });
    expect(await steps).toEqual(['bridging', '180']);
    expect(talks(all)).toEqual([
      'alice with bob',
      'alice with carol',
      'bob with alice',
      'carol with alice',
    ]);
    await all.bob.session.sendDigits('7');
    expect(all.carol.log).toContain('digit 7 rtp');
    await allOver(all);
  });

  it('joins the two calls of an attended transfer, and passes on who holds and who ends', async () => {
    const all = three();
    const { simulation, alice, bob, carol } = all;
    const session = await talk(all, alice, 'bob');
    const consultation = await talk(all, alice, 'carol');
    const { outcome } = session.transfer(consultation, { bridge: 'always' });
    await simulation.run(1000);
    expect(await outcome).toEqual({ kind: 'transferred', bridged: true });
    const held = bob.session.hold();
    await simulation.run(1000);
    await held;
    expect([bob.session.state, carol.session.state]).toEqual(['onHold', 'onHold']);
    void carol.session.hangUp();
    await simulation.run(1000);
    expect(bob.manager.sessions()).toEqual([]);
    expect(alice.manager.counts().endpoints).toBe(0);
    await allOver(all);
  });

  it('leaves everything as it was where the target is busy', async () => {
    const all = three();
    const { simulation, alice, carol } = all;
    carol.onIncoming = (call) => call.reject(486);
    const session = await talk(all, alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'), { bridge: 'always' });
    await simulation.run(1000);
    expect(await outcome).toEqual({ kind: 'failed', status: 486 });
    expect(session.state).toBe('connected');
    expect(alice.manager.counts().endpoints).toBe(1);
    await allOver(all);
  });

  it('lets the call to the target go where the other party hangs up meanwhile', async () => {
    const all = three();
    const { simulation, alice, bob, carol } = all;
    carol.onIncoming = (call) => call.ring();
    const session = await talk(all, alice, 'bob');
    const { outcome } = session.transfer(uri('sip:carol@carol'), { bridge: 'always' });
    await simulation.run(500);
    void bob.session.hangUp();
    await simulation.run(1000);
    expect(await outcome).toMatchObject({ kind: 'failed' });
    expect(carol.end).toBe('ended cancelled by remote 487/16');
    await allOver(all);
  });

  it('goes back to where media was when the other party does not agree', async () => {
    const all = three();
    const { simulation, alice, carol } = all;
    const session = await talk(all, alice, 'bob');
    all.bob.media.failNext('acceptOffer');
    const { outcome } = session.transfer(uri('sip:carol@carol'), { bridge: 'always' });
    await simulation.run(2000);
    expect(await outcome).toEqual({ kind: 'failed', status: 488 });
    expect(session.state).toBe('connected');
    await session.sendDigits('5');
    expect(all.bob.log).toContain('digit 5 rtp');
    expect(carol.manager.sessions()).toEqual([]);
    await allOver(all);
  });
});

function fail(error: Error): never {
  throw error;
}
