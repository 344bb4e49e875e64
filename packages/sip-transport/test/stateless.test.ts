import { SipResponse, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { respondStateless, sendStateless } from '../src/index.ts';
import { hopTo, mustLeave, open, options } from './loopback.ts';

describe('without state', () => {
  it('a retransmission is answered as its request was', async () => {
    const bob = await open(['udp:127.0.0.1:0']);
    const alice = await open(['udp:127.0.0.1:0']);
    const hop = hopTo(bob, 'udp');
    const tags: (string | undefined)[] = [];
    for (let sent = 0; sent < 2; sent++) {
      alice.layer.send(options(alice, hop), hop, mustLeave);
      respondStateless(bob.layer, await bob.inbox.next(), 404, { headers: [['X-Why', 'nobody']] });
      const { message } = await alice.inbox.next();
      expect(message).toMatchObject({ status: 404 });
      expect(message.headers.raw('x-why')).toEqual(['nobody']);
      tags.push(message.to.tag);
    }
    expect(tags[0]).toBeDefined();
    expect(tags[1]).toBe(tags[0]);
  });

  it('nobody answers an ACK, or promises something by a provisional answer', async () => {
    const bob = await open(['udp:127.0.0.1:0']);
    const alice = await open(['udp:127.0.0.1:0']);
    const hop = hopTo(bob, 'udp');
    const ack = options(alice, hop).clone();
    ack.method = 'ACK';
    ack.headers.set('CSeq', '1 ACK');
    alice.layer.send(ack, hop, mustLeave);
    const inbound = await bob.inbox.next();
    expect(respondStateless(bob.layer, inbound, 200)).toBeUndefined();
    alice.layer.send(options(alice, hop), hop, mustLeave);
    expect(respondStateless(bob.layer, await bob.inbox.next(), 180)).toBeUndefined();
  });

  it('a request goes on below a branch that its retransmission gets again (RFC 3261 §16.11)', async () => {
    const carol = await open(['udp:127.0.0.1:0']);
    const bob = await open(['udp:127.0.0.1:0']);
    const alice = await open(['udp:127.0.0.1:0']);
    const hop = hopTo(bob, 'udp');
    const target = uri(`sip:carol@127.0.0.1:${hopTo(carol, 'udp').port}`);
    const branches: (string | undefined)[] = [];
    for (let sent = 0; sent < 2; sent++) {
      alice.layer.send(options(alice, hop), hop, mustLeave);
      const { message } = await bob.inbox.next();
      if (message.kind !== 'request') throw new Error('no request');
      await sendStateless(bob.layer, message, target, mustLeave);
      const passed = await carol.inbox.next();
      expect(passed.message.headers.get('via')).toHaveLength(2);
      branches.push(passed.message.via.branch);
      respondStateless(carol.layer, passed, 200);
      expect((await bob.inbox.next()).message).toBeInstanceOf(SipResponse);
    }
    expect(branches[0]).toMatch(/^z9hG4bK/);
    expect(branches[1]).toBe(branches[0]);
  });
});
