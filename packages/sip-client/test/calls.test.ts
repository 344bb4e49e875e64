import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { Call, SipClientOptions } from '../src/index.ts';
import { during, finish, type Phone, scene } from './scene.ts';

const ALLOW = 'INVITE ACK CANCEL BYE OPTIONS INFO PRACK UPDATE REFER NOTIFY'.split(' ');

type Scene = ReturnType<typeof scene>;

/** Lets a phone do this with every call. */
function onCall({ client }: Phone, take: (call: Call) => void): void {
  client.on('incoming', take);
}

/** Alice and Bob talk. */
async function talking(
  client: Partial<SipClientOptions> = {},
): Promise<Scene & { call: Call; answered: Call }> {
  const all = scene({ client });
  const { simulation, alice, bob } = all;
  await bob.client.contact(); // it listens
  const answered = new Promise<Call>((resolve) => {
    onCall(bob, (call) => {
      call.ring();
      void call.answer();
      resolve(call);
    });
  });
  const call = await during(simulation, alice.client.call('sip:bob@bob'));
  await during(simulation, call.connected);
  await simulation.run(100);
  return { ...all, call, answered: await answered };
}

describe('a call', () => {
  it('is answered, and ends when one of them hangs up', async () => {
    const all = await talking();
    const { simulation, call, answered } = all;
    expect([call.direction, answered.direction]).toEqual(['outgoing', 'incoming']);
    expect([call.state, answered.state]).toEqual(['connected', 'connected']);
    expect(call.remote.uri.toString()).toBe('sip:bob@bob');
    expect(answered.remote.uri.toString()).toBe('sip:alice@pbx.example');
    expect(call.session.id).toBe(call.id);
    await simulation.run(1000);
    expect((await call.stats())?.codec).toBe('pcmu');
    await during(simulation, answered.hangUp());
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'hungUp', by: 'remote' });
    expect((await call.stats())?.packetsReceived).toBeGreaterThan(40);
    await finish(all);
  });

  it('is over for the other side, too, when a client closes behind its own BYE', async () => {
    const heard: string[] = [];
    const all = await talking({
      onMessage: ({ direction, message }) => {
        if (direction === 'received') heard.push(`${message.cseq.method} ${message.kind}`);
      },
    });
    const { simulation, call, alice } = all;
    await during(simulation, call.hangUp());
    const began = simulation.clock.now();
    await during(simulation, alice.client.close());
    expect(heard.at(-1)).toBe('BYE response');
    expect(simulation.clock.now() - began).toBeLessThan(100);
    await finish(all);
  });

  it('whose other side is dead holds a client that closes up for two seconds', async () => {
    const all = await talking();
    const { simulation, call, alice } = all;
    all.bob.host.receive = () => {};
    await during(simulation, call.hangUp());
    const began = simulation.clock.now();
    await during(simulation, alice.client.close());
    expect(Math.abs(simulation.clock.now() - began - 2000)).toBeLessThan(20);
  });

  it('falls silent when the other side barges in, and knows what was heard', async () => {
    const all = await talking();
    const { simulation, call, answered } = all;
    expect(await call.mark('greeting')).toEqual({ name: 'greeting', reached: true });
    const { finished } = call.play({ type: 'tone', frequencyHz: 440 });
    const end = call.mark('end');
    const bargedIn = new Promise<object>((resolve) => {
      call.session.on('digit', () => resolve(call.clear()));
    });
    await simulation.run(700);
    await answered.sendDigits('1');
    const cleared = await during(simulation, bargedIn);
    expect(cleared).toEqual({ heardMs: 700, lastMark: 'greeting', marks: ['end'] });
    expect(await end).toEqual({ name: 'end', reached: false });
    expect(await finished).toEqual({ playedMs: 700, stopped: true });
    void call.hangUp();
    await during(simulation, call.ended);
    await expect(call.mark('late')).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await finish(all);
  });

  it('is held and resumed', async () => {
    const all = await talking();
    const { simulation, call, answered } = all;
    await during(simulation, call.hold());
    expect(call.state).toBe('onHold');
    expect(answered.session.mediaDirection).toBe('recvonly');
    await during(simulation, call.resume());
    expect(call.state).toBe('connected');
    void call.hangUp();
    await during(simulation, call.ended);
    await expect(call.hold()).rejects.toMatchObject({ code: 'SESSION_STATE' });
    await finish(all);
  });

  it('is muted, whatever the other side thinks of it, and no longer', async () => {
    const all = await talking();
    const { simulation, call, answered } = all;
    expect(call.isMuted).toBe(false);
    await during(simulation, call.mute());
    expect([call.isMuted, call.state, answered.state]).toEqual([true, 'connected', 'connected']);
    expect(all.alice.media.endpoints[0]?.isMuted).toBe(true);
    await during(simulation, call.unmute());
    expect(call.isMuted).toBe(false);
    expect(all.alice.media.endpoints[0]?.isMuted).toBe(false);
    await during(simulation, call.hangUp());
    await expect(call.mute()).rejects.toMatchObject({ code: 'SESSION_STATE' });
    await finish(all);
  });

  it('carries digits, of which none is lost though nobody reads yet', async () => {
    const all = await talking();
    const { simulation, call, answered } = all;
    const heard = answered.digits();
    const abandoned = answered.digits();
    await abandoned.return?.();
    await during(simulation, call.sendDigits('12#'));
    await simulation.run(100);
    await during(simulation, call.hangUp());
    await during(simulation, answered.ended);
    let digits = '';
    for await (const digit of heard) digits += digit;
    expect(digits).toBe('12#');
    await expect(call.sendDigits('1')).rejects.toMatchObject({ code: expect.any(String) });
    await finish(all);
  });

  it('has no media before the answer', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const calls = bob.client.incoming();
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    const { value: incoming } = await during(simulation, calls.next());
    expect(() => incoming?.play({ type: 'tone', frequencyHz: 440 })).toThrow(
      expect.objectContaining({ code: 'NO_MEDIA' }),
    );
    expect(() => incoming?.echo(true)).toThrow(expect.objectContaining({ code: 'NO_MEDIA' }));
    await expect(incoming?.sendDigits('1')).rejects.toMatchObject({ code: 'NO_MEDIA' });
    await expect(incoming?.record('x.wav')).rejects.toMatchObject({ code: 'NO_MEDIA' });
    expect(await incoming?.stats()).toBeUndefined();
    void call.hangUp();
    await finish(all);
  });

  it('is refused', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    onCall(bob, (call) => call.reject());
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'rejected', status: 486 });
    await expect(call.connected).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await finish(all);
  });

  it('is given up with an AbortSignal, and what the callee then does harms nothing', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const calls = bob.client.incoming();
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const call = await during(simulation, alice.client.call('sip:bob@bob', { signal }));
    const { value: incoming } = await during(simulation, calls.next());
    incoming?.ring();
    await simulation.run(1000);
    giveUp.abort();
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'cancelled', by: 'local' });
    incoming?.ring();
    incoming?.reject();
    await expect(incoming?.answer()).rejects.toMatchObject({ code: 'SESSION_ENDED' });
    await finish(all);
  });

  it('rings no longer than it may', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    onCall(bob, (call) => call.ring());
    const call = await during(
      simulation,
      alice.client.call('sip:bob@bob', { ringTimeoutMs: 5000, headers: [['Subject', 'lunch']] }),
    );
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'timeout', phase: 'ring' });
    await finish(all);
  });

  it('is answered and refused once at most', async () => {
    const all = await talking();
    const { answered } = all;
    expect(() => answered.answer()).toThrow(expect.objectContaining({ code: 'SESSION_STATE' }));
    expect(() => answered.reject()).toThrow(expect.objectContaining({ code: 'SESSION_STATE' }));
    await finish(all);
  });

  it('needs a target that can be called, and a way to it', async () => {
    const all = scene();
    const { alice } = all;
    await expect(alice.client.call('tel:+4912')).rejects.toMatchObject({ code: 'BAD_TARGET' });
    await expect(alice.client.call('sip:bob@nowhere')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    await finish(all);
  });

  it('goes to the server for a plain number, for our own domain, and always when there is one', async () => {
    const targets: [string, object][] = [
      ['*43', {}],
      ['bob@pbx.example', {}],
      ['sip:bob@elsewhere.example', { server: 'sip:pbx.example' }],
    ];
    for (const [target, client] of targets) {
      const all = scene({ client });
      const { simulation, registrar, alice } = all;
      registrar.status = 404;
      const call = await during(simulation, alice.client.call(target));
      expect(await during(simulation, call.ended)).toMatchObject({ status: 404 });
      expect(registrar.seen[0]?.uri.toString()).toBe(
        target === '*43' ? 'sip:*43@pbx.example' : target.replace(/^(sip:)?/, 'sip:'),
      );
      await finish(all);
    }
  });
});

describe('incoming calls', () => {
  it('wait for their reader', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const calls = bob.client.incoming();
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    await simulation.run(1000);
    for await (const incoming of calls) {
      void incoming.answer();
      break;
    }
    await during(simulation, call.connected);
    const late = await during(simulation, alice.client.call('sip:bob@bob'));
    expect(await during(simulation, late.ended)).toMatchObject({ status: 480 });
    await finish(all);
  });

  it('get 480 while nobody reads or listens', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const unsubscribe = bob.client.on('incoming', (call) => void call.answer());
    unsubscribe();
    unsubscribe();
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'rejected', status: 480 });
    await finish(all);
  });

  it('are refused when the reader leaves, and forgotten when the caller gives up', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const stop = new AbortController();
    const calls = bob.client.incoming({ signal: stop.signal });
    const givenUp = await during(simulation, alice.client.call('sip:bob@bob'));
    await simulation.run(100);
    await during(simulation, givenUp.hangUp());
    const left = await during(simulation, alice.client.call('sip:bob@bob'));
    await simulation.run(100);
    stop.abort();
    expect(await during(simulation, left.ended)).toMatchObject({ status: 480 });
    expect(await calls.next()).toEqual({ done: true, value: undefined });
    await finish(all);
  });

  it('are shared by two readers', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const readers = [bob.client.incoming(), bob.client.incoming()];
    const both = Promise.all(readers.map((reader) => reader.next()));
    for (const number of ['1', '2']) {
      await during(simulation, alice.client.call(`sip:${number}@bob`));
    }
    const taken = await during(simulation, both);
    expect(taken.map(({ value }) => value?.session.request?.uri.toString())).toEqual([
      'sip:1@bob',
      'sip:2@bob',
    ]);
    await finish(all);
  });

  it('are no more than sixteen for a reader that does not read', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    bob.client.incoming();
    for (let call = 0; call < 16; call++) {
      await during(simulation, alice.client.call('sip:bob@bob'));
    }
    const last = await during(simulation, alice.client.call('sip:bob@bob'));
    expect(await during(simulation, last.ended)).toMatchObject({ status: 480 });
    await finish(all);
  });

  it('end with the client', async () => {
    const all = scene();
    const { simulation, bob } = all;
    await bob.client.contact();
    const next = bob.client.incoming().next();
    await during(simulation, bob.client.close());
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await bob.client.incoming().next()).toEqual({ done: true, value: undefined });
    await finish(all);
  });
});

describe('closing', () => {
  it('ends calls that ring, on both sides', async () => {
    for (const who of ['alice', 'bob'] as const) {
      const all = scene();
      const { simulation, alice, bob } = all;
      await bob.client.contact();
      onCall(bob, (call) => call.ring());
      const call = await during(simulation, alice.client.call('sip:bob@bob'));
      await simulation.run(100);
      await during(simulation, all[who].client.close());
      const end = await during(simulation, call.ended);
      expect(end.kind).toBe(who === 'alice' ? 'cancelled' : 'rejected');
      await finish(all);
    }
  });

  it('hangs up, and does not wait for a peer that is gone', async () => {
    const all = await talking();
    const { simulation, bob, call } = all;
    simulation.network.partition('alice', 'bob');
    await during(simulation, bob.client.close());
    expect(simulation.clock.now()).toBeLessThan(5000);
    simulation.network.heal('alice', 'bob');
    expect(call.state).toBe('connected');
    await finish(all);
  });

  it('leaves nothing of a call that is just being placed', async () => {
    const all = scene();
    const { simulation, alice } = all;
    const calling = alice.client.call('sip:bob@bob');
    const closing = alice.client.close();
    const call = await during(simulation, calling);
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'cancelled' });
    await during(simulation, closing);
    await expect(alice.client.call('sip:bob@bob')).rejects.toMatchObject({ code: 'CLOSED' });
    await finish(all);
  });

  it('refuses callers again when nobody listens any more', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const heard: Call[] = [];
    const listen = (call: Call): void => void heard.push(call);
    bob.client.on('incoming', listen);
    bob.client.off('incoming', listen);
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    expect(await during(simulation, call.ended)).toMatchObject({ kind: 'rejected', status: 480 });
    expect(heard).toEqual([]);
    await finish(all);
  });

  it('needs nothing of a client that was never used, and happens once', async () => {
    const all = scene();
    await using client = all.alice.client;
    expect(client.close()).toBe(client.close());
    await finish(all);
  });
});

describe('OPTIONS', () => {
  it('tells what a phone can, and whether it would take a call', async () => {
    const all = scene({ client: { userAgent: 'intercom/1' } });
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    expect(await during(simulation, alice.client.options('sip:bob@bob'))).toMatchObject({
      status: 480,
    });
    bob.client.incoming();
    expect(await during(simulation, alice.client.options('sip:bob@bob'))).toEqual({
      status: 200,
      reason: 'OK',
      allow: ALLOW,
      supported: [],
      server: 'intercom/1',
      roundTripMs: 20,
    });
    await finish(all);
  });

  it('says when nobody answers', async () => {
    const all = scene();
    const { simulation, alice } = all;
    simulation.network.partition('bob');
    await expect(during(simulation, alice.client.options('sip:bob@bob'))).rejects.toMatchObject({
      code: 'NO_ANSWER',
    });
    await finish(all);
  });

  it('is not the only request: what a phone does not take gets 405 or 501', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const statuses: number[] = [];
    const { dialogs } = await alice.client.sessions();
    for (const method of ['MESSAGE', 'DANCE']) {
      const bobUri = uri('sip:bob@bob');
      const from = new NameAddr({ uri: uri('sip:alice@alice') });
      dialogs.request(
        { method, requestUri: bobUri, to: bobUri, from },
        { onResponse: ({ status }) => void statuses.push(status), onFailed() {} },
      );
    }
    await simulation.run(1000);
    expect(statuses).toEqual([405, 501]);
    await finish(all);
  });
});

describe('a network that loses, doubles and reorders', () => {
  it.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    'changes nothing for those who register and talk (seed %d)',
    async (seed) => {
      const all = scene({ seed, loss: 0.1, duplicate: 0.05, reorder: 0.1 });
      const { simulation, registrar, alice, bob } = all;
      onCall(bob, (call) => {
        call.ring();
        void call.answer();
      });
      await during(simulation, Promise.all([alice.client.register(), bob.client.register()]));
      const call = await during(simulation, alice.client.call('sip:bob@bob'));
      await during(simulation, call.connected);
      await during(simulation, call.hold());
      await during(simulation, call.resume());
      await during(simulation, call.hangUp());
      expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'local' });
      await during(simulation, Promise.all([alice, bob].map(({ client }) => client.unregister())));
      expect(registrar.bindings.size).toBe(0);
      await finish(all);
    },
  );
});
