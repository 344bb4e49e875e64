// Texts between two clients: sent, answered in a call, and refused where nobody listens.
import { SipClient } from '@strowger/sip-client';

const alice = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const bob = new SipClient({ uri: 'sip:bob@127.0.0.1' });
const to = await bob.contact();

const early = await alice.message(to, 'Anybody there?');
console.log(early.kind, early.status); // prints: refused 405

bob.on('message', async ({ from, text, call }) => {
  console.log(`${from.uri}: ${text}`); // prints: sip:alice@127.0.0.1: Lunch?
  await call?.message('Yes!');
});
bob.on('incoming', (call) => void call.answer());

const answer = new Promise<string>((resolve) => alice.on('message', ({ text }) => resolve(text)));
const call = await alice.call(to);
await call.connected;
const { kind } = await call.message('Lunch?');
console.log(kind, await answer); // prints: accepted Yes!
await Promise.all([alice.close(), bob.close()]);
