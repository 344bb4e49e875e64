import {
  formatMessageSummary,
  MESSAGE_SUMMARY_TYPE,
  type MessageSummary,
} from '@strowger/dialog-core';
import { type IncomingMessage, type PresenceState, SipClient } from '@strowger/sip-client';
import { NameAddr, uri } from '@strowger/sip-message';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { KamailioPresence } from './kamailio-presence.ts';
import { describeWithPeers, until, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { shows } from './shows.ts';

const phone = (user: string, transport = 'udp'): SipClient =>
  new SipClient({
    uri: `sip:${user}@127.0.0.1`,
    password: `pw-${user}`,
    server: `sip:${KamailioPresence.address};transport=${transport}`,
  });

describeWithPeers(['kamailio', 'ss'], 'clients at a presence server', () => {
  const folder = workFolder('presence');
  let server: KamailioPresence;

  beforeAll(async () => {
    server = await KamailioPresence.start(folder);
  });
  afterAll(() => server.stop());

  it.each(['udp', 'tcp'] as const)('see each other, over %s', async (transport) => {
    const [alice, bob] = [phone('alice', transport), phone('bob', transport)];
    const watch = await bob.presence('alice');
    const seen: PresenceState[] = [];
    watch.on('update', (state) => seen.push(state));
    await until('the watch', () => watch.state === 'active');
    const presence = { basic: 'open', note: 'at my desk', activities: ['busy'] } as const;
    const publication = await alice.publishPresence(presence);
    await until('he sees her', () => watch.current?.basic === 'open');
    expect(watch.current).toMatchObject({ note: 'at my desk', activities: ['busy'] });
    publication.update({ basic: 'closed', note: 'gone home' });
    await until('he sees that she left', () => watch.current?.basic === 'closed');
    expect(watch.current?.note).toBe('gone home');
    expect(await publication.stop()).toEqual({ kind: 'stopped' });
    // kamailio says of whom it knows nothing any more that nothing leads there
    await until('nothing is known', () => watch.current?.note === undefined);
    expect(watch.current?.basic).toBe('closed');
    expect(await watch.stop()).toEqual({ kind: 'stopped' });
    await Promise.all([alice.close(), bob.close()]);
    expect(server.proven()).toContain('SUBSCRIBE bob presence');
    shows('kamailio', 'Services: presence (RFC 3856)', 'Services: PUBLISH (RFC 3903)');
  });

  it('are told what waits in a mailbox', async () => {
    const alice = phone('alice');
    const watch = await alice.messageWaiting();
    const told: MessageSummary[] = [];
    watch.on('update', (summary) => told.push(summary));
    await until('the watch', () => watch.state === 'active');
    const { dialogs } = await alice.sessions();
    const address = uri('sip:alice@127.0.0.1');
    const summary = (newMessages: number) => ({
      type: MESSAGE_SUMMARY_TYPE,
      content: formatMessageSummary({
        isWaiting: newMessages > 0,
        account: 'sip:alice@127.0.0.1',
        counts: { 'voice-message': { newMessages, oldMessages: 3, urgentNew: 1, urgentOld: 0 } },
      }),
    });
    // as a voice mail system does
    const publication = dialogs.publish(
      {
        to: address,
        from: new NameAddr({ uri: address }),
        event: 'message-summary',
        body: summary(2),
        hops: [{ transport: 'udp', address: '127.0.0.1', port: 5066 }],
        credentials: () => ({ username: 'alice', password: 'pw-alice' }),
      },
      {},
    );
    await until('two messages', () => told.at(-1)?.counts['voice-message']?.newMessages === 2);
    expect(told.at(-1)).toMatchObject({
      isWaiting: true,
      account: 'sip:alice@127.0.0.1',
      counts: { 'voice-message': { oldMessages: 3, urgentNew: 1 } },
    });
    publication.change(summary(0));
    await until('none', () => watch.current?.isWaiting === false);
    publication.remove();
    expect(await watch.stop()).toEqual({ kind: 'stopped' });
    await alice.close();
    shows('kamailio', 'Services: message waiting (RFC 3842)');
  });

  it('send each other texts', async () => {
    const [alice, bob] = [phone('alice'), phone('bob')];
    const texts: IncomingMessage[] = [];
    await bob.register();
    expect(await alice.message('bob', 'hello')).toMatchObject({ kind: 'refused', status: 405 });
    bob.on('message', (text) => texts.push(text));
    expect(await alice.message('bob', 'Grüße')).toEqual({ kind: 'accepted', status: 200 });
    expect(await alice.message('nobody', 'hello')).toMatchObject({ status: 404 });
    expect(texts.map(({ text }) => text)).toEqual(['Grüße']);
    expect(texts[0]?.from.uri.toString()).toBe('sip:alice@127.0.0.1');
    await Promise.all([alice.close(), bob.close()]);
    shows('kamailio', 'Services: MESSAGE (RFC 3428)');
  });

  it('have everything anew where it was restarted', async () => {
    const [alice, bob] = [phone('alice'), phone('bob', 'tcp')];
    const watch = await bob.presence('alice');
    const publication = await alice.publishPresence({ basic: 'open', note: 'before' });
    await until('he sees her', () => watch.current?.note === 'before');
    await server.restart();
    await until('he asks again', () => watch.state === 'active');
    publication.update({ basic: 'open', note: 'after' }); // of which kamailio knows nothing: 412
    await until('he sees her again', () => watch.current?.note === 'after', 20_000);
    await Promise.all([alice.close(), bob.close()]);
  });

  it('are not let in with a wrong password', async () => {
    const mallory = new SipClient({
      uri: 'sip:alice@127.0.0.1',
      password: 'pw-mallory',
      server: `sip:${KamailioPresence.address}`,
    });
    const publication = await mallory.publishPresence({ basic: 'open' });
    expect(await publication.ended).toEqual({ kind: 'refused', status: 407 });
    await mallory.close();
  });
});

describeWithPeers(['kamailio', 'linphonec', 'ss'], 'our client and linphone', () => {
  const folder = workFolder('presence-linphone');
  const alice = phone('alice');
  const texts: IncomingMessage[] = [];
  let server: KamailioPresence;
  let linphone: Linphone;

  beforeAll(async () => {
    server = await KamailioPresence.start(folder);
    alice.on('message', (text) => texts.push(text));
    await alice.register();
    linphone = await new Linphone({
      folder,
      name: 'bob',
      port: 5140,
      registrar: { domain: KamailioPresence.address, password: 'pw-bob' },
      friend: `sip:alice@${KamailioPresence.address}`,
    }).start();
  });
  afterAll(async () => {
    await alice.close();
    await linphone.stop();
    await server.stop();
  });

  it('send each other texts', async () => {
    linphone.forget();
    expect(await alice.message('bob', 'are you there?')).toMatchObject({ kind: 'accepted' });
    await linphone.says(/Message received from .*alice.*: are you there\?/);
    await linphone.command(`chat sip:alice@${KamailioPresence.address} I am`);
    await until('her answer', () => texts.length > 0);
    expect(texts[0]).toMatchObject({ text: 'I am', contentType: 'text/plain' });
    expect(texts[0]?.from.uri.toString()).toContain('bob@127.0.0.1');
    shows('linphone', 'Services: MESSAGE (RFC 3428)');
  });

  it('see each other', async () => {
    const watch = await alice.presence('bob');
    await until('she sees him', () => watch.current?.basic === 'open');
    linphone.forget();
    const publication = await alice.publishPresence({ basic: 'open', activities: ['away'] });
    await linphone.says(/Friend .*alice.* is away/i);
    await publication.stop();
    await watch.stop();
    shows('linphone', 'Services: presence (RFC 3856)', 'Services: PUBLISH (RFC 3903)');
  });
});

describeWithPeers(['baresip'], 'our client and baresip', () => {
  const folder = workFolder('presence-baresip');

  it('watches whether it is there', async () => {
    const baresip = await new Baresip({
      folder,
      name: 'bob',
      port: 5160,
      presence: true,
    }).start();
    const alice = new SipClient({ uri: 'sip:alice@127.0.0.1' });
    const watch = await alice.presence(baresip.uri);
    await until('he is there', () => watch.current !== undefined);
    await baresip.command('presence_offline');
    await until('he is gone', () => watch.current?.basic === 'closed');
    await baresip.command('presence_online');
    await until('he is back', () => watch.current?.basic === 'open');
    expect(await watch.stop()).toEqual({ kind: 'stopped' });
    await alice.close();
    await baresip.stop();
    shows('baresip', 'Services: presence (RFC 3856)');
  });
});
