import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { listen, writeTone } from './sound.ts';

const peers = ['linphonec', 'baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(peers, 'linphone that insists on SRTP, through the PBX', () => {
  const folder = workFolder('srtp-linphone');
  const bob = new Baresip({
    folder,
    name: 'bob',
    port: 5120,
    tone: 880,
    codecs: 'pcmu',
    registrar: { domain: '127.0.0.1:5060', password: 'pw-bob' },
  });
  let pbx: Pbx;
  let linphone: Linphone;

  beforeAll(async () => {
    const wav = join(folder, 'mic.wav');
    writeTone(wav, 440, 60);
    pbx = await Pbx.start(folder);
    linphone = await new Linphone({
      folder,
      name: 'alice',
      port: 5170,
      wav,
      encrypted: true,
      registrar: { domain: '127.0.0.1', password: 'pw-alice' },
    }).start();
    await bob.start();
  });
  afterAll(async () => {
    await linphone.stop();
    await bob.stop();
    expect(await pbx.stop()).toBe(0);
  });

  it('talks with a phone in the clear: encrypted on its side alone, heard on both', async () => {
    const capture = await Capture.start(folder, 'linphone');
    await linphone.call('sip:bob@127.0.0.1');
    await bob.event('CALL_ESTABLISHED');
    await pause(3000);
    await linphone.command('terminate');
    await bob.event('CALL_CLOSED');
    await capture.stop();
    const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
    expect(listen(capture.sound(toBob)).heardFor(440), 'what bob hears').toBeGreaterThan(1.5);
    expect(listen(linphone.recording).heardFor(880), 'what linphone hears').toBeGreaterThan(1.5);
    // 17,280 and on are linphone's ports: nothing of 172 octets, which is PCMU of 20 ms in the clear
    const theirs = capture.fields('rtp && udp.port >= 17280 && udp.port <= 17284', 'udp.length');
    expect(theirs.length).toBeGreaterThan(100);
    expect(theirs.filter(([length]) => Number(length) - 8 === 172)).toEqual([]);
    await pbx.isQuiet();
  });
});
