import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { writeTone } from './sound.ts';
import { soundCard } from './sound-card.ts';
import { Twinkle } from './twinkle.ts';

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

describeWithPeers(
  ['twinkle-console', 'baresip', 'dumpcap', 'tshark', 'sox'],
  'digits of twinkle, which baresip takes as events alone',
  () => {
    const folder = workFolder('digits');
    let pbx: Pbx;
    let card: Awaited<ReturnType<typeof soundCard>>;
    const bob = new Baresip({
      folder,
      name: 'bob',
      port: 5120,
      codecs: 'pcmu',
      registrar: registrar('bob'),
    });

    beforeAll(async () => {
      const wav = join(folder, 'mic.wav');
      writeTone(wav, 440, 60);
      pbx = await Pbx.start(folder, {
        users: [
          { user: 'alice', password: 'pw-alice' },
          { user: 'bob', password: 'pw-bob' },
          { user: 'carol', password: 'pw-carol', digits: 'inband' },
        ],
      });
      card = await soundCard(folder, 'twinkle', wav);
      await bob.start();
    });
    afterAll(async () => {
      await bob.stop();
      await card.stop();
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    it.each([
      { way: 'info' as const, name: 'alice', port: 5200 },
      { way: 'inband' as const, name: 'carol', port: 5220 },
    ])('come by $way and go on as events, each once', async ({ way, name, port }) => {
      const twinkle = await new Twinkle({
        folder,
        name,
        port,
        env: card.env,
        registrar: registrar(name),
        settings: { dtmf_transport: way },
      }).start();
      bob.forget();
      const capture = await Capture.start(folder, way);
      await twinkle.call('sip:bob@127.0.0.1:5060');
      await bob.event('CALL_ESTABLISHED');
      await pause(1500);
      await twinkle.command('dtmf 159#');
      await pause(4000);
      await twinkle.command('bye');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      await twinkle.stop();
      expect(bob.digits()).toBe('159#');
      const towardsBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
      const ends = capture.fields(
        `rtpevent.end_of_event == 1 && ${towardsBob}`,
        'rtp.timestamp',
        'rtpevent.event_id',
      );
      expect(new Set(ends.map(([timestamp]) => timestamp)).size, 'events on the wire').toBe(4);
      const infos = capture.fields('sip.Method == "INFO"', 'udp.dstport');
      if (way === 'inband') expect(infos).toEqual([]);
      else expect(infos.map(([to]) => to)).toEqual(Array(4).fill('5060'));
      shows('twinkle', way === 'info' ? 'Calls: digits by INFO' : 'Calls: digits as tones');
      shows('baresip', 'Calls: digits as events (RFC 4733)');
    });
  },
);

describeWithPeers(
  ['linphonec', 'baresip', 'dumpcap', 'tshark'],
  'digits of linphone, which says each as an event and by INFO',
  () => {
    const folder = workFolder('digits-twice');
    let pbx: Pbx;
    const bob = new Baresip({
      folder,
      name: 'bob',
      port: 5160,
      codecs: 'pcmu',
      buffers: false, // linphone without a sound card sends nothing but digits
      registrar: registrar('bob'),
    });

    beforeAll(async () => {
      pbx = await Pbx.start(folder);
      await bob.start();
    });
    afterAll(async () => {
      await bob.stop();
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    it('are heard once each', async () => {
      const alice = await new Linphone({
        folder,
        name: 'alice',
        port: 5180,
        registrar: registrar('alice'),
        doublesDigits: true,
      }).start();
      const capture = await Capture.start(folder, 'twice');
      bob.forget(); // where this is tried again
      await alice.call('sip:bob@127.0.0.1:5060');
      await bob.event('CALL_ESTABLISHED');
      await pause(1000);
      for (const digit of '155#') {
        await alice.command(digit);
        await pause(1000);
      }
      await pause(1000);
      await alice.command('terminate');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      await alice.stop();
      const ofAlice = 'sip.Method == "INFO" && udp.srcport == 5180';
      expect(capture.count(ofAlice), 'by INFO').toBe(4);
      const towards = (from: string, to: string) =>
        `rtpevent.end_of_event == 1 && udp.srcport ${from} && udp.dstport ${to}`;
      const pressed = (filter: string) =>
        new Set(capture.fields(filter, 'rtp.timestamp').map(([timestamp]) => timestamp)).size;
      expect(pressed(towards('< 20000', '>= 20000')), 'as events').toBe(4);
      expect(bob.digits()).toBe('155#');
      const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
      expect(pressed(`rtpevent.end_of_event == 1 && ${toBob}`), 'that bob is sent').toBe(4);
      expect(capture.count('sip.Method == "INFO" && udp.dstport == 5160')).toBe(0);
      shows('linphone', 'Calls: digits as events (RFC 4733)', 'Calls: digits by INFO');
    });
  },
);
