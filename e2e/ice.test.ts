import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { listen, writeTone } from './sound.ts';

/** Not the loopback: phones do not take that for an address. */
const PLACE = '10.77.0.1';
const TONE = 440;
const peers = ['baresip', 'linphonec', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(peers, 'phones with DTLS-SRTP and ICE at the PBX', () => {
  const folder = workFolder('ice');
  const wav = join(folder, 'says.wav');
  const domain = `${PLACE}:5060`;
  const alice = new Baresip({
    folder,
    name: 'alice',
    port: 5100,
    ip: PLACE,
    tone: TONE,
    codecs: 'pcmu',
    registrar: { domain, password: 'pw-alice' },
    encryption: 'dtls_srtp',
    ice: true,
  });
  const bob = new Baresip({
    folder,
    name: 'bob',
    port: 5120,
    ip: PLACE,
    tone: TONE,
    codecs: 'pcmu',
    registrar: { domain, password: 'pw-bob' },
  });
  const carol = new Linphone({
    folder,
    name: 'carol',
    port: 5140,
    registrar: { domain, password: 'pw-carol' },
    encryption: 'dtls',
    wav,
  });
  let pbx: Pbx;

  beforeAll(async () => {
    writeTone(wav, TONE, 20);
    pbx = await Pbx.start(folder, {
      domain: PLACE,
      listen: [`udp:${domain}`],
      media: { address: PLACE, ports: '20000-29999', ice: 'full' },
    });
    for (const one of [alice, bob]) await one.start();
    await carol.start();
  });

  afterAll(async () => {
    for (const one of [alice, bob, carol]) await one.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('baresip calls a phone that knows neither, and STUN goes before its sound', async () => {
    for (const one of [alice, bob]) one.forget();
    const capture = await Capture.start(folder, 'baresip');
    await alice.command('dial', bob.uri);
    await alice.event('CALL_ESTABLISHED');
    await pause(4000);
    await alice.command('hangup');
    await pause(300);
    await capture.stop();
    const theirs = `udp.srcport >= ${alice.rtpPort} && udp.srcport <= ${alice.rtpPort + 98}`;
    expect(capture.fields(`stun.type == 0x0001 && ${theirs}`, 'udp.length').length).toBeGreaterThan(
      0,
    );
    expect(capture.fields(`stun.type == 0x0101 && ${theirs}`, 'udp.length').length).toBeGreaterThan(
      0,
    );
    expect(capture.fields(`dtls && ${theirs}`, 'udp.length').length).toBeGreaterThan(1);
    const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
    const sound = listen(capture.sound(`(${toBob}) && rtp.p_type == 0`));
    expect(sound.heardFor(TONE), 'what bob hears').toBeGreaterThan(1.5);
  });

  it('linphone hears its own echo', async () => {
    await carol.call(`sip:*43@${PLACE}`);
    await pause(4000);
    await carol.command('terminate');
    await pause(500);
    expect(listen(carol.recording).heardFor(TONE)).toBeGreaterThan(1.5);
  });
});
