import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Background, background, describeWithPeers, here, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';

const SERVER = '10.88.0.1';
const HOME = '10.88.0.2';
const ELSEWHERE = '10.88.0.3';

/** Runs `ip`, in the network namespace of a process where one is given. */
function ip(args: string, pid?: number): void {
  const inside = pid === undefined ? [] : ['nsenter', '-t', String(pid), '-n'];
  const [command = '', ...rest] = [...inside, 'ip', ...args.split(' ')];
  execFileSync(command, rest);
}

describeWithPeers(
  ['ip', 'nsenter', 'unshare'],
  'a phone whose machine gets another address',
  () => {
    const folder = workFolder('network-change');
    let pbx: Pbx;
    let machine: Background;
    let pid: number;

    beforeAll(async () => {
      // a machine of its own for the phone: a network namespace, joined to ours by a cable
      machine = background(join(folder, 'machine.log'), [
        'unshare',
        '--net',
        'sh',
        '-c',
        'echo $$; exec sleep 300',
      ]);
      pid = Number(await until('its machine', () => /^(\d+)$/mu.exec(machine.output())?.[1]));
      ip('link add cable type veth peer name phone');
      ip(`link set phone netns ${pid}`);
      ip(`addr add ${SERVER}/24 dev cable`);
      ip('link set cable up');
      ip('link set lo up', pid);
      ip(`addr add ${HOME}/24 dev phone`, pid);
      ip('link set phone up', pid);
      pbx = await Pbx.start(folder, {
        domain: SERVER,
        listen: [`udp:${SERVER}:5060`, `tcp:${SERVER}:5060`],
        media: { address: SERVER, ports: '20000-29999', codecs: ['pcmu'] },
      });
    });
    afterAll(async () => {
      await machine.stop('SIGKILL');
      expect(await pbx.stop()).toBe(0);
    });

    it.each([
      ['udp', 'off', HOME, ELSEWHERE],
      ['udp', 'full', ELSEWHERE, HOME],
      ['tcp', 'off', HOME, ELSEWHERE],
    ] as const)('goes on talking over %s, ICE %s', async (transport, ice, from, to) => {
      const phone = background(join(folder, `phone-${transport}-${ice}.log`), [
        'nsenter',
        '-t',
        String(pid),
        '-n',
        process.execPath,
        join(here, 'moving-phone.mjs'),
        SERVER,
        transport,
        ice,
      ]);
      await until('the echo is heard', () => phone.output().includes(`hears ${from}`), 10_000);
      ip(`addr del ${from}/24 dev phone`, pid);
      ip(`addr add ${to}/24 dev phone`, pid);
      await until('it has noticed', () => phone.output().includes(`moved ${to}`), 10_000);
      await until('the echo is heard again', () => phone.output().includes(`hears ${to}`), 10_000);
      expect((await pbx.counts())['calls']).toBe(1);
      expect(phone.output()).not.toContain('ended');
      expect(await phone.stop('SIGTERM', 8000)).toBe(0);
      expect(phone.output()).toContain('ended hungUp by local');
      const [cdr] = await pbx.cdrs(1);
      expect(cdr).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
    });
  },
);
