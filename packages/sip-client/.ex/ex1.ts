import { toneShare } from '@strowger/media-core';
import { SipClient } from '@strowger/sip-client';

const alice = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const bob = new SipClient({ uri: 'sip:bob@127.0.0.1' });

bob.on('incoming', async (call) => {
  call.ring();
  await call.answer();
  call.play({ type: 'tone', frequencyHz: 440 });
});

const call = await alice.call(await bob.contact()); // sip:bob@127.0.0.1:48213
await call.connected;

for await (const { samples, sampleRate } of call.audioIn()) {
  if (toneShare(samples, sampleRate, 440) < 0.9) continue;
  console.log('that is an A');
  break;
}
await call.hangUp();
console.log(await call.ended, await call.stats());
await Promise.all([alice.close(), bob.close()]);
