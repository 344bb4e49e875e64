import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CertificateFiles, TestAuthority } from './certificates.ts';
import { Coturn } from './coturn.ts';
import { Dnsmasq } from './dnsmasq.ts';
import {
  type Background,
  background,
  describeWithPeers,
  here,
  isListening,
  root,
  runToEnd,
  until,
  workFolder,
} from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly found: string;
  readonly remedy?: string;
}

const ALICE = ['-u', 'sip:alice@127.0.0.1', '-p', 'pw-alice'];

/** What the doctor says, by what was looked at: the last finding of each. */
function doctor(args: readonly string[]): { status: number; findings: Record<string, Finding> } {
  const program = join(root, 'apps/phone/dist/main.js');
  const { status, output } = runToEnd([process.execPath, program, 'doctor', '--json', ...args]);
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  // the program's own JSON, whose shape its tests check
  const findings = lines.map((line) => JSON.parse(line) as Finding);
  return { status, findings: Object.fromEntries(findings.map((one) => [one.check, one])) };
}

const verdicts = (findings: Record<string, Finding>): Record<string, string> =>
  Object.fromEntries(Object.values(findings).map(({ check, verdict }) => [check, verdict]));

describeWithPeers(['kamailio', 'dnsmasq', 'openssl', 'ss'], 'phone doctor', () => {
  const folder = workFolder('doctor');
  const authority = new TestAuthority(folder);
  const dns = new Dnsmasq(folder, 5353);
  let pbx: Pbx;
  let registrar: Background;

  beforeAll(async () => {
    pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'tls:127.0.0.1:5061'],
      tls: authority.issue(),
    });
    const work = ['-Y', folder, '-P', join(folder, 'pid'), '-w', folder];
    const file = join(here, 'kamailio-registrar.cfg');
    registrar = background(join(folder, 'kamailio.log'), [
      'kamailio',
      '-f',
      file,
      ...'-DD -E -m 64 -M 8'.split(' '),
      ...work,
    ]);
    await until('kamailio listens', () => isListening(5066), 10_000);
    await dns.serve([
      'srv-host=_sip._udp.good.test,sip.good.test,5060',
      'address=/sip.good.test/127.0.0.1',
      'srv-host=_sip._udp.dangling.test,gone.dangling.test,5060',
      'srv-host=_sip._udp.closed.test,sip.closed.test,5999',
      'address=/sip.closed.test/127.0.0.1',
    ]);
  });
  afterAll(async () => {
    await dns.stop();
    await registrar.stop();
    expect(await pbx.stop()).toBe(0);
  });

  /** TLS without SIP behind it. */
  const tlsServer = (port: number, { cert, key }: CertificateFiles): Background =>
    background(join(folder, `openssl-${port}.log`), [
      'openssl',
      ...`s_server -accept 127.0.0.1:${port} -quiet`.split(' '),
      '-cert',
      cert,
      '-key',
      key,
    ]);

  it('finds the PBX well, by the sound of a call as well', () => {
    const { status, findings } = doctor([...ALICE, '--stun', '127.0.0.1:5060']);
    expect({ status, ...verdicts(findings) }).toEqual({
      status: 0,
      ports: 'good',
      dns: 'good',
      tls: 'skipped',
      server: 'good',
      nat: 'good',
      registration: 'good',
      clock: 'good',
      call: 'good',
      codecs: 'good',
    });
    expect(findings['call']?.found).toMatch(/our tone in \d+ % of what is heard/);
  });

  describeWithPeers(['turnserver'], 'and coturn', () => {
    it.each(['127.0.0.1', '::1'])('asks it at %s as whom media is seen', async (address) => {
      const coturn = await Coturn.start(folder, address);
      const stun = `${address.includes(':') ? `[${address}]` : address}:${coturn.port}`;
      const { findings } = doctor([...ALICE, '--no-call', '--stun', stun]);
      await coturn.stop();
      expect(findings['nat']).toMatchObject({ verdict: 'good' });
      expect(findings['nat']?.found).toMatch(
        new RegExp(`^STUN: media is seen as ${address} port \\d+; the port is kept$`),
      );
      shows('coturn', 'Media: STUN (RFC 8489)');
    });
  });

  it.each([
    ['the PBX', []],
    ['kamailio', ['-s', '127.0.0.1:5066']],
  ])('sees at %s that the password is wrong, and that it is right', (name, server) => {
    const who = ['-u', 'sip:alice@127.0.0.1', ...server, '--no-call'];
    const wrong = doctor([...who, '-p', 'wrong']);
    expect(wrong.status).toBe(6);
    expect(wrong.findings['registration']).toMatchObject({
      verdict: 'bad',
      remedy: expect.stringContaining('the password is wrong'),
    });
    const right = doctor([...who, '-p', 'pw-alice']);
    expect(right.status).toBe(0);
    expect(right.findings['registration']?.verdict).toBe('good');
    if (name === 'kamailio') {
      shows('kamailio', 'Signalling: takes registrations', 'Signalling: OPTIONS');
    }
  });

  it('sees that there is nobody to call', () => {
    const { status, findings } = doctor([...ALICE, '-s', '127.0.0.1:5066']);
    expect(status).toBe(3);
    expect(findings['call']).toMatchObject({ verdict: 'bad', found: expect.stringMatching(/404/) });
  });

  it('believes a certificate with its authority, and not without', () => {
    const tls = [...ALICE, '-s', '127.0.0.1:5061', '-t', 'tls', '--no-call'];
    const { status, findings } = doctor([...tls, '--ca', authority.cert]);
    expect({ status, tls: findings['tls'] }).toMatchObject({
      status: 0,
      tls: { verdict: 'doubtful', found: expect.stringMatching(/^TLSv1\.3, TLSv1\.2/) },
    });
    const stranger = doctor(tls);
    expect(stranger.status).toBe(7);
    expect(stranger.findings['tls']?.remedy).toContain('--ca');
  });

  it('finds a certificate good that is valid for months', async () => {
    const server = tlsServer(5072, authority.issue('lasting', 90));
    await until('openssl listens', () => isListening(5072, 'tcp'));
    const where = ['-s', '127.0.0.1:5072', '-t', 'tls', '--ca', authority.cert];
    const { findings } = doctor([...ALICE, ...where, '--no-call']);
    await server.stop();
    expect(findings['tls']).toMatchObject({
      verdict: 'good',
      found: expect.stringMatching(/^TLSv1\.3, TLSv1\.2; certificate of 127\.0\.0\.1, valid to/),
    });
  });

  it('sees that a certificate has expired', async () => {
    const server = tlsServer(5071, authority.expired());
    await until('openssl listens', () => isListening(5071, 'tcp'));
    const where = ['-s', '127.0.0.1:5071', '-t', 'tls', '--ca', authority.cert];
    const { status, findings } = doctor([...ALICE, ...where, '--no-call']);
    await server.stop();
    expect(status).toBe(7);
    expect(findings['tls']).toMatchObject({
      verdict: 'bad',
      found: expect.stringContaining('expired'),
      remedy: expect.stringContaining('new certificate'),
    });
  });

  it('sees a closed port, and a port that is taken', () => {
    const closed = doctor([...ALICE, '-s', '127.0.0.1:5999', '--no-call']);
    expect(closed.status).toBe(7);
    expect(closed.findings['server']?.verdict).toBe('bad');
    expect(closed.findings['registration']?.verdict).toBe('skipped');
    const taken = doctor([...ALICE, '-l', '127.0.0.1:5060', '-s', '127.0.0.1:5999', '--no-call']);
    expect(taken.findings['ports']?.remedy).toContain('--listen');
  });

  it.each([
    ['good.test', 'good', 'good', '_sip._udp.good.test'],
    ['dangling.test', 'bad', 'skipped', 'gone.dangling.test, which has no address'],
    ['nothing.test', 'bad', 'skipped', 'give --server an address'],
    ['closed.test', 'good', 'bad', 'udp 127.0.0.1 port 5999'],
  ])('reads the records of %s', (domain, verdict, server, said) => {
    const who = ['-u', `sip:alice@${domain}`, '--name-server', dns.at, '--no-call'];
    const { findings } = doctor(who);
    expect(findings['dns']?.verdict).toBe(verdict);
    expect(findings['server']?.verdict).toBe(server);
    expect(`${findings['dns']?.found} ${findings['dns']?.remedy}`).toContain(said);
  });
});
