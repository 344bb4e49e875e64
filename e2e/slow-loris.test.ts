import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestAuthority } from './certificates.ts';
import {
  type Background,
  background,
  describeWithPeers,
  isListening,
  root,
  until,
  workFolder,
} from './lab.ts';
import { Pbx } from './pbx.ts';
import { sipp, sippInBackground } from './sipp.ts';

const LORIS = join(root, 'bench/slow-loris-connections.mjs');
const CONNECTIONS = 1000;

describeWithPeers(['sipp', 'openssl', 'ss'], 'T01: 1,000 connections that do nothing', () => {
  const folder = workFolder('slow-loris');
  const authority = new TestAuthority(folder);
  let pbx: Pbx;
  let loris: Background;

  const open = (): number =>
    Number(
      loris
        .output()
        .match(/open \d+/g)
        ?.at(-1)
        ?.slice(5) ?? 0,
    );
  const at = (port: number) => ['127.0.0.1:5060', '-i', '127.0.0.1', '-p', String(port)];
  const as = (user: string) => ['-au', user, '-ap', `pw-${user}`];

  /** Registers, for a minute, and listens. */
  async function bobAnswers(): Promise<Background> {
    const bob = sipp(folder, 'register', [...at(5070), '-m', '1', '-s', 'bob', ...as('bob')]);
    expect(bob.status, bob.errors).toBe(0);
    const callee = sippInBackground(folder, 'callee', ['-i', '127.0.0.1', '-p', '5070']);
    await until('the callee listens', () => isListening(5070));
    return callee;
  }

  beforeAll(async () => {
    pbx = await Pbx.start(folder, {
      listen: [
        'udp:127.0.0.1:5060',
        'tcp:127.0.0.1:5060',
        'tls:127.0.0.1:5061',
        'ws:127.0.0.1:5062',
      ],
      tls: authority.issue(),
    });
    const ports = ['5060', '5061', '5062'];
    const command = [process.execPath, LORIS, String(CONNECTIONS), ...ports] as const;
    loris = background(join(folder, 'loris.log'), [...command]);
    await until('the connections are open', () => open() > CONNECTIONS * 0.95, 15_000);
  });
  afterAll(async () => {
    await loris.stop('SIGKILL');
    expect(await pbx.stop()).toBe(0);
  });

  it.each([
    ['UDP', ['-t', 'u1']],
    ['TCP', ['-t', 't1']],
  ])('300 calls at 25 calls/s over %s: none fails', async (_, transport) => {
    const callee = await bobAnswers();
    const rate = ['-m', '300', '-r', '25', '-d', '300', ...transport];
    const who = ['-s', 'bob', '-set', 'caller', 'alice', ...as('alice')];
    const result = sipp(folder, 'caller', [...at(5072), ...rate, ...who], 40);
    await callee.stop();
    expect(result, result.errors).toMatchObject({ status: 0, successful: 300, failed: 0 });
  });

  it('they are thrown out in the end, come again, and the PBX lives', async () => {
    expect(open()).toBeGreaterThan(CONNECTIONS / 2);
    expect((await pbx.get('/health')).status).toBe(200);
  });
});
