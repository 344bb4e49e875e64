import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const [ALICE, BOB, MUSIC] = [440, 880, 1500];
const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

describeWithPeers(
  ['baresip', 'linphonec', 'dumpcap', 'tshark', 'sox'],
  'music on hold of the PBX (RFC 5359 §2.3)',
  () => {
    const folder = workFolder('hold-music');
    let pbx: Pbx;

    beforeAll(async () => {
      const music = join(folder, 'music.wav');
      writeTone(music, MUSIC, 2);
      pbx = await Pbx.start(folder, {
        media: {
          address: '127.0.0.1',
          ports: '20000-29999',
          codecs: ['pcmu', 'pcma', 'g722'], // Opus has pauses of its own
          holdMusic: { file: music },
          comfortNoise: true,
        },
      });
    });
    afterAll(async () => {
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    const baresip = (name: string, port: number, tone: number, codecs: string): Baresip =>
      new Baresip({ folder, name, port, tone, codecs, registrar: registrar(name) });

    it.each([
      { way: 'in the codec of both', caller: 'pcmu', port: 5100 },
      { way: 'of a transcoded call', caller: 'g722/16000/1', port: 5140 },
    ])('is sent to baresip $way as long as the other one holds', async ({ caller, port }) => {
      const alice = await baresip('alice', port, ALICE, caller).start();
      const bob = await baresip('bob', port + 20, BOB, 'pcmu').start();
      const capture = await Capture.start(folder, `held-${port}`);
      await alice.command('dial', 'sip:bob@127.0.0.1:5060');
      await bob.event('CALL_ESTABLISHED');
      await pause(2000);
      await alice.command('hold');
      await pause(5000);
      await alice.command('resume');
      await pause(2000);
      await alice.command('hangup');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      await Promise.all([alice.stop(), bob.stop()]);
      // what baresip writes down ends with the first re-INVITE: the wire goes on
      const towards = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
      const heard = listen(capture.sound(towards));
      expect(heard.heardFor(MUSIC), 'music, while held').toBeGreaterThan(4);
      expect(heard.heardFor(MUSIC)).toBeLessThan(6);
      expect(heard.heardFor(ALICE), 'alice, before and after').toBeGreaterThan(2.5);
      expect(heard.heardFor(ALICE), 'baresip goes on to send while it holds').toBeLessThan(5);
      const packets = capture.fields(`rtp && ${towards}`, 'rtp.ssrc', 'rtp.seq');
      expect(new Set(packets.map(([ssrc]) => ssrc)).size, 'one stream').toBe(1);
      const numbers = packets.map(([, sequence]) => Number(sequence));
      const steps = numbers.slice(1).map((one, at) => (one - (numbers[at] ?? 0)) & 0xffff);
      expect(new Set(steps), 'without a hole').toEqual(new Set([1]));
      shows('baresip', 'Calls: holds and resumes');
    });

    it('is heard by linphone', async () => {
      const alice = await baresip('alice', 5180, ALICE, 'pcmu').start();
      const carol = await new Linphone({
        folder,
        name: 'carol',
        port: 5200,
        registrar: registrar('carol'),
      }).start();
      await alice.command('dial', 'sip:carol@127.0.0.1:5060');
      await alice.event('CALL_ESTABLISHED');
      await pause(2000);
      await alice.command('hold');
      await pause(5000);
      await alice.command('hangup');
      await alice.event('CALL_CLOSED');
      await pause(500);
      await Promise.all([alice.stop(), carol.stop()]);
      expect(listen(carol.recording).heardFor(MUSIC), 'music, while held').toBeGreaterThan(3);
      shows('linphone', 'Calls: hears music while it is held');
    });

    it('and silence of the PBX is told to linphone as comfort noise (RFC 3389)', async () => {
      const dave = await new Linphone({
        folder,
        name: 'dave',
        port: 5220,
        registrar: registrar('dave'),
        comfortNoise: true,
      }).start();
      const capture = await Capture.start(folder, 'silence');
      await dave.call('sip:*43@127.0.0.1:5060'); // the echo of one who says nothing
      await pause(6000);
      await dave.command('terminate');
      await pause(500);
      await capture.stop();
      await dave.stop();
      const ofPbx = 'rtp && udp.srcport >= 20000 && udp.srcport <= 29999';
      const types = capture.fields(ofPbx, 'rtp.p_type').map(([type]) => type);
      expect(types.filter((type) => type === '13').length, 'noise').toBeGreaterThan(3);
      expect(types.length, 'six seconds would be 300 packets').toBeLessThan(150);
      shows('linphone', 'Media: comfort noise (RFC 3389)');
    });
  },
);
