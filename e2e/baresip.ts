import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Background, background, pause, until } from './lab.ts';

export interface BaresipOptions {
  /** Where its files go. */
  folder: string;
  /** User, and name of the instance. */
  name: string;
  /** SIP port; TLS takes the one above it, control the one five above, media a hundred of its own. */
  port: number;
  ip?: string;
  /** What it says: a sine of this frequency. */
  tone?: number;
  /** As in its accounts, with rate and channels beyond G.711: `g722/16000/1`, `opus/48000/2`. */
  codecs?: string;
  transport?: 'udp' | 'tcp' | 'tls';
  /** A file of authorities that the server's certificate must lead to. */
  authority?: string;
  /** Registers there, with digest, when given. */
  registrar?: { domain: string; password: string; outbound?: string };
  answer?: 'auto' | 'manual';
  /** SRTP: keys in the description, where the other side has it too, or always; keys by DTLS. */
  encryption?: 'srtp' | 'srtp-mand' | 'srtp-mandf' | 'dtls_srtp';
  /** Offers ICE, and takes it. */
  ice?: boolean;
  /** Tells who subscribes whether it is there: `presence_online`, `presence_offline`. */
  presence?: boolean;
  /**
   * Keeps packets until five more have come, as it does by default: of a peer that sends no sound the last
   * five are never heard.
   */
  buffers?: boolean;
}

interface BaresipEvent {
  type: string;
  param?: string;
}

/**
 * A headless baresip 1.0.0. What was found by running it: `net_interface` wants an address, not a
 * name; the source `ausine` is 48 kHz stereo only; its own recording ends at the first hold, so
 * judge by a capture; the event REGISTER_OK is gone before control connects, so ask `reginfo`.
 */
export class Baresip {
  readonly options: BaresipOptions;
  private readonly events: BaresipEvent[] = [];
  private readonly pending = new Map<string, (response: { ok: boolean; data: string }) => void>();
  private program: Background | undefined;
  private socket: Socket | undefined;
  private tokens = 0;

  constructor(options: BaresipOptions) {
    this.options = options;
  }

  get ip(): string {
    return this.options.ip ?? '127.0.0.1';
  }

  get host(): string {
    return this.ip.includes(':') ? `[${this.ip}]` : this.ip;
  }

  get uri(): string {
    const { name, port, registrar } = this.options;
    return registrar === undefined
      ? `sip:${name}@${this.host}:${port}`
      : `sip:${name}@${registrar.domain}`;
  }

  /** The first of its RTP ports. */
  get rtpPort(): number {
    return 10_000 + (this.options.port - 5000) * 20;
  }

  async start(): Promise<this> {
    const folder = join(this.options.folder, this.options.name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config'), this.configuration(folder));
    writeFileSync(join(folder, 'accounts'), this.account());
    writeFileSync(join(folder, 'contacts'), '');
    const six = this.ip.includes(':') ? ['-6'] : [];
    this.program = background(`${folder}.log`, ['baresip', ...six, '-f', folder], {
      env: { HOME: folder },
    });
    this.socket = await until(`${this.options.name} starts`, () => this.connect());
    this.read(this.socket);
    if (this.options.registrar !== undefined) {
      await until(`${this.options.name} registers`, async () =>
        /mOK/.test((await this.command('reginfo')).data),
      );
    }
    return this;
  }

  /** `dial`, `accept`, `hangup`, `hold`, `resume`, `sndcode`, … */
  command(command: string, params = ''): Promise<{ ok: boolean; data: string }> {
    const token = String(++this.tokens);
    const json = JSON.stringify({ command, params, token });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no response to ${command}`)), 4000);
      this.pending.set(token, (response) => {
        clearTimeout(late);
        resolve(response);
      });
      this.socket?.write(`${Buffer.byteLength(json)}:${json},`);
    });
  }

  /** Waits for an event since the last `forget()`: CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED, … */
  event(type: string, ms = 8000): Promise<BaresipEvent> {
    return until(
      `${this.options.name}: ${type} (had: ${this.events.map((one) => one.type).join(' ')})`,
      () => this.events.find((one) => one.type === type),
      ms,
    );
  }

  /** The digits that it heard, in order. */
  digits(): string {
    const starts = this.events.filter(({ type }) => type === 'CALL_DTMF_START');
    return starts.map(({ param }) => param ?? '').join('');
  }

  /** What it heard in its last call that was never held, as its `sndfile` has it. */
  get heard(): string {
    const folder = join(this.options.folder, this.options.name);
    const files = readdirSync(folder).filter((file) => /^dump-.*-dec\.wav$/.test(file));
    const last = files.toSorted().at(-1);
    if (last === undefined) throw new Error(`${this.options.name} has recorded nothing`);
    return join(folder, last);
  }

  forget(): void {
    this.events.length = 0;
  }

  async stop(): Promise<void> {
    await Promise.race([this.command('quit').catch(() => undefined), pause(800)]);
    this.socket?.destroy();
    await this.program?.stop();
  }

  private configuration(folder: string): string {
    const { name, port, tone = 440, authority } = this.options;
    const codecs = ['g722', 'opus'].filter((codec) => this.options.codecs?.includes(codec));
    const keying = ['srtp', 'dtls_srtp'];
    const sound = ['sndfile', 'ausine', 'aufile', 'aubridge', 'g711'];
    const always = [...codecs, ...sound, 'stun', 'ice', ...keying];
    return [
      'poll_method epoll',
      `sip_listen ${this.host}:${port}`,
      `net_interface ${this.ip}`,
      ...(authority === undefined ? [] : [`sip_cafile ${authority}`]),
      'call_max_calls 10',
      'call_local_timeout 120',
      `audio_source ausine,${tone}`,
      `audio_player aubridge,sink-${name}`,
      `audio_alert aubridge,alert-${name}`,
      'ausrc_srate 48000',
      'ausrc_channels 2',
      'auplay_srate 48000',
      'auplay_channels 2',
      'ausrc_format s16',
      'auplay_format s16',
      'auenc_format s16',
      'audec_format s16',
      `rtp_ports ${this.rtpPort}-${this.rtpPort + 98}`,
      'rtp_stats yes',
      ...(this.options.buffers === false ? ['jitter_buffer_delay 0-0'] : []),
      ...(this.options.ice === true ? ['rtcp_mux yes'] : []),
      'statmode_default off',
      'ringback_disabled yes',
      'menu_bell no',
      'redial_attempts 0',
      'module_path /usr/lib/baresip/modules',
      ...always.map((module) => `module ${module}.so`),
      'module_tmp uuid.so',
      'module_tmp account.so',
      'module_app menu.so',
      'module_app debug_cmd.so',
      'module_app ctrl_tcp.so',
      ...(this.options.presence === true
        ? ['module_app contact.so', 'module_app presence.so']
        : []),
      `ctrl_tcp_listen ${this.host}:${port + 5}`,
      `snd_path ${folder}`,
      '',
    ].join('\n');
  }

  private account(): string {
    const {
      name,
      transport = 'udp',
      registrar,
      codecs,
      answer = 'auto',
      encryption,
      ice = false,
    } = this.options;
    const via = transport === 'udp' ? '' : `;transport=${transport}`;
    const registration =
      registrar === undefined
        ? ';regint=0'
        : `;regint=60;auth_user=${name};auth_pass=${registrar.password}` +
          (registrar.outbound === undefined ? '' : `;outbound="${registrar.outbound}"`);
    const audio = codecs === undefined ? '' : `;audio_codecs=${codecs}`;
    const keys = encryption === undefined ? '' : `;mediaenc=${encryption}`;
    const way = ice ? ';medianat=ice' : '';
    return `<${this.uri}${via}>${registration};answermode=${answer}${audio}${keys}${way}\n`;
  }

  private connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.options.port + 5, this.ip);
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  private read(socket: Socket): void {
    let buffered = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (;;) {
        const colon = buffered.indexOf(':');
        const length = Number(buffered.subarray(0, Math.max(colon, 0)).toString());
        if (colon < 0 || buffered.length < colon + 1 + length + 1) return;
        this.take(buffered.subarray(colon + 1, colon + 1 + length).toString());
        buffered = buffered.subarray(colon + length + 2);
      }
    });
  }

  private take(json: string): void {
    // baresip's own netstrings
    const message = JSON.parse(json) as
      | { response: true; token: string; ok: boolean; data: string }
      | ({ response?: undefined } & BaresipEvent);
    if (message.response !== true) {
      this.events.push(message);
      return;
    }
    this.pending.get(message.token)?.(message);
    this.pending.delete(message.token);
  }
}
