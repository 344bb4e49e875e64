import { describe, expect } from 'vitest';
import { flow } from '../src/flow.ts';
import { mediaAddress } from '../src/sdp.ts';
import { talking } from '../src/talking.ts';

describe('RFC 3665 §3: sessions without proxies', () => {
  flow('RFC 3665 §3.1', 'Successful Session Establishment', async (on) => {
    const { call, bob } = await talking(on);
    const invite = on.request('alice -> bob INVITE');
    const answer = on.response('bob -> alice 200 INVITE');
    const ack = on.request('alice -> bob ACK');
    expect([answer.to.tag === undefined, answer.from.tag]).toEqual([false, invite.from.tag]);
    expect([ack.uri.toString(), ack.cseq.number]).toEqual([
      String(answer.headers.get('contact')).replaceAll(/[<>]/gu, ''),
      invite.cseq.number,
    ]);
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice  BYE
      alice -> bob    200 BYE
    `);
    const bye = on.request('bob -> alice BYE');
    expect([bye.from.tag, bye.to.tag]).toEqual([answer.to.tag, invite.from.tag]);
    expect([call.log, bob.last.log]).toEqual([
      ['180', 'accepted', 'ended bye remote'],
      ['ACK', 'ended bye local'],
    ]);
  });

  flow('RFC 3665 §3.7', 'Session with re-INVITE (IP Address Change)', async (on) => {
    const { call, bob } = await talking(on);
    const elsewhere = on.simulation.network.host('elsewhere');
    bob.moveTo(elsewhere);
    bob.last.media.address = elsewhere.address;
    bob.last.media.port = 47_172;
    bob.last.reinvite('sendrecv', [['Contact', `<sip:bob@${elsewhere.address}:5060>`]]);
    await on.pause();
    on.shows(`
      elsewhere -> alice      INVITE [sendrecv]
      alice     -> elsewhere  200 INVITE [sendrecv]
      elsewhere -> alice      ACK
    `);
    expect(mediaAddress(on.request('elsewhere -> alice INVITE'))).toBe(
      `${elsewhere.address}:47172`,
    );
    expect([call.log.at(-1), bob.last.log.at(-1)]).toEqual(['now sendrecv', 'changed']);
    call.hangUp(); // the Contact of the re-INVITE is where bob is now
    await on.pause();
    on.shows(`
      alice     -> elsewhere  BYE
      elsewhere -> alice      200 BYE
    `);
  });
});
