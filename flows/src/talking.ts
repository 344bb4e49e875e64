import type { Call } from './call.ts';
import type { Phone } from './phone.ts';
import type { Stage } from './stage.ts';

/** Alice and bob in a call. */
export interface Talk {
  readonly alice: Phone;
  readonly bob: Phone;
  /** Alice's call to bob. */
  readonly call: Call;
}

/** Alice has called bob, and they talk: how most figures begin. */
export async function talking(on: Stage): Promise<Talk> {
  const { alice, bob } = on.phones('alice', 'bob');
  const call = alice.call('bob');
  await on.pause();
  bob.last.ring();
  await on.pause();
  bob.last.answer();
  await on.pause();
  on.shows(`
    alice -> bob    INVITE [sendrecv]
    bob   -> alice  180 INVITE
    bob   -> alice  200 INVITE [sendrecv]
    alice -> bob    ACK
  `);
  return { alice, bob, call };
}
