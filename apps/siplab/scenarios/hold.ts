import { scenario } from '@strowger/siplab';

/** A call that is put on hold and taken back. */
export default scenario('hold', {
  async caller(call) {
    call.invite();
    await call.answered();
    await call.pause(1000);
    const held = await call.reinvite('sendonly');
    call.check(held.text().includes('a=recvonly'), 'the other side takes what it is told');
    await call.pause(2000);
    await call.reinvite('sendrecv');
    await call.pause(1000);
    await call.bye();
  },
  async callee(call) {
    await call.expect('INVITE');
    call.respond(180);
    await call.pause(500);
    await call.accept();
    for (const direction of ['recvonly', 'sendrecv'] as const) {
      await call.expect('INVITE', { timeoutMs: 60_000 });
      await call.accept({ direction });
    }
    await call.ended({ timeoutMs: 60_000 });
  },
});
