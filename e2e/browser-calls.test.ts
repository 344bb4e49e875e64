import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Browser, type Errand } from './browser.ts';
import { Capture } from './capture.ts';
import { keyFingerprint, TestAuthority } from './certificates.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { listen, writeTone } from './sound.ts';

const PAGE_PORT = 8090;
/** What the browser's microphone hears, and what baresip says. */
const [ITS_TONE, BOBS_TONE] = [523, 440];
const peers = ['chromium', 'openssl', 'baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(peers, 'calls of a page in Chromium (JsSIP, DTLS-SRTP, ICE)', () => {
  const folder = workFolder('browser-calls');
  const authority = new TestAuthority(folder);
  const shown = authority.issue();
  const microphone = join(folder, 'microphone.wav');
  const page = new Browser(folder, [keyFingerprint(shown)], microphone);
  const bob = new Baresip({
    folder,
    name: 'bob',
    port: 5120,
    tone: BOBS_TONE,
    codecs: 'pcmu',
    registrar: { domain: '127.0.0.1:5060', password: 'pw-bob' },
  });
  let pbx: Pbx;

  const alice: Errand = {
    library: 'jssip',
    server: 'wss://127.0.0.1:8443/sip',
    user: 'alice',
    password: 'pw-alice',
  };

  beforeAll(async () => {
    writeTone(microphone, ITS_TONE, 10);
    await page.start(PAGE_PORT);
    pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'wss:127.0.0.1:8443'],
      tls: shown,
      webSocket: { path: '/sip', origins: [page.origin] },
    });
    await bob.start();
  });

  afterAll(async () => {
    await bob.stop();
    await page.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('hears its own echo', async () => {
    const errand = { ...alice, call: 'sip:*43@127.0.0.1', listenFor: String(ITS_TONE) };
    const { outcome, call, received } = await page.run(errand);
    expect(outcome, received.join('\n')).toBe('registered');
    expect(call).toMatchObject({ codec: 'audio/PCMU', tlsVersion: 'FEFD', packetsLost: 0 });
    expect(call?.srtpCipher).toMatch(/^SRTP_/);
    expect(call?.heardFor).toBeGreaterThan(2);
  });

  it('calls a phone that knows neither, and each hears the other', async () => {
    const capture = await Capture.start(folder, 'to-bob');
    const errand = { ...alice, call: 'sip:bob@127.0.0.1', listenFor: String(BOBS_TONE) };
    const { outcome, call } = await page.run(errand);
    await capture.stop();
    expect(outcome).toBe('registered');
    expect(call?.heardFor, 'what the browser hears').toBeGreaterThan(2);
    const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
    const sound = listen(capture.sound(`(${toBob}) && rtp.p_type == 0`));
    expect(sound.heardFor(ITS_TONE), 'what bob hears').toBeGreaterThan(2);
  });

  it('is called by a phone that knows neither, and each hears the other', async () => {
    const errand = { ...alice, call: 'wait', listenFor: String(BOBS_TONE) };
    const { becomes, report } = page.begin(errand);
    await becomes('registered');
    const capture = await Capture.start(folder, 'from-bob');
    bob.forget();
    await bob.command('dial', 'sip:alice@127.0.0.1:5060');
    const { outcome, call } = await report;
    await pause(300);
    await capture.stop();
    expect(outcome).toBe('registered');
    expect(call?.heardFor, 'what the browser hears').toBeGreaterThan(2);
    const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
    const sound = listen(capture.sound(`(${toBob}) && rtp.p_type == 0`));
    expect(sound.heardFor(ITS_TONE), 'what bob hears').toBeGreaterThan(2);
  });

  it('SIP.js hears its own echo, holds it, takes it back and hangs up', async () => {
    const sound = { call: 'sip:*43@127.0.0.1', listenFor: String(ITS_TONE) };
    const { outcome, call } = await page.run({ ...alice, library: 'sipjs', ...sound });
    expect(outcome).toBe('registered');
    expect(call).toMatchObject({ tlsVersion: 'FEFD', held: 'sendonly', resumed: 'sendrecv' });
    expect(call?.heardFor).toBeGreaterThan(2);
    const [cdr] = await pbx.cdrs(1);
    expect(cdr).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
  });

  it('SIP.js calls a phone that knows neither, and hears it', async () => {
    const sound = { call: 'sip:bob@127.0.0.1', listenFor: String(BOBS_TONE) };
    const { outcome, call } = await page.run({ ...alice, library: 'sipjs', ...sound });
    expect({ outcome, resumed: call?.resumed }).toEqual({
      outcome: 'registered',
      resumed: 'sendrecv',
    });
    expect(call?.heardFor).toBeGreaterThan(2);
  });
});
