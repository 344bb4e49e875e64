import { describe, expect } from 'vitest';
import { flow } from '../src/flow.ts';
import type { Stage } from '../src/stage.ts';
import { BOB, trapezoid } from '../src/trapezoid.ts';

/** Alice calls bob through both proxies; his phone rings unless it is silent. */
async function calling(on: Stage) {
  const three = trapezoid(on);
  const call = three.alice.call(BOB, { route: three.route });
  await on.pause(225);
  on.shows(`
    alice  -> proxy1 INVITE [sendrecv]
    proxy1 -> proxy2 INVITE [sendrecv]
    proxy2 -> bob    INVITE [sendrecv]
    proxy1 -> alice  100 INVITE
    proxy2 -> proxy1 100 INVITE
  `);
  return { ...three, call };
}

describe('RFC 3665 §3: sessions that do not come about', () => {
  flow('RFC 3665 §3.8', 'Unsuccessful No Answer', async (on) => {
    const { bob, call } = await calling(on);
    bob.last.ring();
    await on.pause();
    call.cancel();
    await on.pause();
    on.shows(`
      bob    -> proxy2 180 INVITE
      proxy2 -> proxy1 180 INVITE
      proxy1 -> alice  180 INVITE
      alice  -> proxy1 CANCEL
      proxy1 -> alice  200 CANCEL
      proxy1 -> proxy2 CANCEL
      proxy2 -> proxy1 200 CANCEL
      proxy2 -> bob    CANCEL
      bob    -> proxy2 200 CANCEL
      bob    -> proxy2 487 INVITE
      proxy2 -> bob    ACK
      proxy2 -> proxy1 487 INVITE
      proxy1 -> proxy2 ACK
      proxy1 -> alice  487 INVITE
      alice  -> proxy1 ACK
    `);
    expect([call.end, bob.last.end]).toEqual(['rejected 487', 'ended cancelled']);
  });

  flow('RFC 3665 §3.9', 'Unsuccessful Busy', async (on) => {
    const { bob, call } = await calling(on);
    bob.last.reject(486);
    await on.pause();
    on.shows(`
      bob    -> proxy2 486 INVITE
      proxy2 -> bob    ACK
      proxy2 -> proxy1 486 INVITE
      proxy1 -> proxy2 ACK
      proxy1 -> alice  486 INVITE
      alice  -> proxy1 ACK
    `);
    expect(call.end).toBe('rejected 486');
  });

  flow('RFC 3665 §3.10', 'Unsuccessful No Response from User Agent', async (on) => {
    const three = trapezoid(on);
    on.simulation.network.partition('bob');
    const call = three.alice.call(BOB, { route: three.route });
    await on.pause(33_000);
    // the RFC's proxy says 480; RFC 3261 §16.7 has it act as if 408 had come
    on.shows(`
      alice  -> proxy1 INVITE [sendrecv]
      proxy1 -> proxy2 INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy1 -> alice  100 INVITE
      proxy2 -> proxy1 100 INVITE
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> proxy1 408 INVITE
      proxy1 -> proxy2 ACK
      proxy1 -> alice  408 INVITE
      alice  -> proxy1 ACK
    `);
    expect([call.end, three.bob.calls]).toEqual(['rejected 408', []]);
  });

  flow('RFC 3665 §3.11', 'Unsuccessful Temporarily Unavailable', async (on) => {
    const { bob, call } = await calling(on);
    bob.last.reject(480, [
      ['Retry-After', '300'],
      ['Warning', '399 bob "In a meeting"'],
    ]);
    await on.pause();
    on.shows(`
      bob    -> proxy2 480 INVITE
      proxy2 -> bob    ACK
      proxy2 -> proxy1 480 INVITE
      proxy1 -> proxy2 ACK
      proxy1 -> alice  480 INVITE
      alice  -> proxy1 ACK
    `);
    const { headers } = on.response('proxy1 -> alice 480 INVITE');
    expect([headers.get('retry-after')?.seconds, headers.raw('warning')]).toEqual([
      300,
      ['399 bob "In a meeting"'],
    ]);
    expect(call.end).toBe('rejected 480');
  });
});
