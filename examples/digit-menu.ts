// A menu: the caller presses digits (RFC 4733), the program does what they mean.
import { SipClient } from '@strowger/sip-client';

const office = new SipClient({ uri: 'sip:office@127.0.0.1' });
office.on('incoming', async (call) => {
  await call.answer();
  let account = '';
  for await (const digit of call.digits()) {
    if (digit === '#') break;
    account += digit;
  }
  console.log(`account ${account}`); // prints: account 4711
  await call.hangUp();
});

const caller = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await caller.call(await office.contact());
await call.connected;
await call.sendDigits('4711#').catch(() => {}); // they may hang up while the # still sounds
const reason = await call.ended;
console.log(reason.kind, 'by' in reason ? reason.by : ''); // prints: hungUp remote
await Promise.all([caller.close(), office.close()]);
