import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, background, until } from './lab.ts';

/** coturn 4.6, STUN and TURN over UDP; whoever knows `password` may relay, also to this machine. */
export class Coturn {
  readonly address: string;
  readonly port = 3478;
  readonly username = 'alice';
  readonly password = 'a relay of my own';
  private readonly program: Background;

  private constructor(folder: string, address: string) {
    this.address = address;
    const home = join(folder, 'coturn');
    mkdirSync(home, { recursive: true });
    const { port, username, password } = this;
    const args = [
      '-n',
      `--listening-ip=${address}`,
      `--relay-ip=${address}`,
      `--listening-port=${port}`,
      '--lt-cred-mech',
      `--user=${username}:${password}`,
      '--realm=here',
      '--no-tls',
      '--no-dtls',
      '--no-tcp',
      '--no-cli',
      '--allow-loopback-peers',
      `--pidfile=${join(home, 'pid')}`,
      `--userdb=${join(home, 'db')}`,
      '--log-file=stdout',
      '--simple-log',
      '--verbose',
    ];
    this.program = background(join(home, 'log'), ['turnserver', ...args], { cwd: home });
  }

  static async start(folder: string, address = '127.0.0.1'): Promise<Coturn> {
    const coturn = new Coturn(folder, address);
    const isListening = () => /UDP listener opened/.test(coturn.program.output());
    await until('coturn listens', isListening);
    return coturn;
  }

  stop(): Promise<number> {
    return this.program.stop();
  }
}
