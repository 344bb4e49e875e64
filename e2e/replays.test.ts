import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { describeWithPeers, isListening, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { sipp, sippInBackground } from './sipp.ts';
import { listen, writeTone } from './sound.ts';

/** What sipp is installed with: some five seconds of G.711. */
const VOICE = '/usr/share/sip-tester/g711a.pcap';
const at = (port: number): string[] => ['-i', '127.0.0.1', '-p', String(port)];
const as = (user: string): string[] => ['-au', user, '-ap', `pw-${user}`];
const media = (port: number): string[] => ['-mi', '127.0.0.1', '-mp', String(port)];

describeWithPeers(
  ['sipp', 'ss', 'dumpcap', 'tshark', 'sox'],
  'sipp on both sides of a relay, with the same SSRC',
  () => {
    const folder = workFolder('replays');
    let pbx: Pbx;

    beforeAll(async () => {
      pbx = await Pbx.start(folder);
      const raw = ['-e', 'u-law', '-t', 'raw'];
      writeTone(join(folder, 'tone.ulaw'), 440, 10, raw);
      writeTone(join(folder, 'other.ulaw'), 880, 10, raw);
      copyFileSync(VOICE, join(folder, 'voice.pcap'));
    });
    afterAll(async () => {
      await pbx.isQuiet();
      expect(await pbx.stop()).toBe(0);
    });

    const talk = async (kind: 'rtp' | 'replays', ms: number): Promise<Capture> => {
      const registering = ['127.0.0.1:5060', ...at(5070), '-m', '1', '-s', 'bob', ...as('bob')];
      const bob = sipp(folder, 'register', registering);
      expect(bob.status, bob.errors).toBe(0);
      const callee = sippInBackground(folder, `callee-${kind}`, [...at(5070), ...media(6200)]);
      await until('the callee listens', () => isListening(5070));
      const capture = await Capture.start(folder, kind);
      const where = ['127.0.0.1:5060', ...at(5072), '-m', '1', '-r', '1', '-s', 'bob'];
      const who = ['-set', 'caller', 'alice', ...as('alice')];
      const how = [...media(6100), '-d', String(ms)];
      const result = sipp(folder, `caller-${kind}`, [...where, ...who, ...how]);
      await pause(200);
      await capture.stop();
      await callee.stop();
      expect(result, result.errors).toMatchObject({ status: 0, successful: 1 });
      return capture;
    };

    it('passes RTP streams, each whole, and each hears the other', async () => {
      const capture = await talk('rtp', 4000);
      const ssrcs = ['6100', '6200'].map((port) => sources(capture, `udp.srcport == ${port}`));
      expect(ssrcs[0], 'sipp has one SSRC on either side').toEqual(ssrcs[1]);
      for (const [from, to, hz] of [
        ['6100', '6200', 440],
        ['6200', '6100', 880],
      ] as const) {
        const sent = capture.count(`rtp && udp.srcport == ${from}`);
        expect(sent, `of ${from}`).toBeGreaterThan(100);
        const { count, steps } = stream(capture, to);
        // but for what comes before the other side is answered, and after its BYE: steps show holes
        expect(count, `to ${to}`).toBeGreaterThan(sent * 0.95);
        expect(steps, `to ${to}`).toEqual([1]);
        const heard = listen(capture.sound(`udp.dstport == ${to}`)).heardFor(hz);
        expect(heard, `at ${to}`).toBeGreaterThan(sent * 0.02 * 0.9);
      }
    });

    it('passes captures that are replayed twice: each packet, in one stream', async () => {
      const capture = await talk('replays', 7000);
      const ssrcs = ['6100', '6200'].map((port) => sources(capture, `udp.srcport == ${port}`));
      expect(ssrcs[0]).toEqual(ssrcs[1]);
      for (const [from, to] of [
        ['6100', '6200'],
        ['6200', '6100'],
      ] as const) {
        const sent = numbers(capture, `udp.srcport == ${from}`);
        expect(sent.length, 'twice').toBeGreaterThan(1.7 * new Set(sent).size);
        const { count, steps, sources: own } = stream(capture, to);
        // whoever begins anew is believed from the second packet on (RFC 3550 §A.1)
        expect(count, `to ${to}`).toBeGreaterThan(sent.length * 0.95);
        expect(own).toHaveLength(1);
        expect(steps, `to ${to}`).toEqual([1]);
      }
    });
  },
);

function sources(capture: Capture, filter: string): string[] {
  return [...new Set(capture.fields(`rtp && ${filter}`, 'rtp.ssrc').map(([ssrc]) => ssrc ?? ''))];
}

function numbers(capture: Capture, filter: string): number[] {
  return capture.fields(`rtp && ${filter}`, 'rtp.seq').map(([number]) => Number(number));
}

/** What arrived at a port: how many packets, by how much their numbers grow, of which sources. */
function stream(capture: Capture, port: string) {
  const all = numbers(capture, `udp.dstport == ${port}`);
  const steps = all.slice(1).map((number, index) => (number - (all[index] ?? 0)) & 0xffff);
  return {
    count: all.length,
    steps: [...new Set(steps)],
    sources: sources(capture, `udp.dstport == ${port}`),
  };
}
