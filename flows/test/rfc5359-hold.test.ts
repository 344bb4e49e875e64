import { describe, expect } from 'vitest';
import { flow } from '../src/flow.ts';
import { proxy } from '../src/proxy.ts';
import { mediaAddress } from '../src/sdp.ts';
import { talking } from '../src/talking.ts';
import { BOB } from '../src/trapezoid.ts';

describe('RFC 5359 §2: hold', () => {
  flow('RFC 5359 §2.1', 'Call Hold', async (on) => {
    proxy(on, 'proxy', { names: ['biloxi.example.com'], to: { [BOB]: ['sip:bob@bob'] } });
    const { alice, bob } = on.phones('alice', 'bob');
    const call = alice.call(BOB);
    await on.pause(215);
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> bob   INVITE [sendrecv]
      proxy -> alice 100 INVITE
      bob   -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      bob   -> proxy 200 INVITE [sendrecv]
      proxy -> alice 200 INVITE [sendrecv]
      alice -> proxy ACK
      proxy -> bob   ACK
    `);
    bob.last.reinvite('sendonly');
    await on.pause();
    on.shows(`
      bob   -> proxy INVITE [sendonly]
      proxy -> alice INVITE [sendonly]
      alice -> proxy 200 INVITE [recvonly]
      proxy -> bob   200 INVITE [recvonly]
      bob   -> proxy ACK
      proxy -> alice ACK
    `);
    bob.last.reinvite('sendrecv');
    await on.pause();
    on.shows(`
      bob   -> proxy INVITE [sendrecv]
      proxy -> alice INVITE [sendrecv]
      alice -> proxy 200 INVITE [sendrecv]
      proxy -> bob   200 INVITE [sendrecv]
      bob   -> proxy ACK
      proxy -> alice ACK
    `);
    expect(call.log.slice(-2)).toEqual(['now recvonly', 'now sendrecv']);
    // RFC 3264 §8: each description of one side is one version on
    const versions = on.wire
      .all('proxy -> alice INVITE')
      .map((message) => /^o=.* (\d+) IN/mu.exec(message.text())?.[1]);
    expect(versions).toEqual(['2', '3']);
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      bob   -> proxy BYE
      proxy -> alice BYE
      alice -> proxy 200 BYE
      proxy -> bob   200 BYE
    `);
  });

  flow('RFC 5359 §2.2', 'Consultation Hold', async (on) => {
    const { call, bob } = await talking(on);
    const carol = on.phone('carol');
    const held = bob.last;
    held.reinvite('sendonly');
    await on.pause();
    const consultation = bob.call('carol');
    await on.pause();
    carol.last.ring();
    await on.pause();
    carol.last.answer();
    await on.pause();
    consultation.hangUp();
    await on.pause();
    held.reinvite('sendrecv');
    await on.pause();
    on.shows(`
      bob   -> alice INVITE [sendonly]
      alice -> bob   200 INVITE [recvonly]
      bob   -> alice ACK
      bob   -> carol INVITE [sendrecv]
      carol -> bob   180 INVITE
      carol -> bob   200 INVITE [sendrecv]
      bob   -> carol ACK
      bob   -> carol BYE
      carol -> bob   200 BYE
      bob   -> alice INVITE [sendrecv]
      alice -> bob   200 INVITE [sendrecv]
      bob   -> alice ACK
    `);
    expect([call.log.at(-1), carol.last.end]).toEqual(['now sendrecv', 'ended bye remote']);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice -> bob   BYE
      bob   -> alice 200 BYE
    `);
  });

  flow('RFC 5359 §2.3', 'Music on Hold', async (on) => {
    const { call, bob } = await talking(on);
    const music = on.phone('music');
    music.onCall = (one) => one.answer('sendonly');
    const held = bob.last;
    held.reinvite('sendonly');
    await on.pause();
    // the music's offer goes to alice, and her answer back: bob only carries them (RFC 3725 §4.1)
    const playing = bob.call('music', { offer: undefined });
    playing.onAccepted = (response) => {
      const body = { type: 'application/sdp', content: response.text() };
      held.dialog?.reinvite(
        { body },
        {
          onAccepted: (answer) => {
            held.dialog?.ack();
            playing.dialog?.ack({ type: 'application/sdp', content: answer.text() });
          },
          onRejected() {},
          onFailed() {},
        },
      );
    };
    await on.pause();
    on.shows(`
      bob   -> alice INVITE [sendonly]
      alice -> bob   200 INVITE [recvonly]
      bob   -> alice ACK
      bob   -> music INVITE
      music -> bob   200 INVITE [sendonly]
      bob   -> alice INVITE [sendonly]
      alice -> bob   200 INVITE [recvonly]
      bob   -> alice ACK
      bob   -> music ACK [recvonly]
    `);
    // media only between alice and the music server
    expect([
      mediaAddress(on.request('bob -> alice INVITE')),
      mediaAddress(on.request('bob -> music ACK')),
    ]).toEqual([`${music.host.address}:4000`, `${call.media.address}:4000`]);
    playing.hangUp();
    held.reinvite('sendrecv');
    await on.pause();
    on.shows(`
      bob   -> music BYE
      bob   -> alice INVITE [sendrecv]
      music -> bob   200 BYE
      alice -> bob   200 INVITE [sendrecv]
      bob   -> alice ACK
    `);
    expect(mediaAddress(on.request('bob -> alice INVITE'))).toBe(`${bob.host.address}:4000`);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice -> bob   BYE
      bob   -> alice 200 BYE
    `);
  });
});
