// Takes a message: a beep, then a recording until the caller hangs up.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, toneShare } from '@strowger/media-core';
import { SipClient } from '@strowger/sip-client';

const folder = await mkdtemp(join(tmpdir(), 'voicemail-'));
const path = join(folder, 'message.wav');

const machine = new SipClient({ uri: 'sip:voicemail@127.0.0.1' });
const taken = new Promise<void>((resolve, reject) => {
  machine.on('incoming', async (call) => {
    await call.answer();
    const beep = call.play({ type: 'tone', frequencyHz: 1000 });
    const recording = await call.record(path);
    setTimeout(() => beep.stop(), 200);
    await call.ended;
    await recording.stop().then(() => resolve(), reject);
  });
});

const caller = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await caller.call(await machine.contact());
await call.connected;
call.play({ type: 'tone', frequencyHz: 440 }); // what she has to say
setTimeout(() => void call.hangUp(), 1500);
await taken;

const { samples, sampleRate } = await readWav(path);
const middle = samples.subarray(sampleRate / 2, sampleRate);
console.log(samples.length > sampleRate, toneShare(middle, sampleRate, 440) > 0.9); // prints: true true
await Promise.all([caller.close(), machine.close()]);
await rm(folder, { recursive: true });
