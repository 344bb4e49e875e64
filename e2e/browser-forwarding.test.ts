import { join } from 'node:path';
import { SipClient } from '@strowger/sip-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { keyFingerprint, TestAuthority } from './certificates.ts';
import { describeWithPeers, until, workFolder } from './lab.ts';
import { Page } from './page.ts';
import { Pbx } from './pbx.ts';
import { writeTone } from './sound.ts';

const [ALICES_PORT, DAVES_PORT] = [8090, 8092];
const [ALICES_TONE, BOBS_TONE, CAROLS_TONE, DAVES_TONE] = [523, 660, 880, 1200];
const peers = ['chromium', 'openssl', 'baresip', 'sox'];

describeWithPeers(peers, 'a call from Chromium that has early media, and is forwarded', () => {
  const folder = workFolder('browser-forwarding');
  const shown = new TestAuthority(folder).issue();
  const keys = [keyFingerprint(shown)];
  const carol = new Baresip({
    folder,
    name: 'carol',
    port: 5160,
    tone: CAROLS_TONE,
    codecs: 'pcma', // that bob would not have taken
    registrar: { domain: '127.0.0.1:5060', password: 'pw-carol' },
  });
  let pbx: Pbx;
  let alice: Page;
  let dave: Page;
  const bobs: SipClient[] = [];

  async function open(user: string, port: number, tone: number): Promise<Page> {
    const microphone = join(folder, `${user}.wav`);
    writeTone(microphone, tone, 10);
    const at = join(folder, user);
    const page = await Page.open({ folder: at, script: 'page-phone.js', port, keys, microphone });
    const account = { server: 'wss://127.0.0.1:8443/sip', user, password: `pw-${user}` };
    await page.evaluate(`phone.start(${JSON.stringify(account)})`);
    return page;
  }

  /** A phone that says something before it is answered, and is not answered. */
  async function ring(user: string, codec: string): Promise<void> {
    const client = new SipClient({
      uri: `sip:${user}@127.0.0.1:5060`,
      password: `pw-${user}`,
      media: { codecs: [codec] },
    });
    bobs.push(client);
    client.on('incoming', ({ session }) => {
      session.progress(183, { withMedia: true }).then(
        () => session.play({ type: 'tone', frequencyHz: BOBS_TONE }).finished.catch(() => {}),
        () => {}, // it is over
      );
    });
    await client.register();
  }

  beforeAll(async () => {
    const users = [
      { user: 'alice' },
      { user: 'bob', forward: { noAnswer: 'carol', noAnswerMs: 4000 } },
      { user: 'bert', forward: { noAnswer: 'dave', noAnswerMs: 4000 } },
      { user: 'carol' },
      { user: 'dave' },
    ].map((one) => ({ ...one, password: `pw-${one.user}` }));
    pbx = await Pbx.start(folder, {
      listen: ['udp:127.0.0.1:5060', 'wss:127.0.0.1:8443'],
      tls: shown,
      webSocket: {
        path: '/sip',
        origins: [ALICES_PORT, DAVES_PORT].map((port) => `http://127.0.0.1:${port}`),
      },
      users,
    });
    await carol.start();
    alice = await open('alice', ALICES_PORT, ALICES_TONE);
    dave = await open('dave', DAVES_PORT, DAVES_TONE);
    await ring('bob', 'pcma');
    await ring('bert', 'pcmu');
  });
  afterAll(async () => {
    await Promise.all(bobs.map((one) => one.close()));
    await Promise.all([alice.stop(), dave.stop(), carol.stop()]);
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('to a phone: hears who rang first, then who has answered', async () => {
    carol.forget();
    const called = alice.evaluate(`phone.call('bob')`);
    await until('early media', () => alice.evaluate(`phone.early()`), 8000);
    expect(await alice.evaluate(`phone.heardFor(${BOBS_TONE}, 1500)`)).toBeGreaterThan(400);
    await called;
    await carol.event('CALL_ESTABLISHED');
    expect(await alice.evaluate(`phone.heardFor(${CAROLS_TONE}, 2500)`)).toBeGreaterThan(1500);
    await alice.evaluate('phone.hangUp()');
    await carol.event('CALL_CLOSED');
  });

  it('to another page, which takes other media than the phone that rang', async () => {
    const called = alice.evaluate(`phone.call('bert')`);
    await until('early media', () => alice.evaluate(`phone.early()`), 8000);
    expect(await alice.evaluate(`phone.heardFor(${BOBS_TONE}, 1500)`)).toBeGreaterThan(400);
    await called;
    expect(await alice.evaluate(`phone.heardFor(${DAVES_TONE}, 3500)`)).toBeGreaterThan(1500);
    expect(await dave.evaluate(`phone.heardFor(${ALICES_TONE}, 2500)`)).toBeGreaterThan(1500);
    await dave.evaluate('phone.hangUp()');
    expect(await alice.evaluate('phone.ended()')).toMatchObject({ kind: 'hungUp', by: 'remote' });
  });
});
