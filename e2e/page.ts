import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { build } from 'esbuild';
import { forPages } from '../for-pages/plugin.ts';
import { FLAGS, HEARS, SOUND } from './browser.ts';
import { here, root } from './lab.ts';

/** What a page is opened with. */
export interface PageOptions {
  folder: string;
  /** The script of the page, in this folder; it is bundled from the sources. */
  script: string;
  /** Where its page is: `http://127.0.0.1:<port>`. */
  port: number;
  /** Fingerprints of keys whose certificates are believed. */
  keys: readonly string[];
  /** A WAV file that its microphone hears over and over. */
  microphone: string;
}

interface Told {
  id?: number;
  result?: { result?: { value?: unknown }; exceptionDetails?: object } & Record<string, unknown>;
  error?: { message: string };
}

/** A page in headless Chromium, driven through its DevTools pipe: what a test says, it evaluates. */
export class Page {
  private readonly server: Server;
  private readonly chromium: ChildProcess;
  private readonly waiting = new Map<number, (told: Told) => void>();
  private session: string | undefined;
  private ids = 0;

  private constructor(server: Server, chromium: ChildProcess) {
    this.server = server;
    this.chromium = chromium;
    process.on('exit', () => chromium.kill('SIGKILL'));
    let text = '';
    // the pipe that Chromium writes to
    (chromium.stdio[4] as Readable).on('data', (chunk: Buffer) => {
      const messages = (text + chunk.toString()).split('\0');
      text = messages.pop() ?? '';
      for (const message of messages) this.take(JSON.parse(message) as Told);
    });
  }

  static async open({ folder, script, port, keys, microphone }: PageOptions): Promise<Page> {
    const bundle = await build({
      entryPoints: [join(here, script)],
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      conditions: ['@strowger/source'],
      plugins: [forPages],
      inject: [join(root, 'for-pages/node-buffer.ts')],
      write: false,
      logLevel: 'error',
    });
    const page = '<!doctype html><meta charset=utf-8><script defer src=/page.js></script>';
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' });
      response.end(isScript ? bundle.outputFiles[0]?.text : page);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const home = join(folder, 'chromium');
    const flags = [...FLAGS, ...SOUND, `${HEARS}=${microphone}`, '--remote-debugging-pipe'];
    const trusted = `--ignore-certificate-errors-spki-list=${keys.join(',')}`;
    const chromium = spawn('chromium', [...flags, trusted, `--user-data-dir=${home}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: home },
    });
    const opened = new Page(server, chromium);
    await opened.show(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return opened;
  }

  /** Evaluates an expression in the page, and what it promises. Rejects with what it throws. */
  async evaluate<T>(expression: string): Promise<T> {
    const said = await this.command('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (said?.exceptionDetails !== undefined) throw new Error(JSON.stringify(said));
    // whatever the test asked for
    return said?.result?.value as T;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.chromium.once('exit', resolve));
    this.chromium.kill('SIGKILL');
    await gone;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async show(url: string): Promise<void> {
    const made = await this.command('Target.createTarget', { url: 'about:blank' });
    const target = { targetId: made?.['targetId'], flatten: true };
    const attached = await this.command('Target.attachToTarget', target);
    this.session = String(attached?.['sessionId']);
    await this.command('Page.enable', {});
    await this.command('Page.navigate', { url });
    await this.evaluate(
      "new Promise((resolve) => document.readyState === 'complete' ? resolve() : addEventListener('load', resolve))",
    );
  }

  private command(method: string, params: object): Promise<Told['result']> {
    const id = ++this.ids;
    const { session: sessionId } = this;
    const text = JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) });
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      // the pipe that Chromium reads from
      (this.chromium.stdio[3] as Writable).write(`${text}\0`);
    });
  }

  private take(told: Told): void {
    if (told.id === undefined) return;
    this.waiting.get(told.id)?.(told);
    this.waiting.delete(told.id);
  }
}
