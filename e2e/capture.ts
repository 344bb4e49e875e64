import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { background, pause, until } from './lab.ts';
import { g711ToWav } from './sound.ts';

/** A file of packets, as tshark reads it. */
export class Packets {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** One line of fields per packet that the display filter lets through. */
  fields(filter: string, ...fields: string[]): string[][] {
    const output = this.tshark(
      '-Y',
      sent(filter),
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
    );
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  /** How many packets the display filter lets through. */
  count(filter: string, ...more: string[]): number {
    return this.tshark(...more, '-Y', sent(filter), '-T', 'fields', '-e', 'frame.number')
      .split('\n')
      .filter((line) => line !== '').length;
  }

  tshark(...args: string[]): string {
    // RTP is found by itself, whether or not its SDP was captured, and before the games of some ports
    const first = ['-o', 'udp.try_heuristic_first:TRUE'];
    const heuristic = ['--enable-heuristic', 'rtp_udp', ...first];
    const run = spawnSync('tshark', ['-r', this.file, ...heuristic, ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) throw new Error(`tshark ${args.join(' ')}: ${run.stderr}`);
    return run.stdout;
  }

  /** The sound of the G.711 that went to these ports on the wire, in one pass through the file. */
  soundsTo<Name extends string>(
    ports: Readonly<Record<Name, { readonly from: number; readonly to: number }>>,
  ): Record<Name, string> {
    const rows = this.fields('rtp && !rtpevent', 'udp.dstport', 'rtp.payload');
    const names = Object.keys(ports) as Name[]; // its own keys
    const sounds = names.map((name) => {
      const { from, to } = ports[name];
      const own = rows.filter(([port]) => Number(port) >= from && Number(port) <= to);
      const hex = own.map(([, payload]) => (payload ?? '').replaceAll(':', '')).join('');
      return [name, g711ToWav(hex, `${this.file}-${name}.wav`)] as const;
    });
    return Object.fromEntries(sounds) as Record<Name, string>; // of all names
  }

  /** The sound of a G.711 stream on the wire, independent of anybody's recorder. */
  sound(filter: string, encoding: 'u-law' | 'a-law' = 'u-law'): string {
    const rows = this.fields(`rtp && !rtpevent && (${filter})`, 'rtp.payload');
    const hex = rows.map(([payload]) => (payload ?? '').replaceAll(':', '')).join('');
    return g711ToWav(hex, `${this.file}-${hex.length}.wav`, encoding);
  }
}

/** Everything that crosses loopback while it runs, in a file that tshark reads. */
export class Capture extends Packets {
  private readonly program: ReturnType<typeof background>;

  private constructor(file: string, seconds: number) {
    super(file);
    const limit = ['-a', `duration:${seconds}`];
    this.program = background(`${file}.log`, [
      'dumpcap',
      '-q',
      '-i',
      'lo',
      '-B',
      '32',
      ...limit,
      '-w',
      file,
    ]);
  }

  /** Begins to capture; resolves when nothing is missed any more. */
  static async start(folder: string, name: string, seconds = 120): Promise<Capture> {
    const capture = new Capture(join(folder, `${name}.pcapng`), seconds);
    await until('dumpcap', () => /File:/.test(capture.program.output()));
    await pause(300);
    return capture;
  }

  async stop(): Promise<void> {
    await pause(300);
    await this.program.stop('SIGINT');
  }
}

/** tshark also reads what an ICMP error quotes, as of a packet to a phone that has gone: that was sent once. */
function sent(filter: string): string {
  return `(${filter}) && !icmp && !icmpv6`;
}
