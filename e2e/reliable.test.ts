import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { describeWithPeers, isListening, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { sipp, sippInBackground } from './sipp.ts';
import { writeTone } from './sound.ts';
import { soundCard } from './sound-card.ts';
import { Twinkle } from './twinkle.ts';

const here = ['-i', '127.0.0.1'];
const as = (user: string, port: number): string[] => [
  '127.0.0.1:5060',
  ...here,
  '-p',
  String(port),
  '-m',
  '1',
  '-au',
  user,
  '-ap',
  `pw-${user}`,
];

describeWithPeers(
  ['sipp', 'ss', 'dumpcap', 'tshark'],
  'sipp with 100rel, UPDATE and timers',
  () => {
    const folder = workFolder('reliable');
    let pbx: Pbx;

    beforeAll(async () => {
      pbx = await Pbx.start(folder);
    });
    afterAll(async () => {
      expect(await pbx.stop()).toBe(0);
    });

    it('calls sipp: PRACK on both legs, refreshed by UPDATE, held by UPDATE', async () => {
      expect(sipp(folder, 'register', [...as('bob', 5070), '-s', 'bob']).status).toBe(0);
      const callee = sippInBackground(folder, 'callee-reliable', [
        ...here,
        '-p',
        '5070',
        '-m',
        '1',
      ]);
      await until('the callee listens', () => isListening(5070));
      const capture = await Capture.start(folder, 'reliable');
      const result = sipp(
        folder,
        'caller-reliable',
        [...as('alice', 5072), '-s', 'bob', '-set', 'caller', 'alice'],
        30,
      );
      expect(await callee.ended).toBe(0);
      await capture.stop();
      expect(result, result.errors).toMatchObject({ status: 0, successful: 1, failed: 0 });
      expect(capture.count('sip.Method == "PRACK" && udp.srcport == 5072')).toBe(1);
      expect(capture.count('sip.Method == "PRACK" && udp.dstport == 5070')).toBe(1);
      await pbx.isQuiet();
      shows('sipp', 'Signalling: PRACK (RFC 3262)', 'Signalling: UPDATE (RFC 3311)');
    });
  },
);

describeWithPeers(
  ['sipp', 'ss', 'twinkle-console', 'pulseaudio', 'pactl', 'dumpcap', 'tshark', 'sox'],
  'twinkle with 100rel through the PBX',
  () => {
    const folder = workFolder('twinkle-reliable');
    let pbx: Pbx;
    let twinkle: Twinkle;
    let card: Awaited<ReturnType<typeof soundCard>>;

    beforeAll(async () => {
      const wav = join(folder, 'mic.wav');
      writeTone(wav, 440, 30);
      pbx = await Pbx.start(folder);
      card = await soundCard(folder, 'twinkle', wav);
      twinkle = await new Twinkle({
        folder,
        name: 'alice',
        port: 5200,
        env: card.env,
        registrar: { domain: '127.0.0.1:5060', password: 'pw-alice' },
      }).start();
    });
    afterAll(async () => {
      await twinkle.stop();
      await card.stop();
      expect(await pbx.stop()).toBe(0);
    });

    it('acknowledges early media by PRACK, and the call goes on', async () => {
      expect(sipp(folder, 'register', [...as('bob', 5070), '-s', 'bob']).status).toBe(0);
      const bob = sippInBackground(folder, 'callee-reliable-plain', [
        ...here,
        '-p',
        '5070',
        '-m',
        '1',
      ]);
      await until('the callee listens', () => isListening(5070));
      const capture = await Capture.start(folder, 'twinkle');
      await twinkle.call('sip:bob@127.0.0.1:5060');
      await pause(1000);
      await twinkle.command('bye');
      expect(await bob.ended).toBe(0);
      await capture.stop();
      expect(capture.count('sip.Method == "PRACK" && udp.srcport == 5200')).toBe(1);
      expect(capture.count('sip.CSeq.method == "PRACK" && sip.Status-Code == 200')).toBe(2);
      shows('twinkle', 'Signalling: PRACK (RFC 3262)');
    });
  },
);
