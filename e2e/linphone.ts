import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, until } from './lab.ts';

export interface LinphoneOptions {
  folder: string;
  name: string;
  port: number;
  /** Registers there, with digest, when given; every call then goes through there. */
  registrar?: { domain: string; password: string };
  /** Default `udp`. */
  transport?: 'udp' | 'tcp' | 'tls';
  /** A file of authorities; the server's certificate has to lead to one, and to be for its host. */
  authority?: string;
  /** How media is encrypted, and nothing else is taken; default not at all. */
  encryption?: 'none' | 'srtp' | 'dtls';
  /** Whether it offers and takes comfort noise (RFC 3389). */
  comfortNoise?: boolean;
  /** Takes part in ICE, and asks this STUN server, `host:port`, where it is. */
  ice?: string;
  /** Publishes its presence at its registrar, and watches whoever is named: a URI. */
  friend?: string;
  /** Whether it says each digit as an event (RFC 4733) and by INFO; default: as an event. */
  doublesDigits?: boolean;
  /** A WAV file that it plays once a call begins. */
  wav?: string;
}

/**
 * linphonec 5.1, driven through its standard input, without a sound card (`soundcard use files`).
 * It wants a default route and a home of its own; it drops ":5060" from URIs that it repeats.
 */
export class Linphone {
  readonly uri: string;
  /** What it heard in its last call. */
  readonly recording: string;
  private readonly options: LinphoneOptions;
  private readonly home: string;
  private program: ChildProcessWithoutNullStreams | undefined;
  private output = '';
  private from = 0;

  constructor(options: LinphoneOptions) {
    this.options = options;
    this.uri = `sip:${options.name}@${options.registrar?.domain ?? `127.0.0.1:${options.port}`}`;
    this.home = join(options.folder, `linphone-${options.name}`);
    this.recording = join(this.home, 'heard.wav');
  }

  async start(): Promise<this> {
    // the second one for the certificate that it shows in DTLS
    for (const folder of ['.local/share/linphone', '.linphone-usr-crt']) {
      mkdirSync(join(this.home, folder), { recursive: true });
    }
    writeFileSync(join(this.home, 'rc'), this.configuration());
    const args = ['-c', join(this.home, 'rc'), '-l', join(this.home, 'log'), '-d', '6', '-S', '-a'];
    const program = spawn('linphonec', args, {
      cwd: this.home,
      env: { ...process.env, HOME: this.home, TERM: 'dumb' },
    });
    this.program = program;
    process.on('exit', () => program.kill('SIGKILL'));
    program.stdin.on('error', () => {});
    for (const stream of [program.stdout, program.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    await this.says(/linphonec>/, 20_000);
    await this.command('soundcard use files');
    await this.command(`record ${this.recording}`);
    if (this.options.wav !== undefined) await this.command(`play ${this.options.wav}`);
    const { registrar, transport = 'udp' } = this.options;
    if (registrar === undefined) return this;
    const server = `<sip:${registrar.domain};transport=${transport}>`;
    await this.command(`register ${this.uri} ${server} ${registrar.password}`);
    await until(`linphone ${this.options.name} registers`, async () => {
      this.forget();
      await this.command('status register');
      return /registered, identity/.test(this.output.slice(this.from));
    });
    return this;
  }

  /** Types a line: `call URI`, `terminate`, `pause`, `resume`, a single digit, … */
  async command(line: string): Promise<void> {
    this.program?.stdin.write(`${line}\n`);
    await pause(250);
  }

  /** Calls, and waits for the media; another call has to be paused before. */
  async call(uri: string): Promise<void> {
    this.forget();
    await this.command(`call ${uri}`);
    await this.says(/Media streams established/, 15_000);
  }

  /** Holds the current call, so that it can make another. */
  async pause(): Promise<void> {
    this.forget();
    await this.command('pause');
    await this.says(/is now paused/);
  }

  /** The ids of its calls, as its own commands take them, the oldest first. */
  async callIds(count: number): Promise<number[]> {
    return until(`linphone lists ${count} calls`, async () => {
      this.forget();
      await this.command('calls');
      const lines = this.output.slice(this.from).matchAll(/^(\d+) *\|/gmu);
      const ids = [...lines].map(([, id]) => Number(id));
      return ids.length === count ? ids.sort((one, other) => one - other) : undefined;
    });
  }

  /** Waits until it said something since `forget()`. */
  says(pattern: RegExp, ms = 6000): Promise<RegExpExecArray> {
    const what = `linphone says ${pattern}`;
    return until(what, () => pattern.exec(this.output.slice(this.from)), ms);
  }

  forget(): void {
    this.from = this.output.length;
  }

  async stop(): Promise<void> {
    await this.command('quit');
    this.program?.kill('SIGKILL');
  }

  private configuration(): string {
    const { name, port, authority, encryption = 'none', comfortNoise = false, ice } = this.options;
    const { friend, doublesDigits = false } = this.options;
    return [
      '[sip]',
      ...(doublesDigits ? ['use_info=1', 'use_rfc2833=1'] : []),
      `sip_port=${port}`,
      `sip_tcp_port=${port}`,
      'sip_tls_port=-1',
      'use_ipv6=0',
      ...(authority === undefined
        ? []
        : [`root_ca=${authority}`, 'verify_server_certs=1', 'verify_server_cn=1']),
      'guess_hostname=0',
      `contact="${name}" <sip:${name}@127.0.0.1>`,
      `media_encryption=${encryption}`,
      `media_encryption_mandatory=${encryption === 'srtp' ? 1 : 0}`,
      'inc_timeout=30',
      '[net]',
      'dns_srv_enabled=0',
      'dns_search_enabled=0',
      'mtu=1300',
      ...(ice === undefined
        ? ['firewall_policy=0']
        : [
            'nat_policy_ref=ice',
            '[nat_policy_0]',
            'ref=ice',
            `stun_server=${ice}`,
            'protocols=stun,ice',
          ]),
      '[rtp]',
      `audio_rtp_port=${17_000 + (port - 5100) * 4}`,
      '[sound]',
      'echocancellation=0',
      'agc=0',
      '[video]',
      'enabled=0',
      'capture=0',
      'display=0',
      ...(friend === undefined
        ? []
        : [
            '[proxy_default_values]',
            'publish=1',
            '[friend_0]',
            `url=<${friend}>`,
            'pol=accept',
            'subscribe=1',
          ]),
      '[misc]',
      'version_check_url_root=',
      `use_cn=${comfortNoise ? 1 : 0}`,
      '',
    ].join('\n');
  }
}
