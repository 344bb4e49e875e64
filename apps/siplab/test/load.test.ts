import { scenario, simulate } from '@strowger/siplab';
import { describe, expect, it } from 'vitest';
import call from '../scenarios/call.ts';
import { both, inWords } from './both-sides.ts';

describe('load in virtual time', () => {
  it('ramps from 5 to 50 calls a second, and counts all of them', async () => {
    const report = await simulate({
      ...both(call),
      plan: { rate: 5, rampTo: 50, rampMs: 10_000, durationMs: 12_000 },
      settings: { pauseMs: 3000 },
    });
    expect(report.failures.map(inWords)).toEqual([]);
    // 275 in the ramp, 100 behind it, and the first at once
    expect(report.caller).toMatchObject({ calls: 376, successful: 376, running: 0, strays: 0 });
    expect(report.caller.responseTimes['INVITE']).toMatchObject({ count: 376, max: 20 });
  });

  it('never has more calls at the same time than it may', async () => {
    let running = 0;
    let most = 0;
    const { caller, callee } = both(call);
    const counted: typeof caller = async (...of) => {
      most = Math.max(most, ++running);
      await caller(...of);
      running--;
    };
    const plan = { rate: 100, total: 40, concurrency: 7 };
    const report = await simulate({ caller: counted, callee, plan, settings: { pauseMs: 1000 } });
    expect(report.caller).toMatchObject({ calls: 40, successful: 40 });
    expect(most).toBe(7);
  });

  it('sorts failures by their cause', async () => {
    const moody = scenario('moody', {
      caller: async (one) => {
        one.invite();
        await one.answered();
        await one.bye();
      },
      callee: async (one) => {
        await one.expect('INVITE');
        if (one.number % 3 === 0) {
          one.respond(486);
          await one.expect('ACK');
          return;
        }
        await one.accept();
        await one.ended();
      },
    });
    const { caller } = await simulate({ ...both(moody), plan: { rate: 20, total: 30 } });
    expect(caller).toMatchObject({
      successful: 20,
      failures: { 'unexpected: 486 Busy Here came, waited for 2xx': 10 },
    });
  });
});
