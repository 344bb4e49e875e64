import type { TransportName } from '@strowger/transaction-core';
import { Command, InvalidArgumentError, Option } from 'commander';

/** What is played, how often, by whom; durations in milliseconds. */
export interface PlayOptions {
  readonly calls?: number;
  readonly rate: number;
  readonly rampTo?: number;
  readonly ramp?: number;
  readonly concurrent?: number;
  readonly duration?: number;
  readonly pause: number;
  readonly timeout: number;
  readonly service: string;
  readonly user: string;
  readonly domain?: string;
  readonly username?: string;
  readonly password?: string;
  readonly mediaPort: number;
  readonly set: Readonly<Record<string, string>>;
  readonly fields?: string;
  readonly ladders: number;
  readonly json: boolean;
}

/** The same on sockets. */
export interface RunOptions extends PlayOptions {
  readonly listen: string;
  readonly transport: TransportName;
  readonly role?: 'caller' | 'callee';
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly wsPath?: string;
}

/** The same in the simulator. */
export interface SimulateOptions extends PlayOptions {
  readonly seed: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly latency: number;
  readonly transport: 'udp' | 'tcp';
}

/** How a capture is drawn. */
export interface LadderOptions {
  readonly callId?: string;
  readonly rtp: boolean;
  readonly json: boolean;
}

/** What the command line asks for. */
export type Request =
  | { command: 'run'; scenario: string; remote: string | undefined; options: RunOptions }
  | { command: 'sim'; caller: string; callee: string | undefined; options: SimulateOptions }
  | { command: 'ladder'; file: string; options: LadderOptions };

/** Reads the arguments behind `siplab`. Usage errors and `--help` are commander's own exceptions. */
export function readCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): Request {
  let request: Request | undefined;
  const program = new Command('siplab')
    .description('Scenarios of SIP calls: in a simulator, on sockets, as load')
    .exitOverride();
  playOptions(program.command('run <scenario> [remote]'), env)
    .description('on real sockets: .ts, .mjs, .xml of SIPp, or the built-in uac, uas')
    .option('-l, --listen <address:port>', 'local address', '0.0.0.0:0')
    .addOption(
      new Option('-t, --transport <name>')
        .choices(['udp', 'tcp', 'tls', 'ws', 'wss'])
        .default('udp'),
    )
    .addOption(new Option('--role <side>', 'which side is played').choices(['caller', 'callee']))
    .option('--ca <file>', 'PEM: whom TLS believes, instead of the authorities of Node')
    .option('--cert <file>', 'PEM: our certificate')
    .option('--key <file>', 'PEM: its key')
    .option('--ws-path <path>', 'of SIP in the URL of a WebSocket')
    .action((scenario: string, remote: string | undefined, options: RunOptions) => {
      request = { command: 'run', scenario, remote, options };
    });
  playOptions(program.command('sim <scenario> [callee]'), env)
    .description('both sides in virtual time; of XML, the side that is called is the second file')
    .option('--seed <number>', 'of everything that is left to chance', wholeNumber, 1)
    .option('--loss <share>', 'of datagrams, 0 to 1', share, 0)
    .option('--duplicate <share>', 'of datagrams, 0 to 1', share, 0)
    .option('--latency <time>', 'of every packet', duration, 10)
    .addOption(new Option('-t, --transport <name>').choices(['udp', 'tcp']).default('udp'))
    .action((caller: string, callee: string | undefined, options: SimulateOptions) => {
      request = { command: 'sim', caller, callee, options };
    });
  program
    .command('ladder <capture>')
    .description('draws the SIP of a pcap or pcapng file, and counts its RTP')
    .option('--call-id <text>', 'only calls whose Call-ID holds this')
    .option('--no-rtp', 'leaves the RTP out')
    .option('--json', 'one JSON object', false)
    .action((file: string, options: LadderOptions) => {
      request = { command: 'ladder', file, options };
    });
  program.parse([...args], { from: 'user' });
  if (request === undefined) throw new InvalidArgumentError('a command is needed');
  return request;
}

function playOptions(command: Command, env: NodeJS.ProcessEnv): Command {
  return command
    .option('-m, --calls <number>', 'in all; 1 unless there is a duration', wholeNumber)
    .option('-r, --rate <number>', 'calls per second', positive, 1)
    .option('--ramp-to <number>', 'calls per second at the end of the ramp', positive)
    .option('--ramp <time>', 'how long the rate takes to get there', duration)
    .option('-c, --concurrent <number>', 'calls at the same time, at most', wholeNumber)
    .option('-d, --duration <time>', 'no call begins after this: 90s, 5m', duration)
    .option('--pause <time>', 'what a pause without a time means', duration, 0)
    .option('--timeout <time>', 'how long a message is waited for', duration, 32_000)
    .option('-s, --service <user>', 'whom to call', 'service')
    .option('-u, --user <user>', 'who calls', 'siplab')
    .option('--domain <name>', 'of addresses; by default the address of the other side')
    .option('--username <name>', 'for the digest; by default that of --user')
    .option('--password <word>', 'for the digest (or STROWGER_PASSWORD)', env['STROWGER_PASSWORD'])
    .option('--media-port <number>', 'that descriptions name', wholeNumber, 6000)
    .option(
      '--set <name=value>',
      'a variable or keyword of an XML scenario; may be repeated',
      pair,
      {},
    )
    .option('--fields <file>', 'CSV of SIPp: each call has the next line')
    .option('--ladders <number>', 'failed calls that are drawn', wholeNumber, 3)
    .option('--json', 'the result as one JSON object', false);
}

/** `1500ms`, `10s`, `2m`, `1h`, or seconds without a unit; in milliseconds. */
export function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(text) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit];
  if (number === undefined || factor === undefined) {
    throw new InvalidArgumentError('a time is a number with ms, s, m or h, such as 10s');
  }
  return Math.round(Number(number) * factor);
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 0 up is wanted');
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && number <= 100_000) return number;
  throw new InvalidArgumentError('a number above 0 is wanted');
}

function share(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('a share is from 0 to 1');
}

function pair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('name=value is wanted');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
