import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, runToEnd, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { sipp } from './sipp.ts';
import { listen, writeTone } from './sound.ts';
import { soundCard } from './sound-card.ts';
import { Twinkle } from './twinkle.ts';

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

// RFC 8760's two headers, in either order, leave some of these phones outside; MD5 alone none.
describeWithPeers(['sipp', 'sipsak', 'baresip'], 'what is offered by default', () => {
  const folder = workFolder('phones');
  let pbx: Pbx;
  beforeAll(async () => {
    pbx = await Pbx.start(folder);
  });
  afterAll(() => pbx.stop());

  it('lets sipp register', () => {
    const who = ['-s', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
    const where = ['127.0.0.1:5060', '-i', '127.0.0.1', '-p', '5072', '-m', '1'];
    const result = sipp(folder, 'register', [...where, ...who]);
    expect(result.status, result.errors).toBe(0);
    shows('sipp', 'Signalling: registers', 'Signalling: digest with MD5', 'Signalling: over udp');
  });

  it('lets sipsak register', () => {
    const result = runToEnd([
      'sipsak',
      '-U',
      '-i',
      '-s',
      'sip:bob@127.0.0.1:5060',
      '-C',
      'sip:bob@127.0.0.1:5999',
      '-u',
      'bob',
      '-a',
      'pw-bob',
      '-x',
      '60',
    ]);
    expect(result.status, result.output).toBe(0);
  });

  it('lets baresip register, over UDP and TCP, IPv4 and IPv6', async () => {
    const phones = [
      { name: 'alice', port: 5100, transport: 'udp' as const },
      { name: 'bob', port: 5120, transport: 'tcp' as const },
      { name: 'carol', port: 5140, transport: 'udp' as const, ip: '::1' },
    ].map(
      ({ ip, ...one }) =>
        new Baresip({
          folder,
          ...one,
          ...(ip === undefined ? {} : { ip }),
          registrar: {
            ...registrar(one.name),
            ...(ip === undefined ? {} : { domain: '127.0.0.1', outbound: 'sip:[::1]:5060' }),
          },
        }),
    );
    for (const phone of phones) await phone.start(); // throws where it does not register
    for (const phone of phones) await phone.stop();
    shows(
      'baresip',
      'Signalling: registers',
      'Signalling: digest with MD5',
      'Signalling: over udp',
      'Signalling: over tcp',
      'Signalling: IPv6',
    );
  });
});

describeWithPeers(['sipp', 'baresip'], 'two challenges at once (RFC 8760)', () => {
  const folder = workFolder('two-challenges');
  let pbx: Pbx;
  beforeAll(async () => {
    pbx = await Pbx.start(folder, {
      listen: [
        { at: 'udp:127.0.0.1:5062', digest: ['SHA-256', 'MD5'] },
        { at: 'udp:127.0.0.1:5064', digest: ['MD5', 'SHA-256'] },
      ],
    });
  });
  afterAll(() => pbx.stop());

  it('leave sipp outside where the stronger comes first, for it reads the first alone', () => {
    const register = (port: number): number => {
      const who = ['-s', 'alice', '-au', 'alice', '-ap', 'pw-alice', '-timeout', '5s'];
      const where = [`127.0.0.1:${port}`, '-i', '127.0.0.1', '-p', '5072', '-m', '1'];
      return sipp(folder, 'register', [...where, ...who], 10).status;
    };
    expect(register(5062)).not.toBe(0);
    expect(register(5064)).toBe(0);
  });

  it.each([5062, 5064])('leave baresip outside in either order (%i)', async (port) => {
    const bob = new Baresip({
      folder,
      name: 'bob',
      port: 5120 + (port - 5062) * 10,
      registrar: { domain: `127.0.0.1:${port}`, password: 'pw-bob' },
    });
    await expect(bob.start()).rejects.toThrow('registers');
    await bob.stop();
  });
});

describeWithPeers(
  ['linphonec', 'baresip', 'dumpcap', 'tshark', 'sox'],
  'TS-27 linphone through the PBX',
  () => {
    const folder = workFolder('linphone');
    let pbx: Pbx;
    let linphone: Linphone;
    const bob = new Baresip({
      folder,
      name: 'bob',
      port: 5120,
      tone: 880,
      codecs: 'pcmu',
      registrar: registrar('bob'),
    });

    beforeAll(async () => {
      const wav = join(folder, 'mic.wav');
      writeTone(wav, 440, 30);
      // linphone knows SHA-256, so this user is offered nothing weaker
      pbx = await Pbx.start(folder, {
        users: [
          { user: 'alice', password: 'pw-alice', digest: ['SHA-256'] },
          { user: 'bob', password: 'pw-bob' },
        ],
      });
      linphone = await new Linphone({
        folder,
        name: 'alice',
        port: 5170,
        wav,
        registrar: { domain: '127.0.0.1', password: 'pw-alice' },
      }).start();
      await bob.start();
    });
    afterAll(async () => {
      await linphone.stop();
      await bob.stop();
      expect(await pbx.stop()).toBe(0);
    });

    it('registers with SHA-256, calls baresip, and each hears the other', async () => {
      const capture = await Capture.start(folder, 'linphone');
      await linphone.call('sip:bob@127.0.0.1');
      await bob.event('CALL_ESTABLISHED');
      await pause(3000);
      await linphone.command('terminate');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      const range = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
      expect(listen(capture.sound(range)).heardFor(440), 'what bob hears').toBeGreaterThan(1.5);
      expect(listen(linphone.recording).heardFor(880), 'what linphone hears').toBeGreaterThan(1.5);
      await pbx.isQuiet();
      shows(
        'linphone',
        'Signalling: registers',
        'Signalling: digest with SHA-256',
        'Signalling: over udp',
        'Calls: places',
        'Calls: is heard',
        'Calls: hears',
      );
      shows('baresip', 'Calls: takes', 'Calls: is heard', 'Calls: hears');
    });
  },
);

describeWithPeers(
  ['twinkle-console', 'pulseaudio', 'pactl', 'baresip', 'dumpcap', 'tshark', 'sox'],
  'twinkle through the PBX',
  () => {
    const folder = workFolder('twinkle');
    let pbx: Pbx;
    let twinkle: Twinkle;
    let card: Awaited<ReturnType<typeof soundCard>>;
    const bob = new Baresip({
      folder,
      name: 'bob',
      port: 5120,
      tone: 880,
      codecs: 'pcmu',
      registrar: registrar('bob'),
    });

    beforeAll(async () => {
      const wav = join(folder, 'mic.wav');
      writeTone(wav, 440, 60);
      pbx = await Pbx.start(folder);
      card = await soundCard(folder, 'twinkle', wav);
      twinkle = await new Twinkle({
        folder,
        name: 'alice',
        port: 5200,
        env: card.env,
        registrar: registrar('alice'),
      }).start();
      await bob.start();
    });
    afterAll(async () => {
      await twinkle.stop();
      await bob.stop();
      await card.stop();
      expect(await pbx.stop()).toBe(0);
    });

    it('registers, calls baresip, and is heard', async () => {
      const capture = await Capture.start(folder, 'twinkle');
      await twinkle.call('sip:bob@127.0.0.1:5060');
      await bob.event('CALL_ESTABLISHED');
      await pause(5000);
      await twinkle.command('bye');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      const range = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
      expect(listen(capture.sound(range)).heardFor(440), 'what bob hears').toBeGreaterThan(1);
      await pbx.isQuiet();
      shows(
        'twinkle',
        'Signalling: registers',
        'Signalling: digest with MD5',
        'Signalling: over udp',
        'Calls: places',
        'Calls: is heard',
      );
    });
  },
);
