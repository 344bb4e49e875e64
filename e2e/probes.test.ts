import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, runToEnd, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { sipp } from './sipp.ts';

const TARGET = '127.0.0.1';
/** An address that is not loopback, which is trusted: the one of the tests' own network. */
const OUTSIDE = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address }) => address)
  .find((address) => address.startsWith('10.77.'));
if (OUTSIDE === undefined) console.log('skipped: svmap from outside (no network of its own)');
/** Where svwar and svcrack send from. */
const FROM = ['-b', '127.0.0.66', '-P', '5999'];

describeWithPeers(
  ['svmap', 'svwar', 'svcrack', 'sipsak', 'sipp'],
  'scanners that point at the PBX',
  () => {
    const folder = workFolder('probes');
    let pbx: Pbx;

    beforeAll(async () => {
      const outside = OUTSIDE === undefined ? [] : [`udp:${OUTSIDE}:5060`];
      pbx = await Pbx.start(folder, {
        listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060', ...outside],
        users: [
          { user: '105', password: 'sunshine-105' },
          { user: 'alice', password: 'pw-alice' },
        ],
      });
    });
    afterAll(async () => {
      expect(await pbx.stop()).toBe(0);
    });

    it.each(['REGISTER', 'INVITE', 'OPTIONS'])('svwar finds no extension by %s', (method) => {
      const extensions = ['-e', '100-120', '-m', method];
      const { output } = runToEnd(['svwar', ...FROM, ...extensions, TARGET], { seconds: 25 });
      expect(output).not.toMatch(/^\|\s*1\d\d\s*\|/m);
    });

    it('svwar finds none when it goes on although all answers are alike', () => {
      const extensions = ['-e', '100-120', '-m', 'REGISTER', '--force'];
      const { output } = runToEnd(['svwar', ...FROM, ...extensions, TARGET], { seconds: 25 });
      const found = [...output.matchAll(/^\|\s*(1\d\d)\s*\|\s*(\w+)/gm)].map(([, , how]) => how);
      expect(new Set(found).size, output).toBeLessThanOrEqual(1); // all or none, 105 like the others
    });

    it('A10: svcrack is stopped before it comes to the right word, its sixth', () => {
      const words = Array.from({ length: 60 }, (_, index) => `word-${index}`);
      words.splice(5, 0, 'sunshine-105');
      writeFileSync(join(folder, 'words'), words.join('\n'));
      const dictionary = ['-u', '105', '-d', join(folder, 'words')];
      const { output } = runToEnd(['svcrack', ...FROM, ...dictionary, TARGET], { seconds: 12 });
      expect(output).not.toContain('sunshine-105');
    });

    it('svmap learns no more than that something is there', () => {
      const { output } = runToEnd(['svmap', '-b', '127.0.0.66', '-p', '5060', TARGET], {
        seconds: 25,
      });
      expect(output).not.toMatch(/strowger|105|alice/i);
    });

    if (OUTSIDE !== undefined) {
      it('svmap from outside is answered nothing at all', () => {
        const from = ['-b', OUTSIDE, '-P', '5998', '-p', '5060'];
        const { output } = runToEnd(['svmap', ...from, OUTSIDE], { seconds: 25 });
        expect(output).not.toContain(`${OUTSIDE}:5060`);
        expect(output).toMatch(/found nothing/i);
      });
    }

    it('sipsak is not told whether a user is there', () => {
      const ask = (user: string): string => {
        const to = `sip:${user}@${TARGET}:5060`;
        const { output } = runToEnd(['sipsak', '-vv', '-s', to], { seconds: 10 });
        return /SIP\/2\.0 \d+/.exec(output)?.[0] ?? '';
      };
      expect(ask('105')).toBe(ask('nobody'));
    });

    it('sipsak does not register with a wrong password', () => {
      const who = ['-u', 'alice', '-a', 'wrong', '-x', '60'];
      const where = ['-s', `sip:alice@${TARGET}:5060`, '-C', 'sip:alice@127.0.0.1:5999'];
      const { status } = runToEnd(['sipsak', '-U', '-i', ...where, ...who], { seconds: 10 });
      expect(status).not.toBe(0);
    });

    it('a phone registers all the while', () => {
      const where = ['127.0.0.1:5060', '-i', '127.0.0.1', '-p', '5072', '-m', '1'];
      const who = ['-s', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
      const { status, errors } = sipp(folder, 'register', [...where, ...who], 10);
      expect(status, errors).toBe(0);
    });
  },
);
