// Hold and resume: the state moves when the other side has agreed.
import { SipClient } from '@strowger/sip-client';

const bob = new SipClient({ uri: 'sip:bob@127.0.0.1' });
bob.on('incoming', (call) => void call.answer());

const alice = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await alice.call(await bob.contact());
await call.connected;
await call.hold();
console.log(call.state); // prints: onHold
await call.resume();
console.log(call.state); // prints: connected
await call.hangUp();
await Promise.all([alice.close(), bob.close()]);
