import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

describeWithPeers(
  ['baresip', 'dumpcap', 'tshark', 'sox'],
  'calls between phones that share no codec',
  () => {
    const folder = workFolder('transcoding');
    let pbx: Pbx;
    beforeAll(async () => {
      pbx = await Pbx.start(folder, {
        media: { address: '127.0.0.1', ports: '20000-29999' },
      });
    });
    afterAll(async () => {
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    it.each([
      { caller: 'opus', codecs: 'opus/48000/2', callee: 'pcmu', its: 'pcmu', port: 5100 },
      { caller: 'pcma', codecs: 'pcma', callee: 'g722', its: 'g722/16000/1', port: 5140 },
    ])('are transcoded: $caller calls $callee', async ({ caller, codecs, callee, its, port }) => {
      const alice = new Baresip({
        folder,
        name: 'alice',
        port,
        tone: 440,
        codecs,
        registrar: registrar('alice'),
      });
      const bob = new Baresip({
        folder,
        name: 'bob',
        port: port + 20,
        tone: 880,
        codecs: its,
        registrar: registrar('bob'),
      });
      await alice.start();
      await bob.start();
      const capture = await Capture.start(folder, caller);
      await alice.command('dial', 'sip:bob@127.0.0.1:5060');
      await bob.event('CALL_ESTABLISHED');
      await pause(4000);
      await alice.command('hangup');
      await alice.event('CALL_CLOSED');
      await capture.stop();
      await Promise.all([alice.stop(), bob.stop()]);
      expect(listen(bob.heard).heardFor(440), 'what bob hears').toBeGreaterThan(2.5);
      expect(listen(alice.heard).heardFor(880), 'what alice hears').toBeGreaterThan(2.5);

      const types = (phone: Baresip, side: 'src' | 'dst'): string[] => {
        const ports = `udp.${side}port >= ${phone.rtpPort} && udp.${side}port <= ${phone.rtpPort + 98}`;
        const rows = capture.fields(`rtp && ${ports}`, 'rtp.p_type');
        return [...new Set(rows.map(([type]) => codecOf(type)))];
      };
      for (const side of ['src', 'dst'] as const) {
        expect(types(alice, side), `of alice, ${side}`).toEqual([caller]);
        expect(types(bob, side), `of bob, ${side}`).toEqual([callee]);
      }
      const [record] = await until('the record', async () => {
        const records = await pbx.cdrs(1);
        return records[0]?.legs[1]?.remote.includes(String(port + 20)) ? records : undefined;
      });
      expect(record?.transcoded).toEqual({ from: caller, to: callee, reason: 'noCommonCodec' });
      expect(record?.legs.map(({ media }) => media?.codec)).toEqual([caller, callee]);
      shows('baresip', 'Media: another codec than the other phone: transcoded');
    });
  },
);

/** Static types are what RFC 3551 says; of the others these phones have but Opus. */
function codecOf(type: string | undefined): string {
  const known: Record<string, string> = { 0: 'pcmu', 8: 'pcma', 9: 'g722' };
  return known[type ?? ''] ?? (Number(type) >= 96 ? 'opus' : `type ${type}`);
}
