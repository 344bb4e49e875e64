import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Browser } from './browser.ts';
import { Capture } from './capture.ts';
import { keyFingerprint, TestAuthority } from './certificates.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { decoded, listen, writeTone } from './sound.ts';

const ROOM = 'sip:*6000@127.0.0.1';
const CLOSED_ROOM = 'sip:*6001@127.0.0.1';
const TONES = { alice: 440, bob: 880, carol: 1200 };
/** Of the energy, of one of two tones that are as loud. */
const SHARE = 0.15;

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });
const baresip = (folder: string, name: 'bob' | 'carol', port: number): Baresip =>
  new Baresip({
    folder,
    name,
    port,
    tone: TONES[name],
    codecs: 'pcmu',
    registrar: registrar(name),
  });

const PROGRAMS = ['linphonec', 'baresip', 'dumpcap', 'tshark', 'sox', 'ffmpeg'];

describeWithPeers(PROGRAMS, 'a conference room of the PBX', () => {
  const folder = workFolder('conference');
  const recordings = join(folder, 'recordings');
  const bob = baresip(folder, 'bob', 5120);
  const carol = baresip(folder, 'carol', 5140);
  let pbx: Pbx;
  let linphone: Linphone;

  beforeAll(async () => {
    const wav = join(folder, 'mic.wav');
    writeTone(wav, TONES.alice, 120);
    pbx = await Pbx.start(folder, {
      conference: {
        rooms: { '*6000': { tones: false }, '*6001': { pin: '1234', record: true } },
        recordings,
        recordingFormat: 'ogg',
      },
    });
    linphone = await new Linphone({
      folder,
      name: 'alice',
      port: 5170,
      wav,
      registrar: { domain: '127.0.0.1', password: 'pw-alice' },
    }).start();
    await Promise.all([bob.start(), carol.start()]);
  });
  afterAll(async () => {
    await Promise.all([linphone.stop(), bob.stop(), carol.stop()]);
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  /** What is sent to each of them in the next three seconds: who is heard in it most of the time. */
  async function whoHears(): Promise<Record<'alice' | 'bob' | 'carol', string[]>> {
    const capture = await Capture.start(folder, `room-${Date.now()}`);
    await pause(3000);
    await capture.stop();
    const sounds = capture.soundsTo({
      alice: { from: 17_280, to: 17_283 },
      bob: { from: bob.rtpPort, to: bob.rtpPort + 98 },
      carol: { from: carol.rtpPort, to: carol.rtpPort + 98 },
    });
    const heard = (file: string): string[] => {
      const sound = listen(file);
      return Object.entries(TONES)
        .filter(([, hz]) => sound.heardFor(hz, SHARE) > 1.5)
        .map(([name]) => name);
    };
    return {
      alice: heard(sounds.alice),
      bob: heard(sounds.bob),
      carol: heard(sounds.carol),
    };
  }

  it('lets three phones hear each other, mutes one, holds one, and goes on when one leaves', async () => {
    await linphone.call(ROOM);
    await bob.command('dial', ROOM);
    await carol.command('dial', ROOM);
    await Promise.all([bob.event('CALL_ESTABLISHED'), carol.event('CALL_ESTABLISHED')]);
    await pause(500);
    expect(await pbx.counts()).toMatchObject({ calls: 3, conferences: 1, endpoints: 3 });
    expect(await whoHears()).toEqual({
      alice: ['bob', 'carol'],
      bob: ['alice', 'carol'],
      carol: ['alice', 'bob'],
    });
    await bob.command('sndcode', '*');
    await bob.command('sndcode', '6');
    await pause(500);
    expect(await whoHears()).toMatchObject({ alice: ['carol'], carol: ['alice'] });
    await bob.command('sndcode', '*');
    await bob.command('sndcode', '6');
    await carol.command('hold');
    await pause(500);
    expect(await whoHears()).toMatchObject({ alice: ['bob'], bob: ['alice'] });
    await carol.command('resume');
    await linphone.command('terminate');
    await pause(500);
    expect(await whoHears()).toMatchObject({ bob: ['carol'], carol: ['bob'] });
    await Promise.all([bob.command('hangup'), carol.command('hangup')]);
    await until('the room is empty', async () => (await pbx.counts())['conferences'] === 0);
    shows('linphone', 'Calls: is a member of a conference');
    shows('baresip', 'Calls: is a member of a conference', 'Calls: holds and resumes');
  }, 180_000);

  it('asks two phones for its PIN, and records what they say', async () => {
    for (const one of [bob, carol]) one.forget();
    await bob.command('dial', CLOSED_ROOM);
    await carol.command('dial', CLOSED_ROOM);
    await Promise.all([bob.event('CALL_ESTABLISHED'), carol.event('CALL_ESTABLISHED')]);
    await pause(1000);
    for (const digit of '1234') {
      await Promise.all([bob.command('sndcode', digit), carol.command('sndcode', digit)]);
      await pause(400);
    }
    await pause(500);
    expect(await whoHears()).toMatchObject({ bob: ['carol'], carol: ['bob'] });
    await Promise.all([bob.command('hangup'), carol.command('hangup')]);
    await until('the room is empty', async () => (await pbx.counts())['conferences'] === 0);
    const [file = ''] = readdirSync(recordings);
    const recorded = listen(decoded(join(recordings, file)));
    expect(recorded.heardFor(TONES.bob, SHARE)).toBeGreaterThan(2.5);
    expect(recorded.heardFor(TONES.carol, SHARE)).toBeGreaterThan(2.5);
    shows('baresip', 'Calls: is a member of a conference');
  }, 120_000);
});

const BROWSER_PEERS = ['chromium', 'openssl', 'baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(BROWSER_PEERS, 'a page in Chromium in a conference room', () => {
  const folder = workFolder('conference-browser');
  const shown = new TestAuthority(folder).issue();
  const microphone = join(folder, 'microphone.wav');
  const page = new Browser(folder, [keyFingerprint(shown)], microphone);
  const bob = baresip(folder, 'bob', 5120);
  let pbx: Pbx;

  beforeAll(async () => {
    writeTone(microphone, TONES.alice, 10);
    await page.start(8090);
    pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'wss:127.0.0.1:8443'],
      tls: shown,
      webSocket: { path: '/sip', origins: [page.origin] },
      conference: { rooms: { '*6000': { tones: false } } },
    });
    await bob.start();
  });
  afterAll(async () => {
    await bob.stop();
    await page.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('hears a phone, and is heard by it', async () => {
    await bob.command('dial', ROOM);
    await bob.event('CALL_ESTABLISHED');
    const capture = await Capture.start(folder, 'browser-in-room');
    const { outcome, call, received } = await page.run({
      library: 'jssip',
      server: 'wss://127.0.0.1:8443/sip',
      user: 'alice',
      password: 'pw-alice',
      call: ROOM,
      listenFor: String(TONES.bob),
      talkMs: '8000', // a microphone takes seconds to open where much else runs
    });
    await capture.stop();
    expect(outcome, received.join('\n')).toBe('registered');
    expect(call?.heardFor, 'what the browser hears').toBeGreaterThan(2);
    const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
    const sound = listen(capture.sound(toBob));
    expect(sound.heardFor(TONES.alice), 'what bob hears').toBeGreaterThan(2);
    await bob.command('hangup');
    await bob.event('CALL_CLOSED');
    shows('JsSIP', 'Calls: is a member of a conference');
    shows('baresip', 'Calls: is a member of a conference');
  });
});
