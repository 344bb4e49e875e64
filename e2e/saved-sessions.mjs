// A user agent that saves its sessions in a folder at every change, and goes on with those that it
// finds there. It answers every call, says a tone and tells what it hears.
//   node saved-sessions.mjs PORT FOLDER TONE FIRST-RTP-PORT
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMediaEngine, toneShare } from '@strowger/media-core';
import { nodeRuntime } from '@strowger/runtime';
import { SessionManager } from '@strowger/session-core';
import { TransportLayer } from '@strowger/sip-transport';

const [, , port, folder, tone, firstPort] = process.argv;
const runtime = nodeRuntime();
const from = Number(firstPort);
const media = createMediaEngine({
  runtime,
  address: '127.0.0.1',
  ports: { from, to: from + 99 },
  codecs: ['pcmu'],
  digits: ['rtp'],
});
const fileOf = ({ id }) =>
  join(folder, `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`);

/** A file is there whole or not at all. */
function save(session) {
  const file = fileOf(session);
  if (session.state === 'terminated') return rmSync(file, { force: true });
  writeFileSync(`${file}.new`, JSON.stringify(session.snapshot()));
  renameSync(`${file}.new`, file);
}

function speak(session) {
  session.play({ type: 'tone', frequencyHz: Number(tone) }).finished.catch(() => {});
  void listen(session);
}

/** Tells once when 440 Hz was heard for 200 ms. */
async function listen(session) {
  let run = 0;
  for await (const { samples, sampleRate } of session.audioIn()) {
    run = toneShare(samples, sampleRate, 440) > 0.8 ? run + 1 : 0;
    if (run === 10) console.log(`hears ${session.callId}`);
  }
}

const transport = new TransportLayer({
  runtime,
  listen: [`udp:127.0.0.1:${port}`],
  onMessage: (inbound) => manager.receive(inbound),
});
const manager = new SessionManager({
  runtime,
  sender: transport,
  media,
  contactUser: 'saved',
  onSessionChanged: save,
  async onIncoming(session) {
    await session.answer();
    speak(session);
  },
});
manager.on('digit', ({ digit }) => console.log(`digit ${digit}`));
manager.on('terminated', ({ reason }) => console.log(`ended ${reason.kind} by ${reason.by}`));
await transport.start();

for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
  const session = manager.restore(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  session.on('mediaRecovered', ({ tries }) => {
    console.log(`recovered ${session.state} ${tries}`);
    speak(session);
  });
}
console.log('ready');

process.on('SIGTERM', async () => {
  await manager.close();
  console.log(`left ${JSON.stringify(manager.counts())}`);
  await media.close();
  await transport.close();
});
