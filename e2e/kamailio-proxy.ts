import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from './certificates.ts';
import { type Background, background, here, isListening, until } from './lab.ts';

/** Kamailio between phones and the PBX: see `kamailio-proxy.cfg`. */
export class KamailioProxy {
  private readonly program: Background;

  private constructor(folder: string, { cert, key }: CertificateFiles) {
    const work = join(folder, 'kamailio');
    mkdirSync(work, { recursive: true });
    const defines = ['-A', `TLSKEY="${key}"`, '-A', `TLSCERT="${cert}"`];
    const files = ['-f', join(here, 'kamailio-proxy.cfg'), '-Y', work, '-w', work];
    const rest = ['-P', join(work, 'pid'), '-DD', '-E', '-m', '64', '-M', '8'];
    this.program = background(join(folder, 'kamailio.log'), [
      'kamailio',
      ...files,
      ...rest,
      ...defines,
    ]);
  }

  static async start(folder: string, certificate: CertificateFiles): Promise<KamailioProxy> {
    const proxy = new KamailioProxy(folder, certificate);
    const ready = (): boolean => isListening(5095) && isListening(5091, 'tcp');
    await until(`kamailio listens`, ready, 10_000);
    return proxy;
  }

  /** What the PBX said over each transport and was found sane, such as `tls INVITE`, `ws 200`. */
  sane(): string[] {
    return [...this.program.output().matchAll(/verdict SANE (\S+ \S+)/g)].map(
      ([, what]) => what ?? '',
    );
  }

  /** What was not, whole. */
  insane(): string[] {
    const parts = this.program.output().split('verdict INSANE ').slice(1);
    return parts.map((part) => part.slice(0, 1500));
  }

  /** The methods of requests that followed Record-Route. */
  routed(): string[] {
    return [...this.program.output().matchAll(/routed ([A-Z]+)/g)].map(
      ([, method]) => method ?? '',
    );
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }
}
