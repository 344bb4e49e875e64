// A test of your own application in virtual time, with the ladder of what was sent.
import { SessionManager } from '@strowger/session-core';
import { createTestNetwork, FakeMediaBackend } from '@strowger/testkit';

const net = createTestNetwork({ seed: 7, loss: 0.2 });
const host = net.network.host('office');
const office = new SessionManager({
  runtime: host.runtime,
  sender: host,
  media: new FakeMediaBackend({ clock: net.clock, address: host.address }),
  onIncoming: async (session) => {
    session.ring();
    await session.answer();
  },
});
host.receive = (inbound) => office.receive(inbound);

const alice = net.phone('alice');
await net.play(async () => {
  const call = alice.call('sip:desk@office');
  await call.answered;
  await net.wait(300_000); // five minutes, in no time
  call.hangUp();
  console.log(await call.ended); // prints: { kind: 'hungUp', by: 'local' }
});
await net.finish({ office }); // no timer, dialog, port or promise is left, no rule was broken
console.log(net.ladder()); // prints: alice --> office  BYE
