import { scenario } from '@strowger/siplab';

/** A call: rings, is answered, lasts as long as `--pause` says, is hung up by the caller. */
export default scenario('call', {
  async caller(call) {
    call.invite();
    await call.answered();
    await call.pause();
    await call.bye();
  },
  async callee(call) {
    await call.expect('INVITE');
    call.respond(180);
    await call.accept();
    await call.ended({ timeoutMs: 3_600_000 });
  },
});
