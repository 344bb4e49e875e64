// Two calls become one conversation of three: the first is held, the second one joins.
import { toneShare } from '@strowger/media-core';
import { type Call, SipClient } from '@strowger/sip-client';

const phone = (name: string, frequencyHz?: number): SipClient => {
  const client = new SipClient({ uri: `sip:${name}@127.0.0.1` });
  client.on('incoming', async (call) => {
    await call.answer();
    if (frequencyHz !== undefined) call.play({ type: 'tone', frequencyHz });
  });
  return client;
};
const [alice, bob, carol] = [phone('alice'), phone('bob', 440), phone('carol', 700)];
const answered = async (other: SipClient): Promise<Call> => {
  const call = await alice.call(await other.contact());
  await call.connected;
  return call;
};

const toBob = await answered(bob);
await toBob.hold();
const toCarol = await answered(carol);
const conference = await alice.conference([toBob, toCarol]); // bob is taken back
console.log(conference.conference.members.length); // prints: 2
conference.play({ type: 'tone', frequencyHz: 1100 }); // what alice has to say to both

for await (const { samples, sampleRate } of conference.audioIn()) {
  if (![440, 700].every((hz) => toneShare(samples, sampleRate, hz) > 0.1)) continue;
  console.log('alice hears both'); // prints: alice hears both
  break;
}
conference.remove(toCarol); // goes on with alice alone
await toCarol.hangUp();
await conference.end();
console.log((await toBob.ended).kind); // prints: hungUp
await Promise.all([alice.close(), bob.close(), carol.close()]);
