import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, until } from './lab.ts';

export interface TwinkleOptions {
  folder: string;
  name: string;
  port: number;
  registrar: { domain: string; password: string };
  /** From `soundCard`. */
  env: NodeJS.ProcessEnv;
  /** More lines of its profile: `dtmf_transport`, `hold_variant`. */
  settings?: Record<string, string>;
}

/**
 * twinkle-console 1.10.2, driven through its standard input. Its speech processing takes a steady
 * test tone for noise, so it is off.
 */
export class Twinkle {
  readonly uri: string;
  private readonly options: TwinkleOptions;
  private program: ChildProcessWithoutNullStreams | undefined;
  private output = '';
  private from = 0;

  constructor(options: TwinkleOptions) {
    this.options = options;
    this.uri = `sip:${options.name}@${options.registrar.domain}`;
  }

  async start(): Promise<this> {
    const { folder, name, port, registrar, env, settings } = this.options;
    const home = join(folder, `twinkle-${name}`);
    const files = join(home, '.twinkle');
    mkdirSync(files, { recursive: true });
    copyFileSync(join(env['HOME'] ?? '', '.asoundrc'), join(home, '.asoundrc'));
    writeFileSync(
      join(files, 'twinkle.sys'),
      lines({
        dev_ringtone: 'alsa:default',
        dev_speaker: 'alsa:default',
        dev_mic: 'alsa:default',
        sip_port: port,
        rtp_port: 18_000,
        play_ringtone: 'no',
        play_ringback: 'no',
      }),
    );
    writeFileSync(
      join(files, 'p.cfg'),
      lines({
        user_name: name,
        user_domain: registrar.domain,
        user_display: name,
        auth_realm: '',
        auth_name: name,
        auth_pass: registrar.password,
        registrar: registrar.domain,
        register_at_startup: 'yes',
        registration_time: 60,
        codecs: 'g711u,g711a',
        sip_transport: 'udp',
        zrtp_enabled: 'no',
        ask_user_to_refer: 'no',
        speex_dsp_vad: 'no',
        speex_dsp_agc: 'no',
        speex_dsp_aec: 'no',
        speex_dsp_nrd: 'no',
        ...settings,
      }),
    );
    const program = spawn('twinkle-console', ['p.cfg'], {
      env: { ...process.env, ...env, HOME: home, TERM: 'dumb' },
    });
    this.program = program;
    process.on('exit', () => program.kill('SIGKILL'));
    program.stdin.on('error', () => {});
    for (const stream of [program.stdout, program.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    await this.says(/registration succeeded/, 15_000);
    await this.command('auto_answer -a on');
    return this;
  }

  /** Types a line: `call URI`, `bye`, `hold`, `retrieve`, `dtmf DIGITS`, … */
  async command(line: string): Promise<void> {
    this.program?.stdin.write(`${line}\n`);
    await pause(250);
  }

  async call(uri: string): Promise<void> {
    this.forget();
    await this.command(`call ${uri}`);
    await this.says(/far end answered/, 15_000);
  }

  says(pattern: RegExp, ms = 6000): Promise<RegExpExecArray> {
    const what = `twinkle says ${pattern}`;
    return until(what, () => pattern.exec(this.output.slice(this.from)), ms);
  }

  forget(): void {
    this.from = this.output.length;
  }

  async stop(): Promise<void> {
    await this.command('quit');
    this.program?.kill('SIGKILL');
  }
}

function lines(settings: Record<string, string | number>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
