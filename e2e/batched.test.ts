import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, isListening, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { sipp, sippInBackground } from './sipp.ts';
import { listen } from './sound.ts';

describeWithPeers(
  ['baresip', 'sipp', 'ss', 'dumpcap', 'tshark', 'sox'],
  'a PBX with datagrams in batches',
  () => {
    const folder = workFolder('batched');
    const media = { address: '127.0.0.1', ports: '20000-29999', codecs: ['pcmu', 'pcma'] };
    let pbx: Pbx;

    beforeAll(async () => {
      pbx = await Pbx.start(folder, {
        datagrams: 'batched',
        dscp: { signalling: 24, media: 46 },
        media: { ...media, workers: 2 },
      });
      const maps = readFileSync(`/proc/${pbx.program.child.pid}/maps`, 'latin1');
      expect(maps, 'the compiled part is loaded').toContain('linux-x64.node');
    });
    afterAll(async () => {
      expect(await pbx.stop()).toBe(0);
    });

    const phone = (name: string, port: number, over: object): Baresip => {
      const registrar = { domain: '127.0.0.1:5060', password: `pw-${name}` };
      return new Baresip({ folder, name, port, codecs: 'pcmu', registrar, ...over });
    };

    it('relays the sound of baresips to each other, and marks what it sends', async () => {
      const alice = phone('alice', 5100, { tone: 440 });
      const bob = phone('bob', 5120, { tone: 880 });
      for (const one of [alice, bob]) await one.start();
      const capture = await Capture.start(folder, 'batched');
      await alice.command('dial', bob.uri);
      await Promise.all([alice, bob].map((one) => one.event('CALL_ESTABLISHED')));
      await pause(3000);
      await alice.command('hangup');
      await bob.event('CALL_CLOSED');
      await capture.stop();
      for (const one of [alice, bob]) await one.stop();
      const soundTo = ({ rtpPort }: Baresip) =>
        listen(capture.sound(`udp.dstport >= ${rtpPort} && udp.dstport <= ${rtpPort + 98}`));
      const classes = (filter: string) =>
        new Set(capture.fields(filter, 'ip.dsfield.dscp').map(([dscp]) => dscp));
      expect(classes('sip && udp.srcport == 5060'), 'CS3').toEqual(new Set(['24']));
      expect(classes('rtp && udp.srcport >= 20000'), 'EF').toEqual(new Set(['46']));
      expect(classes('sip && udp.dstport == 5060'), 'not by us').not.toContain('24');
      expect(soundTo(bob).heardFor(440), 'what bob hears').toBeGreaterThan(2);
      expect(soundTo(alice).heardFor(880), 'what alice hears').toBeGreaterThan(2);
    });

    it('is reached over IPv6, and marks that as well', async () => {
      const registrar = { domain: '127.0.0.1', password: 'pw-bob', outbound: 'sip:[::1]:5060' };
      const bob = phone('bob', 5140, { ip: '::1', registrar });
      const capture = await Capture.start(folder, 'batched-v6');
      await bob.start(); // throws where it does not register
      await bob.stop();
      await capture.stop();
      const answers = capture.fields('sip && ipv6 && udp.srcport == 5060', 'ipv6.tclass.dscp');
      expect(answers.length).toBeGreaterThan(0);
      expect(new Set(answers.map(([dscp]) => dscp))).toEqual(new Set(['24']));
    });

    it('answers 300 calls of sipp at 50 calls/s, and nothing is left over', async () => {
      const here = ['127.0.0.1:5060', '-i', '127.0.0.1'];
      const user = (name: string) => ['-s', name, '-au', name, '-ap', `pw-${name}`];
      const registered = (name: string, port: string) =>
        sipp(folder, 'register', [...here, '-p', port, '-m', '1', ...user(name)]).status;
      expect([registered('carol', '5072'), registered('dave', '5070')]).toEqual([0, 0]);
      const callee = sippInBackground(folder, 'callee', ['-i', '127.0.0.1', '-p', '5070']);
      await until('the callee listens', () => isListening(5070));
      const load = ['-m', '300', '-r', '50', '-d', '300'];
      const who = ['-s', 'dave', '-set', 'caller', 'carol', '-au', 'carol', '-ap', 'pw-carol'];
      const result = sipp(folder, 'caller', [...here, '-p', '5072', ...load, ...who], 60);
      await callee.stop();
      expect(result, result.errors).toMatchObject({ status: 0, successful: 300, failed: 0 });
      await pbx.isQuiet();
      const records = await pbx.cdrs(1000);
      const answered = records.filter(({ outcome }) => outcome === 'answered');
      expect(answered, 'these, and that of the baresips').toHaveLength(301);
    }, 100_000);
  },
);
