import { simulate, scenario, StepFailed } from '@strowger/siplab';
import { describe, expect, it } from 'vitest';
import hold from '../scenarios/hold.ts';
import { both, inWords } from './both-sides.ts';

describe('a scenario in the simulator', () => {
  it('is played from both sides in virtual time', async () => {
    const report = await simulate(both(hold));
    expect(report.failures.map(inWords)).toEqual([]);
    expect(report.caller).toMatchObject({ calls: 1, successful: 1, failed: 0 });
    expect(report.ladder()).toMatchInlineSnapshot(`
      "     0 caller --> callee  INVITE
          10 callee --> caller  180
         510 callee --> caller  200
         520 caller --> callee  ACK
        1520 caller --> callee  INVITE
        1530 callee --> caller  200
        1540 caller --> callee  ACK
        3540 caller --> callee  INVITE
        3550 callee --> caller  200
        3560 caller --> callee  ACK
        4560 caller --> callee  BYE
        4570 callee --> caller  200"
    `);
  });

  it('repeats itself where datagrams are lost, the same way for the same seed', async () => {
    const lossy = { ...both(hold), loss: 0.2, duplicate: 0.1, plan: { total: 50, rate: 10 } };
    const [one, other, third] = [
      await simulate({ ...lossy, seed: 7 }),
      await simulate({ ...lossy, seed: 7 }),
      await simulate({ ...lossy, seed: 8 }),
    ];
    expect(one.failures.map(inWords)).toEqual([]);
    expect(one.caller).toMatchObject({ calls: 50, successful: 50 });
    expect(one.caller.retransmissions.sent).toBeGreaterThan(0);
    expect(one.traceHash).toBe(other.traceHash);
    expect(one.traceHash).not.toBe(third.traceHash);
  });
});

describe('a caller who is challenged', () => {
  const challenge = 'Digest realm="r", nonce="n", qop="auth"';
  const guarded = scenario('guarded', {
    async caller(call) {
      call.invite();
      await call.answered();
      await call.bye();
    },
    async callee(call) {
      await call.expect('INVITE');
      call.respond(407, { headers: { 'Proxy-Authenticate': challenge } });
      await call.expect('ACK');
      const proven = await call.expect('INVITE');
      call.check(proven.toTag === undefined, 'the second INVITE begins anew');
      const [proof = ''] = proven.headers.raw('proxy-authorization');
      call.check(/username="alice".*qop=auth/.test(proof), 'who calls is proven');
      await call.accept();
      await call.ended();
    },
  });

  it('proves who it is, and begins anew', async () => {
    const login = { username: 'alice', password: 'secret' };
    const report = await simulate({ ...both(guarded), settings: { login } });
    expect(report.failures.map(inWords)).toEqual([]);
  });

  it('fails where it has no password', async () => {
    const { caller } = await simulate(both(guarded));
    expect(caller.failures).toEqual({
      'unexpected: 407 Proxy Authentication Required came, waited for 2xx': 1,
    });
  });
});

describe('a call that does not go as its scenario says', () => {
  const busy = scenario('busy', {
    async caller(call) {
      call.invite();
      await call.answered();
    },
    async callee(call) {
      await call.expect('INVITE');
      call.respond(486);
      await call.expect('ACK');
    },
  });

  it('says what came instead, with its ladder', async () => {
    const { failures, caller, callee } = await simulate(both(busy));
    expect(caller.failures).toEqual({ 'unexpected: 486 Busy Here came, waited for 2xx': 1 });
    expect(callee).toMatchObject({ successful: 1 });
    expect(failures[0]?.rungs.map(({ label }) => label)).toEqual([
      'INVITE (SDP)',
      '486 Busy Here',
      'ACK',
    ]);
  });

  it('is ended at the other side: with CANCEL while it rings, with BYE once it is answered', async () => {
    const impatient = scenario('impatient', {
      async caller(call) {
        call.invite();
        await call.expect(200, { after: '1xx', timeoutMs: 1000 });
      },
      async callee(call) {
        await call.expect('INVITE');
        call.respond(180);
        await call.expect('CANCEL');
        call.respond(200);
        call.respond(487, { to: call.invited });
        await call.expect('ACK');
      },
    });
    const { caller, callee } = await simulate(both(impatient));
    expect(caller.failures).toEqual({ 'timeout: waited for 200': 1 });
    expect(callee).toMatchObject({ successful: 1 });

    const forgetful = scenario('forgetful', {
      async caller(call) {
        call.invite();
        await call.answered();
        throw new StepFailed('mismatch', 'something is missing');
      },
      async callee(call) {
        await call.expect('INVITE');
        await call.accept();
        await call.ended();
      },
    });
    const second = await simulate(both(forgetful));
    expect(second.caller.failures).toEqual({ 'mismatch: something is missing': 1 });
    expect(second.callee).toMatchObject({ successful: 1 });
  });

  it('fails with what the scenario threw', async () => {
    const broken = scenario('broken', {
      caller: () => Promise.reject(new TypeError('no such thing')),
      callee: (call) => call.ended(),
    });
    expect((await simulate(both(broken))).caller.failures).toEqual({ 'script: no such thing': 1 });
  });
});
