import { createTestNetwork } from '@strowger/testkit';
import { expect, it } from 'vitest';

it('tells a call as a story', async () => {
  const net = createTestNetwork({ seed: 3 });
  const alice = net.phone('alice');
  const bob = net.phone('bob');
  const end = await net.play(async () => {
    const call = alice.call(bob);
    await call.answered;
    await net.wait(5000);
    expect(await call.send('INFO')).toBe(200);
    expect(await call.hold()).toBe(200);
    bob.calls[0]?.hangUp();
    return call.ended;
  });
  expect(end).toEqual({ kind: 'hungUp', by: 'remote' });
  expect(bob.calls[0]?.heard).toEqual(['INFO', 'INVITE']);
  await net.finish();
  expect(net.ladder()).toMatchInlineSnapshot(`
    "     0 alice --> bob  INVITE
        10 bob --> alice  180
      1010 bob --> alice  200
      1020 alice --> bob  ACK
      6020 alice --> bob  INFO
      6030 bob --> alice  200
      6040 alice --> bob  INVITE
      6050 bob --> alice  200
      6060 alice --> bob  ACK
      6060 bob --> alice  BYE
      6070 alice --> bob  200"
  `);
});

it('knows who refuses and who gives up', async () => {
  const net = createTestNetwork();
  const alice = net.phone('alice');
  net.phone('busy', { onCall: (call) => call.reject() });
  net.phone('away', { onCall: (call) => call.ring() });
  await net.play(async () => {
    const busy = alice.call('sip:busy@busy');
    await expect(busy.answered).rejects.toMatchObject({ code: 'CALL_ENDED' });
    expect(await busy.ended).toEqual({ kind: 'rejected', status: 486 });
    const away = alice.call('sip:away@away');
    await net.wait(2000);
    expect(away.progress).toEqual([180]);
    away.hangUp();
    expect(await away.ended).toEqual({ kind: 'rejected', status: 487 });
  });
  await net.finish();
});

it('lets happen what takes no time', async () => {
  const net = createTestNetwork();
  const told = await net.play(async () => {
    await net.wait(0);
    await net.wait(0);
    return net.clock.now();
  });
  expect(told).toBe(0);
  await net.finish();
});

it('says what a story waits for in vain, with the ladder', async () => {
  const net = createTestNetwork();
  net.phone('mute', { onCall: () => {} });
  const alice = net.phone('alice');
  const waiting = net.play(() => alice.call('sip:mute@mute').ended, { limitMs: 5000 });
  await expect(waiting).rejects.toThrow(/does not happen[\s\S]*alice --> mute {2}INVITE/);
});
