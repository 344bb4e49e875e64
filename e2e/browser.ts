import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { background, here, until } from './lab.ts';

/** What a page is told to do. */
export interface Errand {
  library: 'jssip' | 'sipjs';
  /** `wss://127.0.0.1:8443/sip` */
  server: string;
  user: string;
  password: string;
  /** Calls there once it has registered, or waits to be called. */
  call?: string;
  /** Holds that call, calls this one, and connects the two; of JsSIP alone. */
  transferTo?: string;
  /** How long such a call lasts, in milliseconds. */
  talkMs?: string;
  /** The only codec of its description, as WebRTC writes it: `PCMU`. */
  codec?: string;
  /** Listens for this frequency, in Hz. */
  listenFor?: string;
}

/** What a page says of a call. */
export interface CallReport {
  /** For how many seconds the frequency dominated what it heard. */
  heardFor: number;
  codec: string;
  srtpCipher: string;
  tlsVersion: string;
  dtlsRole: string;
  candidates: string;
  /** Directions once it was held, and taken back; of SIP.js alone. */
  held?: string;
  resumed?: string;
  packetsReceived: number;
  packetsSent: number;
  packetsLost: number;
}

/** What it tells of it. */
export interface Report {
  /** `registered`, or what the library says instead. */
  outcome: string;
  /** What a second request got, where it registered. */
  options?: number;
  call?: CallReport;
  /** Of `transferTo`: the last status of its NOTIFYs, and who ended its two calls. */
  transferred?: string;
  endedBy?: string[];
  /** Every SIP message that the WebSocket brought, whole. */
  received: string[];
}

/**
 * Headless Chromium, one for each errand: it loads a page that runs JsSIP or SIP.js and reports. The
 * page's origin is `http://127.0.0.1:<port>`, a secure context as a loopback address is.
 */
export class Browser {
  private readonly folder: string;
  private readonly server: Server;
  private readonly keys: readonly string[];
  private readonly microphone: string | undefined;
  private readonly states = new Map<string, string>();
  private readonly reports = new Map<string, Report>();
  private script = '';
  private runs = 0;

  /**
   * @param keys fingerprints of keys whose certificates are believed.
   * @param microphone a WAV file that it hears over and over, where it has a microphone at all.
   */
  constructor(folder: string, keys: readonly string[], microphone?: string) {
    this.folder = folder;
    this.microphone = microphone;
    this.keys = keys;
    this.server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
      if (request.method === 'POST' && pathname === '/state') {
        this.states.set(searchParams.get('run') ?? '', searchParams.get('state') ?? '');
        response.end();
      } else if (request.method === 'POST') {
        void this.take(searchParams.get('run') ?? '', request, response);
      } else if (pathname === '/page.js') {
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(this.script);
      } else {
        const page = '<!doctype html><meta charset=utf-8><script src=/page.js></script>';
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
      }
    });
  }

  get origin(): string {
    // listening on an address
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(port = 0): Promise<void> {
    const require = createRequire(import.meta.url);
    const bundle = await build({
      entryPoints: [join(here, 'browser-page.js')],
      alias: { jssip: require.resolve('jssip'), 'sip.js': require.resolve('sip.js') },
      bundle: true,
      format: 'iife',
      platform: 'browser',
      write: false,
      logLevel: 'error',
    });
    this.script = bundle.outputFiles[0]?.text ?? '';
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  /** Runs the errand in a browser of its own. */
  run(errand: Errand): Promise<Report> {
    return this.begin(errand).report;
  }

  /** The same, with a look at where it is: `registered`, `confirmed`. */
  begin(errand: Errand): { becomes(state: string): Promise<unknown>; report: Promise<Report> } {
    const run = String(++this.runs);
    const becomes = (state: string) =>
      until(`the page is ${state}`, () => this.states.get(run) === state, 20_000);
    return { becomes, report: this.perform(run, errand) };
  }

  private async perform(run: string, errand: Errand): Promise<Report> {
    const home = join(this.folder, `chromium-${run}`);
    const query = new URLSearchParams({ ...errand, run });
    const sound = this.microphone === undefined ? [] : [...SOUND, `${HEARS}=${this.microphone}`];
    const trusted = `--ignore-certificate-errors-spki-list=${this.keys.join(',')}`;
    const program = background(
      `${home}.log`,
      [
        'chromium',
        ...FLAGS,
        '--remote-debugging-port=0', // without it a headless browser prints the page and ends
        ...sound,
        trusted,
        `--user-data-dir=${home}`,
        `${this.origin}/?${query}`,
      ],
      { env: { HOME: home } },
    );
    try {
      return await until(`${errand.library} reports`, () => this.reports.get(run), 40_000);
    } finally {
      await program.stop();
    }
  }

  private async take(run: string, from: IncomingMessage, response: ServerResponse): Promise<void> {
    // our own page's words
    this.reports.set(run, JSON.parse(await readAll(from)) as Report);
    response.end();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** How Chromium is started: without a window, and reaching nobody but this machine. */
export const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

/** A microphone of no device, that nobody has to be asked for. */
export const SOUND = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
];
/** What it hears over and over. */
export const HEARS = '--use-file-for-fake-audio-capture';

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
