import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecordingMetadata } from '@strowger/dialog-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { sipp, sippInBackground } from './sipp.ts';
import { decoded, listen } from './sound.ts';

const [CALLER, CALLEE] = [440, 880];
const MEDIA = 7000;

const peers = ['baresip', 'sipp', 'sox', 'tshark', 'ffmpeg', 'opusinfo'];

describeWithPeers(peers, 'a PBX that has calls recorded', () => {
  const folder = workFolder('siprec');
  const own = join(folder, 'own');
  const bob = new Baresip({
    folder,
    name: 'bob',
    port: 5120,
    tone: CALLEE,
    codecs: 'pcmu',
    registrar: { domain: '127.0.0.1', password: 'pw-bob' },
  });
  let pbx: Pbx;

  beforeAll(async () => {
    const recording = {
      server: 'sip:srs@127.0.0.1:5090',
      folder: own,
      format: 'ogg',
      policy: 'required',
      answerMs: 2000,
    };
    pbx = await Pbx.start(folder, { recording });
    await bob.start();
    const tone = ['-n', '-r', '8000', '-c', '1', '-e', 'u-law', '-t', 'raw', 'tone.ulaw'];
    execFileSync('sox', [...tone, 'synth', '20', 'sine', String(CALLER)], { cwd: folder });
  });
  afterAll(async () => {
    await bob.stop();
    expect(await pbx.stop()).toBe(0);
  });

  /** Alice calls bob, and talks for some seconds. */
  function call(seconds: number): ReturnType<typeof sipp> {
    const who = ['-s', 'bob', '-set', 'caller', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
    const times = ['-m', '1', '-d', String(seconds * 1000), '-mp', '6000'];
    return sipp(folder, 'caller-rtp', ['127.0.0.1:5060', '-i', '127.0.0.1', ...who, ...times]);
  }

  it('sends sipp as recording server each party on its own line, and metadata that says whose', async () => {
    const capture = await Capture.start(folder, 'siprec');
    const where = ['-i', '127.0.0.1', '-p', '5090', '-mp', String(MEDIA), '-m', '1'];
    const srs = sippInBackground(folder, 'srs', where);
    expect(call(6)).toMatchObject({ status: 0, successful: 1 });
    expect(await srs.ended, srs.output().slice(-600)).toBe(0);
    await capture.stop();

    const at = (port: number) => ({ from: port, to: port });
    const heard = capture.soundsTo({ caller: at(MEDIA), callee: at(MEDIA + 2) });
    expect(listen(heard.caller).heardFor(CALLER), 'the caller on line 1').toBeGreaterThan(3);
    expect(listen(heard.caller).heardFor(CALLEE), 'the callee on line 1').toBeLessThan(0.3);
    expect(listen(heard.callee).heardFor(CALLEE), 'the callee on line 2').toBeGreaterThan(3);
    expect(listen(heard.callee).heardFor(CALLER), 'the caller on line 2').toBeLessThan(0.3);
    // what tshark makes of it: one stream on each line, without a gap of ours
    for (const port of [MEDIA, MEDIA + 2]) {
      const rows = capture.fields(`rtp && udp.dstport == ${port}`, 'rtp.ssrc', 'rtp.seq');
      expect(new Set(rows.map(([ssrc]) => ssrc)).size, `streams at ${port}`).toBe(1);
      expect(rows.length).toBeGreaterThan(150);
      const numbers = rows.map(([, number]) => Number(number));
      const steps = numbers
        .slice(1)
        .map((number, index) => (number - (numbers[index] ?? 0)) & 0xffff);
      expect([...new Set(steps)], `steps at ${port}`).toEqual([1]);
    }
    const [invite] = capture.fields('sip.Method == "INVITE" && udp.dstport == 5090', 'udp.payload');
    const text = Buffer.from((invite?.[0] ?? '').replaceAll(':', ''), 'hex').toString();
    const xml = /<\?xml[\s\S]*<\/recording>/u.exec(text)?.[0] ?? '';
    const metadata = parseRecordingMetadata(xml);
    expect(metadata.ok && metadata.value.participants.map(({ aor }) => aor)).toEqual([
      'sip:alice@127.0.0.1',
      'sip:bob@127.0.0.1',
    ]);
    shows('sipp', 'Recording: is sent both parties and whose they are (RFC 7865, 7866)');
    shows('sipp', 'Recording: asks for the metadata once more, and gets it (RFC 7866)');
  }, 120_000);

  it('records both parties by itself, which the record of the call says, and ffmpeg hears', async () => {
    const [record] = await pbx.cdrs(1);
    expect(record?.recordings).toMatchObject([
      { kind: 'server', server: 'sip:srs@127.0.0.1:5090', outcome: 'completed' },
      { kind: 'own', lostMs: 0, sha256: expect.stringMatching(/^[\da-f]{64}$/u) },
    ]);
    const [name = ''] = readdirSync(own);
    expect(name).toMatch(/^\d{4}-.*Z-alice-bob-\w{6}\.ogg$/u);
    const path = join(own, name);
    expect(record?.recordings?.[1]).toMatchObject({ path });
    execFileSync('opusinfo', [path]);
    const [left, right] = [0, 1].map((channel) => listen(decoded(path, channel)));
    expect(left?.heardFor(CALLER), 'the caller on the left').toBeGreaterThan(3);
    expect(right?.heardFor(CALLEE), 'the callee on the right').toBeGreaterThan(3);
  });

  it('refuses a call while the server is away, and says why', async () => {
    expect(call(2)).toMatchObject({ successful: 0, failed: 1 });
    await until('the record is written', async () => (await pbx.cdrs(2)).length === 2);
    const [record] = await pbx.cdrs(1);
    expect(record).toMatchObject({ outcome: 'failed', reason: 'recordingFailed' });
    expect(record?.recordings?.[0]).toMatchObject({ kind: 'server' });
    await pbx.isQuiet();
  }, 120_000);
});
