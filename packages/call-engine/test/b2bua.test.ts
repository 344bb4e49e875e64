import { StrowgerError } from '@strowger/runtime';
import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { echo } from '../src/service.ts';
import { setStage } from './stage.ts';

it('shows the caller that it knows the password, too', async () => {
  const { simulation, registered, strike } = setStage({}, { services: { '*43': echo() } });
  const alice = await registered('alice');
  await registered('bob');
  const calls = ['bob', '*43'].map((number) => alice.call(number));
  await simulation.run(5000);
  for (const { final } of calls) {
    const [said] = final?.headers.raw('Proxy-Authentication-Info') ?? [];
    expect([final?.status, String(said)]).toEqual([
      200,
      expect.stringMatching(/rspauth="[0-9a-f]{32}"/),
    ]);
  }
  await strike();
});

describe('a call to a user', () => {
  it('TS-09 rings, is answered, and is hung up by the caller', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const start = stage.simulation.clock.now();
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect([call.outcome, call.progress]).toEqual([200, ['180']]);
    expect(stage.engine.counts()).toMatchObject({
      calls: 1,
      sessions: 2,
      dialogs: 2,
      endpoints: 2,
    });
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(bob.log).toEqual(['BYE Q.850;cause=16', 'ended bye']);
    expect(stage.records).toMatchObject([
      {
        caller: 'sip:alice@pbx',
        callerName: 'ALICE',
        callee: 'sip:bob@pbx',
        dialled: 'bob',
        outcome: 'answered',
        status: 200,
        cause: 16,
        endedBy: 'caller',
        legs: [
          { role: 'caller', callId: call.invite.callId, media: { codec: 'pcmu' } },
          { role: 'callee', remote: expect.stringContaining('sip:bob@'), media: { codec: 'pcmu' } },
        ],
      },
    ]);
    expect(stage.records[0]?.billableMs).toBeGreaterThan(3800);
    expect(start).toBeGreaterThan(0);
    await stage.strike();
  });

  it('shows the callee who calls, under our own domain', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    alice.call('bob', {
      from: new NameAddr({ displayName: 'A. Liddell', uri: uri('sip:alice@10.0.0.1') }),
    });
    await stage.simulation.run(500);
    const [invite] = bob.invites;
    expect(invite?.request.from.withTag(undefined).toString()).toBe('"A. Liddell" <sip:alice@pbx>');
    expect(invite?.request.to.uri.toString()).toBe('sip:bob@pbx');
    expect(invite?.request.headers.get('max-forwards')).toBe(30);
    await stage.strike();
  });

  it('is hung up by the callee, with the cause that it gives', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    alice.call('bob');
    await stage.simulation.run(5000);
    bob.dialogs[0]?.bye({ headers: [['Reason', 'Q.850;cause=31;text="enough"']] });
    await stage.simulation.run(1000);
    expect(alice.log).toEqual(['BYE Q.850;cause=31', 'ended bye']);
    expect(stage.records).toMatchObject([{ outcome: 'answered', endedBy: 'callee', cause: 31 }]);
    await stage.strike();
  });

  it('has its ladder', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    const before = stage.simulation.ladder().length;
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(stage.simulation.ladder().slice(before)).toMatchInlineSnapshot(`
      "
       20000 alice --> pbx  INVITE
       20010 pbx --> alice  407
       20020 alice --> pbx  ACK
       20020 alice --> pbx  INVITE
       20030 pbx --> bob  INVITE
       20040 bob --> pbx  180
       20050 pbx --> alice  180
       21040 bob --> pbx  200
       21050 pbx --> bob  ACK
       21050 pbx --> alice  200
       21060 alice --> pbx  ACK
       25000 alice --> pbx  BYE
       25010 pbx --> alice  200
       25010 pbx --> bob  BYE
       25020 bob --> pbx  200"
    `);
    await stage.strike();
  });

  it('is cancelled at every contact when the caller gives up', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob', { host: 'desk' });
    const mobile = await stage.registered('bob', { host: 'mobile' });
    for (const phone of [bob, mobile]) phone.onInvite = (invite) => invite.ring();
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    call.invite.cancel();
    await stage.simulation.run(1000);
    expect([call.outcome, bob.log.length, mobile.log.length]).toEqual([487, 1, 1]);
    expect(stage.records).toMatchObject([
      { outcome: 'cancelled', status: 487, cause: 16, endedBy: 'caller', billableMs: 0 },
    ]);
    await stage.strike();
  });

  it('TS-13 is for the first contact that answers; the others are told that it was taken', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const desk = await stage.registered('bob', { host: 'desk' });
    const mobile = await stage.registered('bob', { host: 'mobile' });
    mobile.onInvite = (invite) => invite.ring();
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect(call.outcome).toBe(200);
    expect(desk.dialogs).toHaveLength(1);
    expect(mobile.log).toEqual(['CANCEL SIP;cause=200;text="Call completed elsewhere"']);
    await stage.strike();
  });

  it('hangs up on the contact that answers at the same moment but second', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const desk = await stage.registered('bob', { host: 'desk' });
    const mobile = await stage.registered('bob', { host: 'mobile' });
    for (const phone of [desk, mobile]) {
      phone.onInvite = (invite) => phone.after(1000, () => phone.answer(invite));
    }
    const call = alice.call('bob');
    await stage.simulation.run(5000);
    expect(call.outcome).toBe(200);
    expect(stage.engine.counts()).toMatchObject({ calls: 1, sessions: 2, dialogs: 2 });
    call.dialog?.bye();
    await stage.simulation.run(1000);
    expect(stage.records).toHaveLength(1);
    await stage.strike();
  });

  it.each([
    [486, 'busy', 17],
    [603, 'rejected', 21],
    [404, 'rejected', 1],
    [500, 'failed', 41],
  ])('that the callee refuses with %i is refused so', async (status, outcome, cause) => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    (await stage.registered('bob')).onInvite = (invite) => invite.reject(status);
    const call = alice.call('bob');
    await stage.simulation.run(2000);
    expect(call.outcome).toBe(status);
    expect(stage.records).toMatchObject([{ outcome, status, cause, endedBy: 'callee' }]);
    await stage.strike();
  });

  it('that nobody answers ends after the ringing time', async () => {
    const stage = setStage({}, { ringTimeoutMs: 5000 });
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    bob.onInvite = (invite) => invite.ring();
    const call = alice.call('bob');
    await stage.simulation.run(4900);
    expect(call.outcome).toBeUndefined();
    await stage.simulation.run(500);
    expect([call.outcome, bob.log.length]).toEqual([480, 1]);
    expect(stage.records).toMatchObject([{ outcome: 'noAnswer', status: 480, cause: 19 }]);
    await stage.strike();
  });

  it('lets the caller hear early media, and one leg goes on to talk', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    bob.onInvite = (invite) => {
      bob.ringWithMedia(invite);
      bob.after(1000, () => bob.answer(invite));
    };
    const call = alice.call('bob');
    await stage.simulation.run(500);
    expect(call.progress).toEqual(['183+']);
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    await stage.strike();
  });

  it('passes hold and resume through, from either side', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    if (call.dialog === undefined || bob.dialogs[0] === undefined) throw new Error('no dialog');
    const held = alice.hold(call.dialog);
    await stage.simulation.run(1000);
    expect([await held, bob.reinvites]).toEqual(['recvonly', ['sendonly']]);
    const resumed = alice.hold(call.dialog, 'sendrecv');
    await stage.simulation.run(1000);
    expect([await resumed, bob.reinvites]).toEqual(['sendrecv', ['sendonly', 'sendrecv']]);
    const other = bob.hold(bob.dialogs[0]);
    await stage.simulation.run(1000);
    expect([await other, alice.reinvites]).toEqual(['recvonly', ['sendonly']]);
    await stage.strike();
  });

  it('survives both sides changing it at the same moment', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    if (call.dialog === undefined || bob.dialogs[0] === undefined) throw new Error('no dialog');
    const both = [alice.hold(call.dialog), bob.hold(bob.dialogs[0], 'inactive')];
    await stage.simulation.run(30_000);
    expect((await Promise.all(both)).every((outcome) => outcome !== 'timeout')).toBe(true);
    call.dialog.bye();
    await stage.simulation.run(1000);
    expect(stage.records).toMatchObject([{ outcome: 'answered' }]);
    await stage.strike();
  });

  it('passes INFO on, digits and whatever else, with its answer', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    if (call.dialog === undefined) throw new Error('no dialog');
    const status = alice.info(call.dialog, 'application/dtmf-relay', 'Signal=5');
    await stage.simulation.run(1000);
    expect([await status, bob.log]).toEqual([200, ['INFO Signal=5']]);
    await stage.strike();
  });

  it('turns digits into what the other side takes: events, else INFO, and never both', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    if (call.dialog === undefined) throw new Error('no dialog');
    const [a, b] = stage.media.endpoints;
    if (a === undefined || b === undefined) throw new Error('no relay');
    // media has heard a digit of alice's that bob's takes as no event
    a.tell({ type: 'digit', digit: '4', durationMs: 120, source: 'rtp', passed: false });
    a.tell({ type: 'digit', digit: '9', durationMs: 120, source: 'rtp', passed: true });
    await stage.simulation.run(1000);
    expect(bob.log).toEqual(['INFO Signal=4\r\nDuration=120\r\n']);
    // bob's takes events: an INFO becomes one and goes no further
    const sent: string[] = [];
    b.takesEvents = true;
    const { sendDigits } = b;
    b.sendDigits = async (digits, options) => {
      sent.push(`${digits} ${options?.via} ${options?.durationMs}`);
      return sendDigits.call(b, digits, options);
    };
    const relayed = alice.info(call.dialog, 'application/dtmf-relay', 'Signal=5\r\nDuration=250');
    await stage.simulation.run(1000);
    const alone = alice.info(call.dialog, 'application/dtmf', '#');
    await stage.simulation.run(1000);
    const other = alice.info(call.dialog, 'application/x-other', 'Signal=5');
    await stage.simulation.run(1000);
    expect([await relayed, await alone, await other]).toEqual([200, 200, 200]);
    expect(sent).toEqual(['5 rtp 250', '# rtp 100']);
    expect(bob.log.slice(1)).toEqual(['INFO Signal=5']);
    call.dialog.bye();
    await stage.simulation.run(1000);
    await stage.strike();
  });

  it('answers the INFO of a digit that lasts, and passes it on if that fails', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    const b = stage.media.endpoints[1];
    if (call.dialog === undefined || b === undefined) throw new Error('no call');
    const { clock } = stage.simulation;
    const ends: ((refused?: Error) => void)[] = [];
    b.sendDigits = () =>
      new Promise((resolve, reject) =>
        ends.push((refused) => (refused === undefined ? resolve() : reject(refused))),
      );
    const began = clock.now();
    const info = async (digit: string): Promise<number> => {
      if (call.dialog === undefined) throw new Error('no dialog');
      const status = await alice.info(call.dialog, 'application/dtmf', digit);
      return status === 200 ? clock.now() - began : Number.NaN;
    };
    const both = [info('1'), info('2')];
    await stage.simulation.run(1000);
    // the second waits for its turn, and the phone asks for neither again
    expect(await Promise.all(both)).toEqual([expect.closeTo(320, -2), expect.closeTo(320, -2)]);
    expect([ends.length, bob.log]).toEqual([1, []]);
    ends[0]?.();
    await stage.simulation.run(1000);
    ends[1]?.(new Error('it takes none any more'));
    await stage.simulation.run(1000);
    expect(bob.log).toEqual(['INFO 2']);
    call.dialog.bye();
    await stage.simulation.run(1000);
    await stage.strike();
  });

  it('ends on both sides when its media dies', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    alice.call('bob');
    await stage.simulation.run(3000);
    stage.media.endpoints[0]?.tell({ type: 'failed', code: 'SOCKET_LOST', message: 'gone' });
    await stage.simulation.run(1000);
    expect([alice.log.length, bob.log.length]).toEqual([2, 2]);
    expect(stage.records).toMatchObject([
      { outcome: 'answered', cause: 41, endedBy: 'engine', reason: 'mediaFailed' },
    ]);
    await stage.strike();
  });

  it('ends when neither side is heard any more, but not while one is', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    alice.call('bob');
    await stage.simulation.run(3000);
    const silence = { type: 'timeout', silentMs: 30_000 } as const;
    stage.media.endpoints[0]?.tell(silence);
    await stage.simulation.run(1000);
    expect(stage.records).toEqual([]);
    stage.media.endpoints[1]?.tell(silence);
    await stage.simulation.run(1000);
    expect([alice.log.length, bob.log.length]).toEqual([2, 2]);
    expect(stage.records).toMatchObject([
      { outcome: 'answered', endedBy: 'engine', reason: 'mediaTimeout' },
    ]);
    await stage.strike();
  });

  it('whose offer cannot be relayed gets 488', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    const call = alice.call('bob', { body: 'v=0\r\nthis is nothing\r\n' });
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(488);
    expect(stage.records).toMatchObject([{ outcome: 'rejected', status: 488 }]);
    await stage.strike();
  });

  it('M07: gets 503 where no media ports are left', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    stage.media.failNext('createOffer', new StrowgerError('MEDIA_PORTS_EXHAUSTED', 'all in use'));
    const call = alice.call('bob');
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(503);
    expect(stage.records).toMatchObject([{ outcome: 'failed', status: 503 }]);
    await stage.strike();
  });

  it('without an offer is offered one', async () => {
    const stage = setStage();
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    const call = alice.call('bob', { body: null });
    await stage.simulation.run(3000);
    expect(call.outcome).toBe(200);
    expect(stage.engine.calls()[0]?.state).toBe('connected');
    await stage.strike();
  });
});
