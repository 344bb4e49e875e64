import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Browser, type Errand } from './browser.ts';
import { Capture } from './capture.ts';
import { keyFingerprint, TestAuthority } from './certificates.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const PAGE_PORT = 8090;
/** What the browser's microphone hears, and what the phones say. */
const [ITS_TONE, BOBS_TONE, CAROLS_TONE] = [523, 440, 880];
const peers = ['chromium', 'openssl', 'baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(peers, 'calls of a page in Chromium (JsSIP, DTLS-SRTP, ICE)', () => {
  const folder = workFolder('browser-calls');
  const authority = new TestAuthority(folder);
  const shown = authority.issue();
  const microphone = join(folder, 'microphone.wav');
  const page = new Browser(folder, [keyFingerprint(shown)], microphone);
  const phone = (name: string, port: number, tone: number): Baresip =>
    new Baresip({
      folder,
      name,
      port,
      tone,
      codecs: 'pcmu',
      registrar: { domain: '127.0.0.1:5060', password: `pw-${name}` },
    });
  const bob = phone('bob', 5120, BOBS_TONE);
  const carol = phone('carol', 5160, CAROLS_TONE);
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
    await Promise.all([bob.start(), carol.start()]);
  });

  afterAll(async () => {
    await Promise.all([bob.stop(), carol.stop()]);
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
    shows(
      'JsSIP',
      'Calls: places',
      'Calls: hears',
      'Calls: is heard',
      'Media: SRTP, keys by DTLS (RFC 5764)',
      'Media: ICE (RFC 8445)',
      'Signalling: over wss',
    );
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
    shows('JsSIP', 'Calls: places', 'Calls: hears', 'Calls: is heard');
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
    shows('JsSIP', 'Calls: takes', 'Calls: hears', 'Calls: is heard');
  });

  it('connects one phone with another, attended, by REFER with Replaces', async () => {
    for (const one of [bob, carol]) one.forget();
    const transferTo = 'sip:carol@127.0.0.1';
    const errand = { ...alice, call: 'sip:bob@127.0.0.1', transferTo };
    const { outcome, transferred, endedBy, received } = await page.run(errand);
    expect({ outcome, transferred, endedBy }, received.join('\n')).toEqual({
      outcome: 'registered',
      transferred: '200',
      endedBy: ['remote', 'remote'],
    });
    const capture = await Capture.start(folder, 'transferred');
    await pause(2500);
    await capture.stop();
    const heardBy = ({ rtpPort }: Baresip, hz: number): number => {
      const way = `udp.dstport >= ${rtpPort} && udp.dstport <= ${rtpPort + 98}`;
      return listen(capture.sound(`(${way}) && rtp.p_type == 0`)).heardFor(hz);
    };
    expect(heardBy(bob, CAROLS_TONE), 'what bob hears').toBeGreaterThan(1.5);
    expect(heardBy(carol, BOBS_TONE), 'what carol hears').toBeGreaterThan(1.5);
    await bob.command('hangup');
    await carol.event('CALL_CLOSED');
    shows('JsSIP', 'Transfer: attended, as transferor');
  });

  it('SIP.js hears its own echo, holds it, takes it back and hangs up', async () => {
    const sound = { call: 'sip:*43@127.0.0.1', listenFor: String(ITS_TONE) };
    const { outcome, call } = await page.run({ ...alice, library: 'sipjs', ...sound });
    expect(outcome).toBe('registered');
    expect(call).toMatchObject({ tlsVersion: 'FEFD', held: 'sendonly', resumed: 'sendrecv' });
    expect(call?.heardFor).toBeGreaterThan(2);
    const [cdr] = await pbx.cdrs(1);
    expect(cdr).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
    shows(
      'SIP.js',
      'Calls: places',
      'Calls: hears',
      'Calls: is heard',
      'Calls: holds and resumes',
      'Media: SRTP, keys by DTLS (RFC 5764)',
      'Media: ICE (RFC 8445)',
      'Signalling: over wss',
    );
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
