// The fifteen-line phone: it answers, and whoever calls hears himself.
import { SipClient } from '@strowger/sip-client';

const phone = new SipClient({ uri: 'sip:echo@127.0.0.1' });
phone.on('incoming', async (call) => {
  await call.answer();
  call.echo(true);
});

const caller = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await caller.call(await phone.contact());
await call.connected;
call.play({ type: 'tone', frequencyHz: 440 });
for await (const { samples } of call.audioIn()) if (samples.some((one) => one > 1000)) break;
console.log('I hear myself'); // prints: I hear myself
await call.hangUp();
await Promise.all([caller.close(), phone.close()]);
