import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { G722Decoder, G722Encoder } from '@strowger/media-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, root, runToEnd, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

describeWithPeers(['ffmpeg'], 'our G.722 and that of ffmpeg', () => {
  const folder = workFolder('g722');
  const ffmpeg = (...args: string[]): void => {
    execFileSync('ffmpeg', ['-y', '-v', 'error', ...args]);
  };

  it('are the same, bit by bit, whatever the sound', () => {
    const samples = Int16Array.from({ length: 320_000 }, (_, at) => {
      const noise = (Math.imul(at + 1, 2_654_435_761) >>> 16) - 32_768;
      const loud = [0.02, 0.3, 1, 0][Math.floor(at / 20_000) % 4] ?? 0;
      return Math.round(noise * loud * 0.5 + 16_000 * loud * Math.sin(at / (3 + at / 20_000)));
    });
    const [raw, coded, again] = ['in.s16', 'coded.g722', 'out.s16'].map((one) => join(folder, one));
    if (!raw || !coded || !again) throw new Error('three names');
    writeFileSync(raw, new Uint8Array(samples.buffer));
    ffmpeg('-f', 's16le', '-ar', '16000', '-ac', '1', '-i', raw, '-c:a', 'g722', coded);
    const bytes = new Uint8Array(160_000);
    new G722Encoder().encode(samples, bytes);
    expect(Buffer.compare(readFileSync(coded), bytes)).toBe(0);
    ffmpeg('-f', 'g722', '-i', coded, '-f', 's16le', again);
    const decoded = new Int16Array(320_000);
    new G722Decoder().decode(bytes, decoded);
    expect(Buffer.compare(readFileSync(again), Buffer.from(decoded.buffer))).toBe(0);
  });
});

describeWithPeers(['baresip', 'sox'], 'our phone and baresip, in wide band', () => {
  const folder = workFolder('wide');

  it.each([
    { codec: 'g722', codecs: 'g722/16000/1', port: 5120 },
    { codec: 'opus', codecs: 'opus/48000/2', port: 5160 },
  ] as const)('hear each other by $codec', async ({ codec, codecs, port }) => {
    const bob = new Baresip({ folder, name: `bob-${codec}`, port, tone: 880, codecs });
    await bob.start();
    const wav = join(folder, `${codec}.wav`);
    const program = join(root, 'apps/phone/dist/main.js');
    const to = `sip:bob-${codec}@127.0.0.1:${port}`;
    const sound = ['--play', 'tone:440', '--record', wav, '--duration', '3s'];
    const { output } = runToEnd([process.execPath, program, 'call', to, ...sound, '--json']);
    await bob.stop();
    expect(output).toContain(`"codec":"${codec}"`);
    expect(listen(wav).heardFor(880), 'what we hear').toBeGreaterThan(1.5);
    expect(listen(bob.heard).heardFor(440), 'what baresip hears').toBeGreaterThan(1.5);
    shows('baresip', `Media: ${codec}`, 'Calls: is heard', 'Calls: hears');
  });
});

describeWithPeers(
  ['baresip', 'linphonec', 'dumpcap', 'tshark', 'sox'],
  'the echo of the PBX, in wide band',
  () => {
    const folder = workFolder('wide-echo');
    let pbx: Pbx;
    beforeAll(async () => {
      pbx = await Pbx.start(folder, {
        media: { address: '127.0.0.1', ports: '20000-29999' },
        users: [
          { user: 'alice', password: 'pw-alice', digest: ['SHA-256'] },
          { user: 'bob', password: 'pw-bob' },
          { user: 'carol', password: 'pw-carol' },
        ],
      });
    });
    afterAll(async () => {
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    it.each([
      { name: 'bob', codecs: 'g722/16000/1', port: 5120 },
      { name: 'carol', codecs: 'opus/48000/2', port: 5140 },
    ])('comes back to baresip by $codecs', async ({ name, codecs, port }) => {
      const phone = new Baresip({
        folder,
        name,
        port,
        tone: 700,
        codecs,
        registrar: registrar(name),
      });
      await phone.start();
      await phone.command('dial', 'sip:*43@127.0.0.1:5060');
      await phone.event('CALL_ESTABLISHED');
      await pause(3000);
      await phone.command('hangup');
      await phone.stop();
      expect(listen(phone.heard).heardFor(700)).toBeGreaterThan(1.5);
    });

    it('comes back to linphone by Opus', async () => {
      const wav = join(folder, 'mic.wav');
      writeTone(wav, 600, 30);
      const linphone = await new Linphone({
        folder,
        name: 'alice',
        port: 5170,
        wav,
        registrar: { domain: '127.0.0.1', password: 'pw-alice' },
      }).start();
      const capture = await Capture.start(folder, 'linphone');
      await linphone.call('sip:*43@127.0.0.1');
      await pause(3500);
      await linphone.command('terminate');
      await capture.stop();
      await linphone.stop();
      // a packet of G.711 would be the same length every time, and of a static type
      const types = new Set(capture.fields('rtp', 'rtp.p_type').map(([type]) => Number(type)));
      expect([...types].every((type) => type >= 96)).toBe(true);
      expect(listen(linphone.recording).heardFor(600)).toBeGreaterThan(1.5);
      shows('linphone', 'Media: opus', 'Calls: is heard', 'Calls: hears');
    });
  },
);
