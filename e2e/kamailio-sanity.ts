import { createSocket } from 'node:dgram';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, background, here, isListening, until } from './lab.ts';

const PORT = 5090;

/** Kamailio's sanity module as a reader of messages. */
export class SanityCheck {
  private readonly program: Background;

  private constructor(folder: string) {
    const work = join(folder, 'kamailio');
    mkdirSync(work, { recursive: true });
    const files = ['-Y', work, '-P', join(work, 'pid'), '-w', work];
    this.program = background(join(folder, 'kamailio.log'), [
      'kamailio',
      '-f',
      join(here, 'kamailio-sanity.cfg'),
      '-DD',
      '-E',
      ...files,
      '-m',
      '64',
      '-M',
      '8',
    ]);
  }

  static async start(folder: string): Promise<SanityCheck> {
    const check = new SanityCheck(folder);
    await until('kamailio listens', () => isListening(PORT), 10_000);
    return check;
  }

  /** Those of the messages that it did not find sane, as text. */
  async refused(messages: readonly Uint8Array[]): Promise<string[]> {
    const refused: string[] = [];
    const socket = createSocket('udp4');
    for (const message of messages) {
      const seen = this.verdicts().length;
      await new Promise<void>((resolve) =>
        socket.send(message, PORT, '127.0.0.1', () => resolve()),
      );
      // one after the other; what its core drops gets no verdict at all
      const verdict = await until('a verdict', () => this.verdicts()[seen], 1000).catch(() => '');
      if (verdict !== 'verdict SANE') refused.push(new TextDecoder().decode(message));
    }
    socket.close();
    return refused;
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }

  private verdicts(): string[] {
    return this.program.output().match(/verdict (?:SANE|INSANE)/g) ?? [];
  }
}
