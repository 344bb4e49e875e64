// Whether a call is answered, and how it ended, is a value: busy, declined and given up are no exceptions.
import { SipClient } from '@strowger/sip-client';

const bob = new SipClient({ uri: 'sip:bob@127.0.0.1' });
const answers = [486, 603];
bob.on('incoming', (call) => {
  const status = answers.shift();
  if (status === undefined)
    call.ring(); // and nobody comes to the phone
  else call.reject(status);
});

const alice = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const contact = await bob.contact();
for (const _ of [1, 2]) {
  const call = await alice.call(contact);
  const outcome = await call.answered();
  if (outcome.answered) continue;
  console.log(outcome.why, outcome.status, outcome.cause); // prints: busy 486 17
}
const call = await alice.call(contact, { signal: AbortSignal.timeout(500) }); // sends CANCEL
console.log((await call.ended).kind); // prints: cancelled
await Promise.all([alice.close(), bob.close()]);
