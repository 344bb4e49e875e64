import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
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
