// A room that people dial: a PIN for it, a recording of it, and who comes and goes.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallEngine, memoryStores } from '@strowger/call-engine';
import { createMediaEngine, toneShare } from '@strowger/media-core';
import { nodeRuntime } from '@strowger/runtime';
import { type Call, SipClient } from '@strowger/sip-client';
import { TransportLayer } from '@strowger/sip-transport';

const folder = await mkdtemp(join(tmpdir(), 'conference-'));
const meeting = join(folder, 'meeting.ogg');

const runtime = nodeRuntime();
const media = createMediaEngine({ address: '127.0.0.1', ports: { from: 42_200, to: 42_299 } });
const transport: TransportLayer = new TransportLayer({
  runtime,
  listen: ['udp:127.0.0.1:0'],
  onMessage: (inbound) => engine.receive(inbound),
});
const engine = new CallEngine({
  runtime,
  sender: transport,
  media,
  stores: memoryStores(),
  domain: 'pbx.example',
  publicAccess: ['600'],
  rooms: {
    '600': { pin: '1234', recordingTarget: () => meeting, recordingFormat: 'ogg' },
  },
});
const both = new Promise<void>((resolve) => {
  engine.sessions.on('conferenceJoined', ({ members }) => {
    console.log('joined', members); // prints: joined 2
    if (members === 2) resolve();
  });
});
const over = new Promise<string>((resolve) => {
  engine.on('conferenceEnded', ({ room, ended }) => resolve(`${room} ${ended.reason}`));
});
await transport.start();

const [port] = transport.listening.map((one) => one.port);
const join600 = async (phone: SipClient, frequencyHz: number): Promise<Call> => {
  const call = await phone.call(`sip:600@127.0.0.1:${port}`);
  await call.connected;
  await call.sendDigits('1234');
  call.play({ type: 'tone', frequencyHz, levelDbm0: -10 });
  return call;
};
const [alice, bob] = [
  new SipClient({ uri: 'sip:alice@home.example' }),
  new SipClient({ uri: 'sip:bob@home.example' }),
];
const hers = await join600(alice, 440);
await join600(bob, 700);
await both;

// what alice hears from now on: bob, and not herself
for await (const { samples, sampleRate } of hers.audioIn()) {
  if (toneShare(samples, sampleRate, 700) < 0.9) continue; // bob has just come in, with a tone
  console.log('bob', toneShare(samples, sampleRate, 440) < 0.1); // prints: bob true
  break;
}
await Promise.all([alice.close(), bob.close()]);
console.log(await over); // prints: 600 empty
console.log('recorded', (await stat(meeting)).size > 1000); // prints: recorded true

await engine.close();
await transport.close();
await media.close();
await rm(folder, { recursive: true });
