import type { ProviderName } from '@strowger/sip-client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { PROVIDER_NAMES, providerOf } from './provider-account.ts';

/** A day: what a timer of Node can count is not much more. */
const LONGEST_MS = 86_400_000;

/** What all commands share. */
export interface CommonOptions {
  /** `sip:alice@pbx.example`; without it we are nobody in particular. */
  user?: string;
  password?: string;
  /** `127.0.0.1:5060`, or a URI. */
  server?: string;
  transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  /** A row of `providers`, which says where its servers are and what they want. */
  provider?: ProviderName;
  /** A file of authorities that TLS and WSS believe. */
  ca?: string;
  /** Of the WebSocket's URL. */
  wsPath?: string;
  /** Local address and port. */
  listen?: string;
  json: boolean;
}

/** What a call does while it lasts. */
export interface TalkOptions extends CommonOptions {
  play?: PlaySource;
  record?: string;
  dtmf?: string;
  durationMs?: number;
  srtp?: 'off' | 'optional' | 'best-effort' | 'required';
}

/** What a doctor is told. */
export interface DoctorOptions extends CommonOptions {
  srtp?: NonNullable<TalkOptions['srtp']>;
  /** Who sends back what it hears; nobody is called without it. */
  call?: string;
  /** `stun.example:3478`. */
  stun?: string;
  /** Asked instead of the system's: `192.0.2.53`, `[2001:db8::53]:5353`. */
  nameServer?: string;
  rtpPorts: { from: number; to: number };
}

export type PlaySource = { type: 'tone'; frequencyHz: number } | { type: 'file'; path: string };

/** What the command line asks for. */
export type Request =
  | { command: 'register'; options: CommonOptions }
  | { command: 'call'; target: string; options: TalkOptions }
  | { command: 'answer'; options: TalkOptions }
  | { command: 'options'; target: string; options: CommonOptions }
  | { command: 'doctor'; options: DoctorOptions };

/**
 * Reads the arguments behind `phone`. Usage errors and `--help` are commander's own exceptions
 * (`CommanderError` with `exitCode`).
 */
export function readCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): Request {
  let request: Request | undefined;
  const program = new Command('phone')
    .description('A telephone for the command line')
    .exitOverride();
  const take = (asked: Request): void => {
    // not commander's defaults: those are shown in the help
    const { user = env['STROWGER_USER'], password = env['STROWGER_PASSWORD'] } = asked.options;
    // undefined where nobody has said one
    const { transport }: Partial<CommonOptions> = asked.options;
    asked.options.transport = transport ?? providerOf(asked.options)?.ways[0].transport ?? 'udp';
    if (user !== undefined) asked.options.user = user;
    if (password !== undefined) asked.options.password = password;
    request = asked;
  };
  const common = (command: Command): Command =>
    command
      .option('-u, --user <uri>', 'who we are, such as sip:alice@pbx.example (or STROWGER_USER)')
      .option('-p, --password <password>', 'for the digest (or STROWGER_PASSWORD)')
      .option('-s, --server <address>', 'where requests go first: address:port or a sip: URI')
      .addOption(
        new Option('-t, --transport <name>', 'of the signalling (default: udp)').choices([
          'udp',
          'tcp',
          'tls',
          'ws',
          'wss',
        ]),
      )
      .addOption(
        new Option('--provider <name>', 'what is known of a trunk or PBX').choices(PROVIDER_NAMES),
      )
      .option('-l, --listen <address:port>', 'local address, such as 127.0.0.1:5070 or [::1]:0')
      .option('--ca <file>', 'PEM: whom TLS and WSS believe, instead of the authorities of Node')
      .option('--ws-path <path>', 'of SIP in the URL of a WebSocket, such as /sip')
      .option('--json', 'one JSON object per line instead of words', false);
  const talk = (command: Command): Command =>
    common(command)
      .option('--play <file|tone>', 'say this: FILE.wav or tone:440', readPlaySource)
      .option('--record <file>', 'keep what is heard, as FILE.wav or FILE.ogg (Opus)')
      .addOption(srtpOption())
      .option('--dtmf <digits>', 'send these digits once the call is answered', readDigits)
      .option('--duration <time>', 'hang up after this time: 10s, 1500ms, 2m', readDuration);

  common(program.command('register').description('register, and stay until interrupted')).action(
    (options: CommonOptions) => take({ command: 'register', options }),
  );
  talk(program.command('call <uri>').description('call somebody')).action(
    (target: string, options: RawTalk) =>
      take({ command: 'call', target, options: fromRaw(options) }),
  );
  talk(
    program
      .command('answer')
      .description('answer the next call, registered where there is a password or server'),
  ).action((options: RawTalk) => take({ command: 'answer', options: fromRaw(options) }));
  common(program.command('options <uri>').description('ask what somebody can do')).action(
    (target: string, options: CommonOptions) => take({ command: 'options', target, options }),
  );
  common(program.command('doctor').description('say what is wrong, and how to mend it'))
    .addOption(srtpOption())
    .option('--call <uri>', 'calls this: who sends back what it hears', '*43')
    .option('--no-call', 'calls nobody')
    .option('--stun <host:port>', 'asks this server as whom media is seen')
    .option('--name-server <address>', 'asks this one instead of the name servers of the system')
    .addOption(
      new Option('--rtp-ports <from-to>', 'for RTP')
        .argParser(readRange)
        .default({ from: 10_000, to: 19_999 }, '10000-19999'),
    )
    .action(({ call, ...options }: Omit<DoctorOptions, 'call'> & { call: string | false }) =>
      take({ command: 'doctor', options: call === false ? options : { ...options, call } }),
    );
  program.parse([...args], { from: 'user' });
  if (request === undefined) throw new InvalidArgumentError('a command is needed');
  return request;
}

type RawTalk = CommonOptions & Omit<TalkOptions, 'durationMs'> & { duration?: number };

function fromRaw({ duration, ...options }: RawTalk): TalkOptions {
  return duration === undefined ? options : { ...options, durationMs: duration };
}

function srtpOption(): Option {
  const policies = ['off', 'optional', 'best-effort', 'required'];
  return new Option('--srtp <policy>', 'whether media is encrypted').choices(policies);
}

/** `10000-19999`. */
function readRange(text: string): { from: number; to: number } {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text)?.map(Number) ?? [];
  if (from !== undefined && to !== undefined && from > 0 && from < to && to <= 65_535) {
    return { from, to };
  }
  throw new InvalidArgumentError('a range of ports is wanted, such as 10000-19999');
}

/** `tone:440` or a file's name. */
export function readPlaySource(text: string): PlaySource {
  if (!text.startsWith('tone:')) return { type: 'file', path: text };
  const frequencyHz = Number(text.slice('tone:'.length));
  if (frequencyHz >= 50 && frequencyHz <= 3800) return { type: 'tone', frequencyHz };
  throw new InvalidArgumentError('a tone is from 50 to 3800 Hz, such as tone:440');
}

/** `10s`, `1500ms`, `2m`, or seconds without a unit; in milliseconds. */
export function readDuration(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text);
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const unit = units[match?.[2] ?? 's'];
  if (match === null || unit === undefined) {
    throw new InvalidArgumentError('a time is a number with ms, s, m or h, such as 10s');
  }
  const ms = Math.round(Number(match[1]) * unit);
  if (ms > LONGEST_MS) throw new InvalidArgumentError('a time is a day at most');
  return ms;
}

function readDigits(text: string): string {
  if (/^[0-9*#A-D]{1,64}$/i.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError('digits are 0-9 * # A-D, at most 64');
}
