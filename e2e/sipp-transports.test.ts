import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestAuthority } from './certificates.ts';
import {
  type Background,
  background,
  describeWithPeers,
  isListening,
  until,
  workFolder,
} from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { sipp, sippInBackground } from './sipp.ts';

/** Where socat takes TCP and passes it on as TLS. */
const PLAIN_PORT = 5075;

/** sipp forgets the brackets in its digests. */
const SIX = ['-auth_uri', '[::1]:5060'];

const over = {
  UDP: { to: '127.0.0.1:5060', from: '127.0.0.1', args: ['-t', 'u1'] },
  TCP: { to: '127.0.0.1:5060', from: '127.0.0.1', args: ['-t', 't1'] },
  'UDP and IPv6': { to: '[::1]:5060', from: '::1', args: ['-t', 'u1', ...SIX] },
  'TCP and IPv6': { to: '[::1]:5060', from: '::1', args: ['-t', 't1', ...SIX] },
  TLS: { to: `127.0.0.1:${PLAIN_PORT}`, from: '127.0.0.1', args: ['-t', 't1'] },
} as const;

describeWithPeers(['sipp', 'socat', 'openssl', 'ss'], 'sipp', () => {
  const folder = workFolder('sipp-transports');
  const authority = new TestAuthority(folder);
  let pbx: Pbx;
  let socat: Background;
  let callee: Background;

  beforeAll(async () => {
    const points = ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060', 'tls:127.0.0.1:5061'];
    pbx = await Pbx.start(folder, {
      listen: [...points, 'udp:[::1]:5060', 'tcp:[::1]:5060'],
      tls: authority.issue(),
    });
    const tls = `OPENSSL:127.0.0.1:5061,cafile=${authority.cert},verify=1,commonname=127.0.0.1`;
    const tcp = `TCP-LISTEN:${PLAIN_PORT},bind=127.0.0.1,fork,reuseaddr`;
    socat = background(join(folder, 'socat.log'), ['socat', tcp, tls]);
    await until('socat listens', () => isListening(PLAIN_PORT, 'tcp'));
    const bob = ['-s', 'bob', '-au', 'bob', '-ap', 'pw-bob', '-m', '1'];
    const registered = sipp(folder, 'register', [
      '127.0.0.1:5060',
      '-i',
      '127.0.0.1',
      '-p',
      '5070',
      ...bob,
    ]);
    expect(registered.status, registered.errors).toBe(0);
    callee = sippInBackground(folder, 'callee', ['-i', '127.0.0.1', '-p', '5070']);
    await until('the callee listens', () => isListening(5070));
  });
  afterAll(async () => {
    await callee.stop();
    await socat.stop();
    expect(await pbx.stop()).toBe(0);
  });

  it.each(Object.entries(over))('registers, and calls over %s', async (_, { to, from, args }) => {
    const where = [to, '-i', from, '-p', '5072', ...args];
    const who = ['-au', 'alice', '-ap', 'pw-alice'];
    const registered = sipp(folder, 'register', [...where, '-s', 'alice', '-m', '1', ...who]);
    expect(registered.status, registered.errors).toBe(0);
    const before = (await pbx.cdrs(1000)).length;
    const caller = ['-set', 'caller', 'alice', ...who, '-m', '5', '-r', '5', '-d', '300'];
    const called = sipp(folder, 'caller', [...where, '-s', 'bob', ...caller], 20);
    expect(called, called.errors).toMatchObject({ status: 0, successful: 5, failed: 0 });
    const cdrs = await until('the records', async () => {
      const all = await pbx.cdrs(1000);
      return all.length === before + 5 ? all.slice(0, 5) : undefined;
    });
    for (const cdr of cdrs) expect(cdr).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
    shows('sipp', 'Signalling: registers', 'Calls: places', 'Calls: takes');
    if (args[1] === 'u1') shows('sipp', 'Signalling: over udp');
    else shows('sipp', 'Signalling: over tcp');
    if (from === '::1') shows('sipp', 'Signalling: IPv6');
  });

  it('calls with a description that is one part of several', async () => {
    const who = ['-au', 'alice', '-ap', 'pw-alice', '-set', 'caller', 'alice'];
    const where = ['127.0.0.1:5060', '-i', '127.0.0.1', '-p', '5072', '-s', 'bob'];
    const called = sipp(
      folder,
      'caller-accompanied',
      [...where, ...who, '-m', '1', '-d', '300'],
      20,
    );
    expect(called, called.errors).toMatchObject({ status: 0, successful: 1 });
    shows('sipp', 'Signalling: a description beside other parts (RFC 5621)');
  });
});
