// A call is recorded at a server of somebody else (SIPREC), which is told who speaks on which line.
import { type Session, SessionManager } from '@strowger/session-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { createSimulation, FakeMediaBackend, FakeRecorder } from '@strowger/testkit';

const simulation = createSimulation({ seed: 1 });
const phone = (name: string): SessionManager => {
  const host = simulation.network.host(name);
  const manager = new SessionManager({
    runtime: host.runtime,
    sender: host,
    media: new FakeMediaBackend({ address: host.address }),
    onIncoming: (session) => session.answer(),
  });
  host.receive = (inbound) => manager.receive(inbound);
  return manager;
};
const [alice, bob] = [phone('alice'), phone('bob')];
const recorder = new FakeRecorder(simulation.network.host('srs'));

const from = new NameAddr({ uri: uri('sip:alice@alice') });
const call: Session = alice.call({ to: uri('sip:bob@bob'), from });
await simulation.run(1000);
const recording = call.recordAt({ uri: uri('sip:srs@srs') });
await simulation.run(1000);
console.log(recording.state); // prints: recording

const [heard] = recorder.recordings;
for (const { aor } of heard?.metadata[0]?.participants ?? []) console.log(aor);
// prints: sip:bob@bob
// prints: sip:alice@alice
void call.hold();
await simulation.run(1000);
console.log('told', heard?.metadata.length, 'times'); // prints: told 2 times

void call.hangUp();
await simulation.run(1000);
console.log((await recording.ended).kind); // prints: completed
await Promise.all([alice.close(), bob.close()]);
recorder.close();
