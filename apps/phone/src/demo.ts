import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readWav, toneShare } from '@strowger/media-core';
import { type Call, SipClient } from '@strowger/sip-client';
import { demoPassword, startPbx } from './demo-pbx.ts';
import { Ladder } from './ladder.ts';

const ALICE_HZ = 440;
const BOB_HZ = 880;
/** A tenth of a second at 8 kHz, in which a tone either dominates or does not. */
const WINDOW = 800;

process.exitCode = await demo();

/** Two phones talk through the PBX; resolves with 0 only if each heard the other. */
async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-demo-'));
  const pbx = await startPbx(folder);
  say(pbx.banner);
  const ladder = new Ladder('pbx');
  const phone = (user: string): SipClient =>
    new SipClient({
      uri: `sip:${user}@pbx.example`,
      password: demoPassword(user),
      server: `sip:127.0.0.1:${pbx.sipPort}`,
      onMessage: (trace) => ladder.add(user, trace),
    });
  const alice = phone('alice');
  const bob = phone('bob');
  try {
    say('alice and bob register');
    await Promise.all([alice.register(), bob.register()]);
    const heard = await talk(alice, bob, folder);
    await Promise.all([alice.close(), bob.close()]);
    const cdr = await pbx.callDetailRecord();
    say('\nthe ladder, as the phones saw it');
    say(ladder.toString());
    say('\nthe call detail record');
    say(JSON.stringify(cdr, null, 2));
    say('\nthe sound');
    return await judge(heard);
  } finally {
    await Promise.all([alice.close(), bob.close()]);
    await pbx.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Heard {
  alice: string;
  bob: string;
  digitsAtBob: string;
  digitsAtAlice: string;
}

async function talk(alice: SipClient, bob: SipClient, folder: string): Promise<Heard> {
  const calls = bob.incoming();
  const next = calls.next();
  say('alice calls bob');
  const calling = await alice.call('sip:bob@pbx.example');
  const ringing = (await next).value;
  if (ringing === undefined) throw new Error('bob was not called');
  ringing.ring();
  await Promise.all([ringing.answer(), calling.connected]);
  const heard = { alice: join(folder, 'alice.wav'), bob: join(folder, 'bob.wav') };
  const recordings = [await calling.record(heard.alice), await ringing.record(heard.bob)];
  const digitsAtBob = collectDigits(ringing);
  const digitsAtAlice = collectDigits(calling);
  say(`each plays a tone: alice ${ALICE_HZ} Hz, bob ${BOB_HZ} Hz`);
  const tones = [
    calling.play({ type: 'tone', frequencyHz: ALICE_HZ }),
    ringing.play({ type: 'tone', frequencyHz: BOB_HZ }),
  ];
  await pause(2000);
  for (const tone of tones) tone.stop();
  say('they send digits: 12# and *09');
  await calling.sendDigits('12#');
  await ringing.sendDigits('*09');
  say('alice holds and resumes');
  await calling.hold();
  await pause(500);
  await calling.resume();
  await pause(300);
  for (const recording of recordings) await recording.stop();
  say('bob hangs up');
  await ringing.hangUp();
  await calling.ended;
  await calls.return?.();
  return { ...heard, digitsAtBob: await digitsAtBob, digitsAtAlice: await digitsAtAlice };
}

/** Prints what was heard and says whether it is enough. */
async function judge(heard: Heard): Promise<number> {
  const atAlice = await secondsOf(heard.alice, BOB_HZ);
  const atBob = await secondsOf(heard.bob, ALICE_HZ);
  say(
    `alice heard ${BOB_HZ} Hz for ${atAlice.toFixed(1)} s, and the digits ${heard.digitsAtAlice}`,
  );
  say(`bob heard ${ALICE_HZ} Hz for ${atBob.toFixed(1)} s, and the digits ${heard.digitsAtBob}`);
  const good =
    atAlice >= 1 && atBob >= 1 && heard.digitsAtBob === '12#' && heard.digitsAtAlice === '*09';
  say(good ? '\neach heard the other' : '\nthey did not hear each other');
  return good ? 0 : 1;
}

/** For how many seconds a tone dominates a recording. */
async function secondsOf(file: string, hz: number): Promise<number> {
  const { samples } = await readWav(file);
  let windows = 0;
  for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
    const part = samples.subarray(at, at + WINDOW);
    const loud = part.some((sample) => Math.abs(sample) > 500);
    if (loud && toneShare(part, 8000, hz) > 0.5) windows++;
  }
  return (windows * WINDOW) / 8000;
}

async function collectDigits(call: Call): Promise<string> {
  let digits = '';
  for await (const digit of call.digits()) digits += digit;
  return digits;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
