import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { TestAuthority } from './certificates.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const PORTS = { udp: 5060, tcp: 5060, tls: 5061 } as const;

describeWithPeers(
  ['baresip', 'linphonec', 'openssl', 'dumpcap', 'tshark', 'sox'],
  'phones over every transport that they have',
  () => {
    const folder = workFolder('phones-transports');
    const authority = new TestAuthority(folder);
    const wav = join(folder, 'mic.wav');
    let pbx: Pbx;

    beforeAll(async () => {
      writeTone(wav, 440, 60);
      pbx = await Pbx.start(folder, {
        listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060', 'tls:127.0.0.1:5061'],
        tls: authority.issue(),
      });
    });
    afterAll(async () => {
      expect(await pbx.stop()).toBe(0);
    });

    it.each(['udp', 'tcp', 'tls'] as const)(
      'linphone calls baresip and is called back, all over %s',
      async (transport) => {
        const domain = `127.0.0.1:${PORTS[transport]}`;
        const shared = { folder: join(folder, transport), transport, authority: authority.cert };
        const bob = new Baresip({
          ...shared,
          name: 'bob',
          port: 5120,
          tone: 880,
          codecs: 'pcmu',
          registrar: { domain, password: 'pw-bob' },
        });
        const alice = new Linphone({
          ...shared,
          name: 'alice',
          port: 5170,
          wav,
          registrar: { domain, password: 'pw-alice' },
        });
        await bob.start();
        await alice.start();
        const capture = await Capture.start(folder, transport);
        await alice.call(`sip:bob@${domain}`);
        await bob.event('CALL_ESTABLISHED');
        await pause(2500);
        await alice.command('terminate');
        await bob.event('CALL_CLOSED');
        await capture.stop();
        const range = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
        expect(listen(capture.sound(range)).heardFor(440), 'what bob hears').toBeGreaterThan(1);
        expect(listen(alice.recording).heardFor(880), 'what alice hears').toBeGreaterThan(1);
        bob.forget();
        await bob.command('dial', `sip:alice@${domain};transport=${transport}`);
        await bob.event('CALL_ESTABLISHED');
        await bob.command('hangup');
        await bob.event('CALL_CLOSED');
        await alice.stop();
        await bob.stop();
        const [back, there] = await pbx.cdrs(2);
        expect(there).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
        expect(back).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
        shows(
          'linphone',
          `Signalling: over ${transport}`,
          'Calls: places',
          'Calls: takes',
          'Calls: is heard',
          'Calls: hears',
        );
        shows(
          'baresip',
          `Signalling: over ${transport}`,
          'Calls: places',
          'Calls: takes',
          'Calls: is heard',
          'Calls: hears',
        );
      },
    );
  },
);
