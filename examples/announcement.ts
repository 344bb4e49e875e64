// Makes a WAV file, plays it to a caller, and hangs up when the last sample has left.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToneSource, WavWriter } from '@strowger/media-core';
import { SipClient } from '@strowger/sip-client';

const folder = await mkdtemp(join(tmpdir(), 'announcement-'));
const path = join(folder, 'announcement.wav');
const wav = await WavWriter.create(path, { sampleRate: 8000 });
const halfASecond = new Int16Array(4000);
new ToneSource({ frequencyHz: 440, sampleRate: 8000 }).read(halfASecond);
wav.write(halfASecond);
await wav.close();

const desk = new SipClient({ uri: 'sip:announcements@127.0.0.1' });
desk.on('incoming', async (call) => {
  await call.answer();
  const { playedMs, stopped } = await call.play({ type: 'file', path }).finished;
  console.log(playedMs, stopped); // prints: 500 false
  await call.hangUp();
});

const caller = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await caller.call(await desk.contact());
const reason = await call.ended;
console.log(reason.kind); // prints: hungUp
await Promise.all([caller.close(), desk.close()]);
await rm(folder, { recursive: true });
