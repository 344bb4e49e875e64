import { get } from 'node:https';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser, type Errand } from './browser.ts';
import { keyFingerprint, TestAuthority } from './certificates.ts';
import { SanityCheck } from './kamailio-sanity.ts';
import { describeWithPeers, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';

const PAGE_PORT = 8090;
const OWN_PORT = 'wss://127.0.0.1:8443/sip';
/** The port that the API has, too. */
const SHARED_PORT = 'ws://127.0.0.1:8080/sip';

describeWithPeers(['chromium', 'openssl', 'kamailio', 'ss'], 'pages in Chromium at the PBX', () => {
  const folder = workFolder('browser');
  const authority = new TestAuthority(folder);
  const shown = authority.issue();
  const page = new Browser(folder, [keyFingerprint(shown)]);
  const heard: string[] = [];
  let pbx: Pbx;

  const run = async (errand: Partial<Errand>) => {
    const alice = { user: 'alice', password: 'pw-alice', library: 'jssip' as const };
    const report = await page.run({ server: OWN_PORT, ...alice, ...errand });
    heard.push(...report.received);
    return report;
  };

  beforeAll(async () => {
    await page.start(PAGE_PORT);
    pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'wss:127.0.0.1:8443', 'ws:127.0.0.1:8080'],
      tls: shown,
      webSocket: { path: '/sip', origins: [page.origin] },
    });
  });
  afterAll(async () => {
    await page.stop();
    expect(await pbx.stop()).toBe(0);
  });

  it.each([
    ['jssip', OWN_PORT],
    ['sipjs', OWN_PORT],
    ['jssip', SHARED_PORT],
    ['sipjs', SHARED_PORT],
  ] as const)('%s registers over %s, asks OPTIONS, and leaves', async (library, server) => {
    const { outcome, options, received } = await run({ library, server });
    expect({ outcome, options }, received.join('\n')).toEqual({
      outcome: 'registered',
      options: 200,
    });
    const transport = server === OWN_PORT ? 'wss' : 'ws';
    shows(
      library === 'jssip' ? 'JsSIP' : 'SIP.js',
      'Signalling: registers',
      'Signalling: OPTIONS',
      `Signalling: over ${transport}`,
    );
  });

  it('serves the API on the port that SIP has, too', async () => {
    expect((await pbx.get('/health')).status).toBe(200);
  });

  it.each(['jssip', 'sipjs'] as const)(
    '%s does not register with a wrong password',
    async (library) => {
      const { outcome, received } = await run({ library, password: 'wrong' });
      expect(outcome).toMatch(/^(Authentication Error|rejected 40[13])$/);
      expect(received.filter((text) => text.startsWith('SIP/2.0 200'))).toEqual([]);
    },
  );

  it.each([OWN_PORT, SHARED_PORT])(
    'a page of another origin gets no WebSocket at %s',
    async (server) => {
      const stranger = new Browser(folder, [keyFingerprint(shown)]);
      await stranger.start();
      const alice = { user: 'alice', password: 'pw-alice', library: 'jssip' as const };
      const { outcome, received } = await stranger.run({ ...alice, server });
      expect(outcome).toMatch(/^disconnected/);
      expect(received).toEqual([]);
      await stranger.stop();
    },
  );

  it('what they were sent passes every check of kamailio', async () => {
    expect(heard.length).toBeGreaterThan(12);
    const sanity = await SanityCheck.start(folder);
    const bytes = heard.map((text) => new TextEncoder().encode(text));
    expect(await sanity.refused(bytes)).toEqual([]);
    const broken = heard.slice(0, 1).map((text) => text.replace(/^To: .*\r\n/im, ''));
    const judged = await sanity.refused(broken.map((text) => new TextEncoder().encode(text)));
    expect(judged, 'what is broken').toEqual(broken);
    await sanity.stop();
  });
});

describeWithPeers(['chromium', 'openssl'], 'one HTTPS port for API and SIP', () => {
  const folder = workFolder('browser-https');
  const authority = new TestAuthority(folder);
  const shown = authority.issue();
  const page = new Browser(folder, [keyFingerprint(shown)]);

  it('serves both', async () => {
    await page.start(PAGE_PORT);
    const pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'wss:127.0.0.1:8443'],
      http: { listen: '127.0.0.1:8443' },
      tls: shown,
      webSocket: { path: '/sip', origins: [page.origin] },
    });
    const alice = { user: 'alice', password: 'pw-alice', library: 'jssip' as const };
    const { outcome } = await page.run({ ...alice, server: OWN_PORT });
    expect(outcome).toBe('registered');
    expect(await statusOf('https://127.0.0.1:8443/ready', authority.cert)).toBe(200);
    await page.stop();
    expect(await pbx.stop()).toBe(0);
  });
});

function statusOf(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { ca: readFileSync(ca) }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}
