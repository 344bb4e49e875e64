import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resolver } from 'node:dns/promises';
import { type Background, background, until } from './lab.ts';

/** A real name server on loopback, which serves what its lines of configuration say. */
export class Dnsmasq {
  readonly port: number;
  private readonly folder: string;
  private running: Background | undefined;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  /** As a resolver wants it. */
  get at(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Serves these records from now on, and no others. */
  async serve(records: readonly string[]): Promise<void> {
    await this.stop();
    const configuration = join(this.folder, 'dnsmasq.conf');
    const always = [
      'no-resolv',
      'no-hosts',
      'no-poll',
      'bind-interfaces',
      'listen-address=127.0.0.1',
      `port=${this.port}`,
      'user=root',
      'pid-file=',
      'local=/test/',
      'local-ttl=1',
    ];
    writeFileSync(configuration, [...always, ...records, ''].join('\n'));
    this.running = background(join(this.folder, 'dnsmasq.log'), [
      'dnsmasq',
      '--keep-in-foreground',
      `--conf-file=${configuration}`,
    ]);
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([this.at]);
    await until('the name server', async () => {
      const answer = await resolver.resolve4('ready.test').catch((error: unknown) => error);
      const code = answer instanceof Error && 'code' in answer ? answer.code : undefined;
      return code === 'ENOTFOUND' || code === 'ENODATA' ? true : undefined;
    });
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }
}
