import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { keyFingerprint, TestAuthority } from './certificates.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Page } from './page.ts';
import { Pbx } from './pbx.ts';
import { listen, writeTone } from './sound.ts';

const PAGE_PORT = 8090;
/** What the page's microphone hears, and what the phones say. */
const [ITS_TONE, BOBS_TONE, CAROLS_TONE] = [523, 440, 880];
const peers = ['chromium', 'openssl', 'baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(peers, 'our client in a page in Chromium', () => {
  const folder = workFolder('our-browser');
  const authority = new TestAuthority(folder);
  const shown = authority.issue();
  const microphone = join(folder, 'microphone.wav');
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
  const opened = { folder, port: PAGE_PORT, microphone, keys: [keyFingerprint(shown)] };
  let pbx: Pbx;
  let page: Page;

  const does = <T>(what: string): Promise<T> => page.evaluate<T>(`phone.${what}`);
  const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
  /** What bob was sent while something went on, and for how long a tone was in it. */
  const bobHears = async (hz: number, during: () => Promise<unknown>): Promise<number> => {
    const capture = await Capture.start(folder, `to-bob-${Date.now()}`);
    await during();
    await pause(300);
    await capture.stop();
    return listen(capture.sound(`(${toBob}) && rtp.p_type == 0`)).heardFor(hz);
  };

  beforeAll(async () => {
    writeTone(microphone, ITS_TONE, 10);
    pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'wss:127.0.0.1:8443'],
      tls: shown,
      webSocket: { path: '/sip', origins: [`http://127.0.0.1:${PAGE_PORT}`] },
    });
    await Promise.all([bob.start(), carol.start()]);
    page = await Page.open({ ...opened, script: 'page-phone.js' });
    const account = { server: 'wss://127.0.0.1:8443/sip', user: 'alice', password: 'pw-alice' };
    expect(await does(`start(${JSON.stringify(account)})`)).toMatchObject({ expiresSeconds: 300 });
  });

  afterAll(async () => {
    await page.stop();
    await Promise.all([bob.stop(), carol.stop()]);
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('hears its own echo, encrypted, and counts it', async () => {
    await does(`call('*43')`);
    expect(await does(`heardFor(${ITS_TONE}, 3000)`)).toBeGreaterThan(2000);
    const stats = await does<Record<string, unknown>>('stats()');
    expect(stats).toMatchObject({ codec: 'pcmu', direction: 'sendrecv', packetsLost: 0 });
    expect(stats['quality']).toMatchObject({ packetsLost: 0 });
    const [secured] = await page.evaluate<object[]>('phone.told');
    expect(secured).toMatchObject({ keying: 'dtls' });
    await does('hangUp()');
  });

  it('plays, says and falls silent, in place of its microphone', async () => {
    await does(`call('*43')`);
    await does('mute(true)');
    await pause(500);
    expect(await does(`heardFor(${ITS_TONE}, 1000)`), 'muted').toBe(0);
    const playing = does(`play({ type: 'tone', frequencyHz: 660 }, { durationMs: 2500 })`);
    await pause(500);
    expect(await does(`heardFor(660, 1500, 16000)`), 'played').toBeGreaterThan(1200);
    expect(await playing).toEqual({ playedMs: 2500, stopped: false });
    const saying = does('say(1000, 2000)');
    await pause(800);
    expect(await does('heardFor(1000, 1000)'), 'said').toBeGreaterThan(700);
    await saying;
    await does('hangUp()');
  });

  it('is silent while its side is muted, whatever it plays, and is heard again', async () => {
    await does(`call('*43')`);
    expect(await does(`heardFor(${ITS_TONE}, 2000)`)).toBeGreaterThan(1000);
    await does('hush(true)');
    await pause(500);
    const playing = does(`play({ type: 'tone', frequencyHz: 660 }, { durationMs: 1500 })`);
    expect(await does(`heardFor(660, 1000, 16000)`), 'played').toBe(0);
    await playing;
    expect(await does(`heardFor(${ITS_TONE}, 1000)`), 'said').toBe(0);
    await does('hush(false)');
    await pause(500);
    expect(await does(`heardFor(${ITS_TONE}, 1500)`), 'again').toBeGreaterThan(1000);
    await does('hangUp()');
  });

  it('speaks another codec from then on', async () => {
    await does(`call('*43')`);
    expect(await does('stats()')).toMatchObject({ codec: 'pcmu' });
    await does(`speak('pcma')`);
    await pause(500);
    expect(await does('stats()')).toMatchObject({ codec: 'pcma' });
    expect(await does(`heardFor(${ITS_TONE}, 2000)`)).toBeGreaterThan(1000);
    await does('hangUp()');
  });

  it('calls a phone, and each hears the other; on hold neither does', async () => {
    await does(`call('bob')`);
    const heard = await bobHears(ITS_TONE, async () => {
      expect(await does(`heardFor(${BOBS_TONE}, 3000)`)).toBeGreaterThan(2000);
    });
    expect(heard, 'what bob hears').toBeGreaterThan(2);
    await does('hold()');
    expect(await does('direction()')).toBe('sendonly');
    expect(await does(`heardFor(${BOBS_TONE}, 1500)`), 'of bob on hold').toBeLessThan(300);
    expect(await bobHears(ITS_TONE, () => pause(1500)), 'of the microphone on hold').toBeLessThan(
      0.6,
    );
    await does('resume()');
    expect(await does('direction()')).toBe('sendrecv');
    expect(await bobHears(ITS_TONE, () => pause(2000)), 'resumed').toBeGreaterThan(1);
    await does('mute(true)');
    expect(await bobHears(ITS_TONE, () => pause(1500)), 'of a muted microphone').toBeLessThan(0.6);
    await does('hangUp()');
  });

  it('sends digits as events, and is hung up on', async () => {
    bob.forget();
    await does(`call('bob')`);
    await pause(1500); // until the media flows
    await does(`digits('19*#', { durationMs: 120, gapMs: 120 })`);
    await until('bob has heard the digits', () => bob.digits() === '19*#');
    await bob.command('hangup');
    expect(await does('ended()')).toMatchObject({ kind: 'hungUp', by: 'remote' });
  });

  it('is called, and each hears the other', async () => {
    bob.forget();
    const heard = await bobHears(ITS_TONE, async () => {
      await bob.command('dial', 'sip:alice@127.0.0.1:5060');
      await until('it has answered', async () => (await does('state()')) === 'connected');
      expect(await does(`heardFor(${BOBS_TONE}, 3000)`)).toBeGreaterThan(1500);
    });
    expect(heard, 'what bob hears').toBeGreaterThan(1.5);
    await does('hangUp()');
  });

  it('transfers bob to carol, who then hear each other', async () => {
    await does(`call('bob')`);
    carol.forget();
    expect(await does(`transfer('carol')`)).toMatchObject({ kind: 'transferred', bridged: false });
    await carol.event('CALL_ESTABLISHED');
    const heard = await bobHears(CAROLS_TONE, () => pause(2500));
    expect(heard, 'what bob hears of carol').toBeGreaterThan(1);
    await does('ended()');
    await carol.command('hangup');
  });

  it('asks carol first, and joins bob with her', async () => {
    await does(`call('bob')`);
    carol.forget();
    await does(`consult('carol')`);
    expect(await does(`heardFor(${CAROLS_TONE}, 2000)`), 'she is asked').toBeGreaterThan(1000);
    const joined = await does(`transferToOther()`);
    expect(joined).toMatchObject({ kind: 'transferred', bridged: false });
    const heard = await bobHears(CAROLS_TONE, () => pause(2500));
    expect(heard, 'what bob hears of carol').toBeGreaterThan(1);
    await does('firstEnded()');
    await does('ended()');
    await carol.command('hangup');
  });

  it('restarts ICE in a call that goes on', async () => {
    await does(`call('bob')`);
    expect(await does(`heardFor(${BOBS_TONE}, 2000)`)).toBeGreaterThan(1000);
    const before = await does<string[]>('offers()');
    await does('restartIce()');
    const after = await does<string[]>('offers()');
    expect(after).toHaveLength(before.length + 1);
    expect(before).not.toContain(after.at(-1));
    await pause(500);
    const heard = await bobHears(ITS_TONE, async () => {
      expect(await does(`heardFor(${BOBS_TONE}, 2500)`)).toBeGreaterThan(2000);
    });
    expect(heard, 'what bob hears').toBeGreaterThan(1.5);
    await does('hangUp()');
  });

  it('is told of another network: another connection, ICE anew, the call goes on', async () => {
    bob.forget();
    await does(`call('bob')`);
    const before = await does<string[]>('offers()');
    await does('networkChanges()');
    expect(before).not.toContain((await does<string[]>('offers()')).at(-1));
    const heard = await bobHears(ITS_TONE, async () => {
      expect(await does(`heardFor(${BOBS_TONE}, 2500)`)).toBeGreaterThan(2000);
    });
    expect(heard, 'what bob hears').toBeGreaterThan(1.5);
    await bob.command('hangup'); // over the connection of now
    expect(await does('ended()')).toMatchObject({ kind: 'hungUp', by: 'remote' });
  });

  it('leaves, and is called no more', async () => {
    await does('close()');
    bob.forget();
    await bob.command('dial', 'sip:alice@127.0.0.1:5060');
    expect((await bob.event('CALL_CLOSED')).param).toContain('480');
  });

  it('is the telephone of the guide, too', async () => {
    await page.stop();
    page = await Page.open({ ...opened, script: '../examples/pages/web-phone.ts' });
    const says = (state: string) =>
      until(`the page says ${state}`, async () =>
        (await page.evaluate<string>(`document.querySelector('#state').textContent`)).endsWith(
          state,
        ),
      );
    // what the browser does to a microphone by default ends steady tones
    await page.evaluate(`{
      const devices = navigator.mediaDevices;
      const ask = devices.getUserMedia.bind(devices);
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      devices.getUserMedia = () => ask({ audio });
    }`);
    await page.evaluate(`document.querySelector('#password').value = 'pw-alice'`);
    await page.evaluate(`document.querySelector('#account').requestSubmit()`);
    await says('registered');
    await page.evaluate(`document.querySelector('#target').value = 'bob'`);
    const heard = await bobHears(ITS_TONE, async () => {
      await page.evaluate(`document.querySelector('#dial').requestSubmit()`);
      await says('talking');
      await pause(2500);
    });
    expect(heard, 'what bob hears').toBeGreaterThan(1.5);
    bob.forget();
    await page.evaluate(`document.querySelector('#keys button').click()`);
    await until('bob has heard a 1', () => bob.digits() === '1');
    await page.evaluate(`document.querySelector('#hang-up').click()`);
    await says('hungUp');
  });
});
