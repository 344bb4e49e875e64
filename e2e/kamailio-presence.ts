import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, background, here, isListening, until } from './lab.ts';

/** Empty tables: the presence server wants to see a database, and keeps everything in memory. */
const TABLES = '/usr/share/kamailio/dbtext/kamailio';

/** Kamailio as registrar and as server of presence and mailboxes: see `kamailio-presence.cfg`. */
export class KamailioPresence {
  static readonly address = '127.0.0.1:5066';
  private readonly work: string;
  private readonly log: string;
  private program: Background;

  private constructor(folder: string) {
    this.work = join(folder, 'kamailio');
    this.log = join(folder, 'kamailio.log');
    mkdirSync(this.work, { recursive: true });
    cpSync(TABLES, join(this.work, 'tables'), { recursive: true });
    this.program = this.run();
  }

  static async start(folder: string): Promise<KamailioPresence> {
    const server = new KamailioPresence(folder);
    await server.isUp();
    return server;
  }

  /** Ends it by force, and starts it with nothing in its memory. */
  async restart(): Promise<void> {
    await this.program.stop('SIGTERM', 5000);
    this.program = this.run();
    await this.isUp();
  }

  /** What was asked with a password, such as `PUBLISH alice presence`. */
  proven(): string[] {
    return [...this.program.output().matchAll(/proven (.*)/g)].map(([, what]) => what ?? '');
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }

  private run(): Background {
    const { work } = this;
    const files = ['-f', join(here, 'kamailio-presence.cfg'), '-Y', work, '-w', work];
    const rest = ['-P', join(work, 'pid'), '-DD', '-E', '-m', '64', '-M', '8'];
    const tables = ['-A', `DBTEXT="text://${join(work, 'tables')}"`];
    return background(this.log, ['kamailio', ...files, ...rest, ...tables]);
  }

  private async isUp(): Promise<void> {
    await until('kamailio listens', () => isListening(5066) && isListening(5066, 'tcp'), 10_000);
  }
}
