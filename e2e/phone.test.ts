import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { describeWithPeers, root, until, workFolder } from './lab.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

interface Ended {
  type: 'ended';
  talkedMs: number;
  stats?: {
    codec?: string;
    srtp?: string;
    packetsReceived: number;
    packetsLost: number;
    jitterMs: number;
  };
}

/** Our phone as a process; its events are JSON lines. */
class Phone {
  readonly ended: Promise<number>;
  private output = '';

  constructor(args: readonly string[]) {
    const program = join(root, 'apps/phone/dist/main.js');
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.on('exit', () => child.kill('SIGKILL'));
    child.stdout.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  }

  get events(): { type: string }[] {
    const lines = this.output.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as { type: string });
  }

  get summary(): Ended {
    const last = this.events.find(({ type }) => type === 'ended');
    if (last === undefined) throw new Error(`no summary: ${this.output}`);
    return last as Ended;
  }
}

const ways = [
  { transport: 'udp', ip: '127.0.0.1' },
  { transport: 'tcp', ip: '127.0.0.1' },
  { transport: 'udp', ip: '::1' },
  { transport: 'tcp', ip: '::1' },
] as const;

describeWithPeers(['baresip', 'sox'], 'the phone and baresip', () => {
  const folder = workFolder('phone');

  it.each(ways)('phone calls baresip over $transport, $ip', async ({ transport, ip }) => {
    const baresip = new Baresip({ folder, name: 'bob', port: 5120, tone: 880, ip, transport });
    await baresip.start();
    const wav = join(folder, `called-${transport}-${ip.length}.wav`);
    const phone = new Phone([
      'call',
      `sip:bob@${baresip.host}:5120;transport=${transport}`,
      '--transport',
      transport,
      '--play',
      'tone:440',
      '--record',
      wav,
      '--dtmf',
      '12#',
      '--duration',
      '4s',
      '--listen',
      `${baresip.host}:0`,
      '--user',
      `sip:alice@${baresip.host}`,
    ]);
    expect(await phone.ended).toBe(0);
    await baresip.event('CALL_CLOSED');
    expect(baresip.digits()).toBe('12#');
    await baresip.stop();
    expect(listen(wav).heardFor(880), 'what the phone hears').toBeGreaterThan(1.5);
    expect(phone.summary.stats).toMatchObject({ codec: expect.stringMatching(/pcm[ua]/) });
    expect(phone.summary.stats?.packetsReceived).toBeGreaterThan(100);
    shows(
      'baresip',
      `Signalling: over ${transport}`,
      'Calls: takes',
      'Calls: is heard',
      'Calls: digits as events (RFC 4733)',
    );
    if (ip === '::1') shows('baresip', 'Signalling: IPv6');
  });

  it.each(ways)('baresip calls phone over $transport, $ip', async ({ transport, ip }) => {
    const baresip = new Baresip({ folder, name: 'bob', port: 5120, tone: 880, ip, transport });
    await baresip.start();
    const wav = join(folder, `answered-${transport}-${ip.length}.wav`);
    const phone = new Phone([
      'answer',
      '--transport',
      transport,
      '--listen',
      `${baresip.host}:5190`,
      '--user',
      `sip:alice@${baresip.host}`,
      '--play',
      'tone:440',
      '--record',
      wav,
    ]);
    const uri = `sip:alice@${baresip.host}:5190`;
    await until(
      'the call is answered',
      async () => {
        await baresip.command('dial', uri); // again where the phone was not up yet
        return baresip.event('CALL_ESTABLISHED', 1500);
      },
      10_000,
    );
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await baresip.command('sndcode', '5');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await baresip.command('hangup');
    expect(await phone.ended).toBe(0);
    await baresip.stop();
    expect(listen(wav).heardFor(880), 'what the phone hears').toBeGreaterThan(1.5);
    expect(phone.events).toContainEqual({ type: 'digit', digit: '5' });
    expect(phone.summary.talkedMs).toBeGreaterThan(2000);
    shows(
      'baresip',
      `Signalling: over ${transport}`,
      'Calls: places',
      'Calls: is heard',
      'Calls: digits as events (RFC 4733)',
    );
    if (ip === '::1') shows('baresip', 'Signalling: IPv6');
  });

  const secret = ['--srtp', 'required', '--play', 'tone:440'];
  const encrypted = { name: 'bob', port: 5120, tone: 880, codecs: 'pcmu' };

  it('phone calls baresip that insists on SRTP', async () => {
    const baresip = new Baresip({ folder, ...encrypted, encryption: 'srtp-mand' });
    await baresip.start();
    const wav = join(folder, 'called-srtp.wav');
    const to = ['call', baresip.uri, '--listen', '127.0.0.1:0', '--user', 'sip:alice@127.0.0.1'];
    const phone = new Phone([...to, ...secret, '--record', wav, '--duration', '4s']);
    expect(await phone.ended).toBe(0);
    await baresip.stop();
    expect(listen(wav).heardFor(880), 'what the phone hears').toBeGreaterThan(1.5);
    expect(phone.summary.stats).toMatchObject({
      srtp: expect.stringMatching(/^A/),
      unauthentic: 1, // an RTCP APP "PING" that baresip opens NATs with, in the clear: refused
    });
    shows('baresip', 'Media: SRTP, keys by SDES (RFC 4568)', 'Calls: is heard');
  });

  it('baresip that insists on SRTP calls phone, which does too', async () => {
    const baresip = new Baresip({ folder, ...encrypted, encryption: 'srtp-mand' });
    await baresip.start();
    const wav = join(folder, 'answered-srtp.wav');
    const at = ['answer', '--listen', '127.0.0.1:5190', '--user', 'sip:alice@127.0.0.1'];
    const phone = new Phone([...at, ...secret, '--record', wav, '--duration', '3s']);
    await until(
      'the call is answered',
      async () => {
        await baresip.command('dial', 'sip:alice@127.0.0.1:5190'); // again where it was not up yet
        return baresip.event('CALL_ESTABLISHED', 1500);
      },
      10_000,
    );
    expect(await phone.ended).toBe(0);
    await baresip.stop();
    expect(listen(wav).heardFor(880), 'what the phone hears').toBeGreaterThan(1.5);
    expect(phone.summary.stats).toMatchObject({
      srtp: expect.stringMatching(/^A/),
      unauthentic: 1, // an RTCP APP "PING" that baresip opens NATs with, in the clear: refused
    });
    shows('baresip', 'Media: SRTP, keys by SDES (RFC 4568)', 'Calls: is heard');
  });

  it('phone that insists on SRTP does not talk to baresip in the clear', async () => {
    const baresip = new Baresip({ folder, ...encrypted });
    await baresip.start();
    const to = ['call', baresip.uri, '--listen', '127.0.0.1:0', '--user', 'sip:alice@127.0.0.1'];
    const phone = new Phone([...to, ...secret, '--duration', '2s']);
    expect(await phone.ended).not.toBe(0);
    await baresip.stop();
  });
});
