import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { decoded, listen } from './sound.ts';

const [ALICE, BOB] = [440, 880];
const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

describeWithPeers(
  ['baresip', 'dumpcap', 'tshark', 'ffmpeg', 'sox'],
  'a call that is recorded as baresip types',
  () => {
    const folder = workFolder('recording-on-demand');
    const calls = join(folder, 'calls');
    let pbx: Pbx;
    const phone = (name: string, port: number, tone: number): Baresip =>
      new Baresip({ folder, name, port, tone, codecs: 'pcmu', registrar: registrar(name) });
    const alice = phone('alice', 5100, ALICE);
    const bob = phone('bob', 5120, BOB);

    beforeAll(async () => {
      pbx = await Pbx.start(folder, {
        recording: { folder: calls, of: [], onDemand: {}, format: 'ogg' },
      });
      await alice.start();
      await bob.start();
    });
    afterAll(async () => {
      await Promise.all([alice.stop(), bob.stop()]);
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    it('has what was said between the codes, but for a pause, and the record has the file', async () => {
      const type = async (digits: string): Promise<void> => {
        for (const digit of digits) {
          await alice.command('sndcode', digit);
          await pause(250);
          await alice.command('sndcode', '\u0004'); // the key is let go
          await pause(250);
        }
      };
      const capture = await Capture.start(folder, 'codes');
      await alice.command('dial', 'sip:bob@127.0.0.1:5060');
      await bob.event('CALL_ESTABLISHED');
      await pause(2000);
      expect(readdirSync(calls), 'nothing before somebody asks').toEqual([]);
      await type('*1');
      await pause(2000);
      await type('*2');
      await pause(3000);
      await type('*1');
      await pause(2000);
      await type('*3');
      await pause(2000);
      await alice.command('hangup');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      const [record] = await until('the record', async () => {
        const records = await pbx.cdrs(1);
        return records.length > 0 ? records : undefined;
      });
      const [recording, ...others] = record?.recordings ?? [];
      expect(others).toEqual([]);
      if (recording?.kind !== 'own' || 'error' in recording) throw new Error('no recording');
      expect(readdirSync(calls).map((file) => join(calls, file))).toEqual([recording.path]);
      // what was typed to pause and to stop is in it; the three seconds of the pause are not
      expect(recording.durationMs).toBeGreaterThan(4500);
      expect(recording.durationMs).toBeLessThan(8000);
      const [left, right] = [0, 1].map((channel) => listen(decoded(recording.path, channel)));
      expect(left?.heardFor(ALICE), 'the caller is on the left').toBeGreaterThan(3);
      expect(right?.heardFor(BOB), 'the callee is on the right').toBeGreaterThan(4);
      expect(right?.seconds ?? 0).toBeLessThan(8);
      shows('baresip', 'Recording: starts, pauses and stops it by keys');
    });
  },
);
