import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CertificateFiles, TestAuthority } from './certificates.ts';
import { background, describeWithPeers, root, runToEnd, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { listen } from './sound.ts';

const PROGRAM = join(root, 'apps/phone/dist/main.js');
const SERVERS = {
  tls: '127.0.0.1:5061',
  ws: '127.0.0.1:8080',
  wss: '127.0.0.1:8443',
} as const;

describeWithPeers(['openssl', 'sox'], 'our own phone and the PBX, over TLS and WebSocket', () => {
  const folder = workFolder('our-phone');
  const authority = new TestAuthority(folder);
  let shown: CertificateFiles;
  let pbx: Pbx;

  const command = (
    transport: keyof typeof SERVERS,
    args: readonly string[],
    ca = authority.cert,
  ): [string, ...string[]] => {
    const who = ['-u', 'sip:alice@127.0.0.1', '-p', 'pw-alice', '-s', SERVERS[transport]];
    const trust = ['--ca', ca, '--ws-path', '/sip'];
    return [process.execPath, PROGRAM, ...args, ...who, '-t', transport, ...trust];
  };
  const calling = (to: string, duration: string): string[] => {
    return ['call', `sip:${to}@127.0.0.1`, '--play', 'tone:440', '--duration', duration];
  };

  beforeAll(async () => {
    shown = authority.issue();
    pbx = await Pbx.start(folder, {
      listen: [
        'udp:127.0.0.1:5060',
        'tls:127.0.0.1:5061',
        'ws:127.0.0.1:8080',
        'wss:127.0.0.1:8443',
      ],
      tls: shown,
      webSocket: { allowNoOrigin: true },
    });
  });
  afterAll(async () => {
    expect(await pbx.stop()).toBe(0);
  });

  it.each(['tls', 'ws', 'wss'] as const)('calls the echo over %s', (transport) => {
    const heard = join(folder, `${transport}.wav`);
    const args = [...calling('*43', '1s'), '--record', heard];
    const { status, output } = runToEnd(command(transport, args), { seconds: 20 });
    expect(status, output).toBe(0);
    expect(listen(heard).heardFor(440)).toBeGreaterThan(0.4);
  });

  it('is called over the WebSocket that it registered with, and hangs up over it', async () => {
    const args = ['answer', '--play', 'tone:440', '--duration', '1s'];
    const [program, ...rest] = command('wss', args);
    const answering = background(join(folder, 'answer.log'), [program, ...rest]);
    await until('it is registered', () => /registered/i.test(answering.output()));
    const { status, output } = runToEnd(command('tls', calling('alice', '10s')), { seconds: 20 });
    expect(status, output).toBe(0);
    expect(await answering.ended, answering.output()).toBe(0);
    const [cdr] = await pbx.cdrs(1);
    expect(cdr).toMatchObject({ outcome: 'answered', endedBy: 'callee' });
  });

  it('does not believe a server whose authority it does not know', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const other = new TestAuthority(elsewhere);
    for (const transport of ['tls', 'wss'] as const) {
      const asked = runToEnd(command(transport, ['options', 'sip:127.0.0.1'], other.cert));
      expect(asked.status, asked.output).toBe(7);
    }
  });

  it('goes on talking while the PBX gets a new certificate, which who comes later is shown', async () => {
    const before = await certificateAt(5061);
    const [program, ...rest] = command('tls', calling('*43', '4s'));
    const talking = background(join(folder, 'talking.log'), [program, ...rest]);
    await until('the call is up', async () => (await pbx.counts())['calls'] === 1);
    const next = authority.issue('next');
    copyFileSync(next.key, shown.key);
    copyFileSync(next.cert, shown.cert);
    pbx.program.child.kill('SIGHUP');
    const after = await until('a new certificate', async () => {
      const now = await certificateAt(5061);
      return now === before ? undefined : now;
    });
    expect(await certificateAt(8443)).toBe(after);
    expect(await talking.ended, talking.output()).toBe(0);
    const [cdr] = await pbx.cdrs(1);
    expect(cdr).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
    expect(cdr?.billableMs).toBeGreaterThan(3500);
  });

  it('goes on where the new certificate is no good', async () => {
    const before = await certificateAt(5061);
    copyFileSync(authority.cert, shown.cert); // its key is another one
    pbx.program.child.kill('SIGHUP');
    await until('that is said', () => /certificates stay as they were/.test(pbx.program.output()));
    expect(await certificateAt(5061)).toBe(before);
  });
});

/** The fingerprint of what a port shows. */
function certificateAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
