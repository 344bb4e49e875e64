import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readWav, toneShare } from '@strowger/media-core';
import { type Call, SipClient } from '@strowger/sip-client';
import { SqliteStores } from '@strowger/store-sqlite';
import { Ladder } from './ladder.ts';

const ALICE_HZ = 440;
const BOB_HZ = 880;
/** A tenth of a second at 8 kHz, in which a tone either dominates or does not. */
const WINDOW = 800;

process.exitCode = await demo();

/** Two phones talk through the PBX; resolves with 0 only if each heard the other. */
async function demo(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-demo-'));
  const sipPort = await freePort();
  const database = join(folder, 'strowger.db');
  const pbx = await startPbx(folder, database, sipPort);
  const ladder = new Ladder('pbx');
  const phone = (user: string): SipClient =>
    new SipClient({
      uri: `sip:${user}@pbx.example`,
      password: `demo-${user}`,
      server: `sip:127.0.0.1:${sipPort}`,
      onMessage: (trace) => ladder.add(user, trace),
    });
  const alice = phone('alice');
  const bob = phone('bob');
  try {
    say('alice and bob register');
    await Promise.all([alice.register(), bob.register()]);
    const heard = await talk(alice, bob, folder);
    await Promise.all([alice.close(), bob.close()]);
    const cdr = await untilWritten(database);
    say('\nthe ladder, as the phones saw it');
    say(ladder.toString());
    say('\nthe call detail record');
    say(JSON.stringify(cdr, null, 2));
    say('\nthe sound');
    return judge(heard);
  } finally {
    await Promise.all([alice.close(), bob.close()]);
    await stop(pbx);
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
  await calls.return();
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

async function startPbx(folder: string, database: string, sipPort: number): Promise<ChildProcess> {
  const httpPort = await freePort();
  const file = join(folder, 'pbx.json');
  const config = {
    domain: 'pbx.example',
    listen: [`udp:127.0.0.1:${sipPort}`],
    http: { listen: `127.0.0.1:${httpPort}` },
    store: `sqlite:${database}`,
    users: ['alice', 'bob'].map((user) => ({ user, password: `demo-${user}` })),
  };
  writeFileSync(file, JSON.stringify(config));
  const program = fileURLToPath(new URL('../../pbx/dist/main.js', import.meta.url));
  const pbx = spawn(process.execPath, [program, '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => pbx.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    pbx.once('exit', (code) => reject(new Error(`the PBX ended with ${code}`)));
    pbx.stdout.once('data', (banner: Buffer) => {
      say(banner.toString().trim());
      resolve();
    });
  });
  return pbx;
}

function stop(pbx: ChildProcess): Promise<void> {
  if (pbx.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    pbx.once('exit', () => resolve());
    pbx.kill('SIGTERM');
  });
}

/** The record of the one call, which is written soon after it ended. */
async function untilWritten(database: string): Promise<unknown> {
  const stores = SqliteStores.open({ path: database });
  try {
    for (let tries = 0; tries < 50; tries++) {
      const [record] = await stores.cdrs.recent(1);
      if (record !== undefined) return record;
      await pause(100);
    }
    throw new Error('no call detail record was written');
  } finally {
    stores.close();
  }
}

/** A TCP port that nobody uses; the same number is free for UDP on any but a busy machine. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
