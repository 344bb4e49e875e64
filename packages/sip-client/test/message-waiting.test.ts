import { formatMessageSummary, MESSAGE_SUMMARY_TYPE } from '@strowger/dialog-core';
import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { TransactionLayer } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import type { MessageSummary } from '@strowger/dialog-core';
import { type Watch, type WatchTrouble } from '../src/index.ts';
import { eventScene, finishEvents } from './event-server.ts';
import { during } from './scene.ts';

const summary = (newMessages: number, oldMessages = 0) => ({
  type: MESSAGE_SUMMARY_TYPE,
  content: formatMessageSummary({
    isWaiting: newMessages > 0,
    account: 'sip:alice@pbx.example',
    counts: { 'voice-message': { newMessages, oldMessages, urgentNew: 0, urgentOld: 0 } },
  }),
});

/** Alice watches her mailbox, and what she is told is kept. */
async function watching(options: Parameters<typeof eventScene>[0] = {}) {
  const scene = eventScene(options);
  const { simulation, alice, server } = scene;
  server.body = summary(2, 8);
  const watch = await during(simulation, alice.client.messageWaiting());
  const told: number[] = [];
  const troubles: WatchTrouble[] = [];
  watch.on('update', ({ counts }) => told.push(counts['voice-message']?.newMessages ?? -1));
  watch.on('trouble', (trouble) => troubles.push(trouble));
  await simulation.run(1000);
  return { scene, simulation, alice, server, watch, told, troubles };
}

const kinds = (troubles: readonly WatchTrouble[]): string[] => troubles.map(({ what }) => what);

describe('watching a mailbox (RFC 3842)', () => {
  it('tells what waits, then each change, with the credentials of the account', async () => {
    const { scene, simulation, server, watch, told } = await watching();
    expect([watch.state, told]).toEqual(['active', [2]]);
    expect(watch.current).toMatchObject({
      isWaiting: true,
      account: 'sip:alice@pbx.example',
      counts: { 'voice-message': { newMessages: 2, oldMessages: 8, urgentNew: 0 } },
    });
    server.tell(summary(3, 8));
    await simulation.run(1000);
    server.tell(summary(0, 11));
    await simulation.run(1000);
    expect(told).toEqual([2, 3, 0]);
    const [request] = server.requests;
    expect(request?.uri.toString()).toBe('sip:alice@pbx.example');
    expect(request?.headers.raw('Accept')).toEqual([MESSAGE_SUMMARY_TYPE]);
    await finishEvents(scene);
  });

  it('gives the state that is known to every reader, then each change, to its end', async () => {
    const { scene, simulation, server, watch } = await watching();
    const read: (boolean | undefined)[] = [];
    const reading = (async () => {
      for await (const { isWaiting } of watch) read.push(isWaiting);
    })();
    await simulation.run(100);
    server.tell(summary(0));
    await simulation.run(100);
    expect(read).toEqual([true, false]);
    expect(await during(simulation, watch.stop())).toEqual({ kind: 'stopped' });
    await reading;
    const late: unknown[] = [];
    for await (const state of watch) late.push(state);
    expect(late).toEqual([watch.current]);
    await finishEvents(scene);
  });

  it('keeps the newest sixteen for a slow reader', async () => {
    const { scene, simulation, server, watch } = await watching();
    const reader = watch[Symbol.asyncIterator]();
    for (let count = 100; count < 130; count++) {
      server.tell(summary(count));
      await simulation.run(100);
    }
    const first = await reader.next();
    expect(voice(first.value as MessageSummary)).toBe(114);
    await reader.return?.();
    await finishEvents(scene);
  });

  it('refreshes in time, and unsubscribes when it is stopped', async () => {
    const { scene, simulation, alice, server } = await watching();
    await simulation.run(3_600_000);
    expect(server.asked).toEqual(['SUBSCRIBE 3600', 'SUBSCRIBE 3600']);
    await during(simulation, alice.client.close());
    await simulation.run(1000);
    expect(server.ended).toEqual(['unsubscribed']);
    expect(server.watchers).toEqual([]);
    await finishEvents(scene);
  });

  it.each([
    [489, 'knows no mailboxes'],
    [403, 'does not let us'],
    [404, 'has no such mailbox'],
  ])('is over where the server answers %i: it %s', async (status) => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    server.status = status;
    const watch = await during(simulation, alice.client.messageWaiting());
    expect(await during(simulation, watch.ended)).toEqual({ kind: 'refused', status });
    expect(watch.state).toBe('over');
    const { length } = server.asked;
    await simulation.run(600_000);
    expect(server.asked).toHaveLength(length);
    await finishEvents(scene);
  });

  it('is over where the password is wrong', async () => {
    const scene = eventScene({ password: 'wrong' });
    const { simulation, alice } = scene;
    const watch = await during(simulation, alice.client.messageWaiting());
    expect(await during(simulation, watch.ended)).toEqual({ kind: 'refused', status: 401 });
    await finishEvents(scene);
  });

  it('asks again with growing delays, or when the server says so', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    server.status = 503;
    const watch = await during(simulation, alice.client.messageWaiting());
    const troubles: WatchTrouble[] = [];
    watch.on('trouble', (trouble) => troubles.push(trouble));
    await simulation.run(15_000);
    expect(troubles.length).toBeGreaterThan(3);
    expect(troubles[0]).toMatchObject({ what: 'refused', status: 503 });
    const delays = troubles.map(({ retryMs }) => retryMs);
    expect(delays).toEqual(delays.toSorted((one, other) => one - other));
    server.fields = [['Retry-After', '120']];
    await simulation.run(20_000);
    expect(troubles.at(-1)?.retryMs).toBe(120_000);
    server.status = undefined;
    server.body = summary(1);
    await simulation.run(121_000);
    expect(watch.state).toBe('active');
    await finishEvents(scene);
  });

  it('waits until its server is there', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    simulation.network.partition('hub');
    server.body = summary(1);
    const watch = await during(simulation, alice.client.messageWaiting());
    await simulation.run(60_000);
    expect(watch.state).not.toBe('active');
    simulation.network.heal('hub');
    await simulation.run(60_000);
    expect([watch.state, watch.current?.isWaiting]).toEqual(['active', true]);
    await finishEvents(scene);
  });

  it('subscribes anew where the server has forgotten it', async () => {
    const { scene, simulation, server, watch, told, troubles } = await watching();
    server.restart();
    server.body = summary(5);
    await simulation.run(3_600_000); // the refresh gets 481
    expect(kinds(troubles)).toEqual(['refused']);
    expect(troubles[0]?.status).toBe(481);
    expect([watch.state, told]).toEqual(['active', [2, 5]]);
    await finishEvents(scene);
  });

  it('comes back at once where the server moves its watchers, and slower the second time', async () => {
    const { scene, simulation, server, watch, told, troubles } = await watching();
    server.watchers[0]?.terminate({ reason: 'deactivated' });
    await simulation.run(200);
    server.watchers[0]?.terminate({ reason: 'deactivated' });
    await simulation.run(5000);
    expect(troubles).toMatchObject([
      { what: 'terminated', reason: 'deactivated', retryMs: 0 },
      { what: 'terminated', reason: 'deactivated' },
    ]);
    expect(troubles[1]?.retryMs).toBeGreaterThan(900);
    expect(watch.state).toBe('active');
    expect(told).toEqual([2, 2, 2]);
    await finishEvents(scene);
  });

  it.each(['noresource', 'rejected'] as const)('is over where it ends with %s', async (reason) => {
    const { scene, simulation, server, watch } = await watching();
    server.watchers[0]?.terminate({ reason });
    expect(await during(simulation, watch.ended)).toEqual({ kind: 'terminated', reason });
    await simulation.run(600_000);
    expect(server.asked).toEqual(['SUBSCRIBE 3600']);
    await finishEvents(scene);
  });

  it('keeps what it knows where a NOTIFY says nothing to us', async () => {
    const { scene, simulation, server, watch, told } = await watching();
    const unreadable: unknown[] = [];
    watch.on('unreadable', (what) => unreadable.push(what));
    server.tell({ type: 'text/html', content: '<p>two messages</p>' });
    await simulation.run(100);
    server.tell({ type: MESSAGE_SUMMARY_TYPE, content: 'Voice-Message: many' });
    await simulation.run(100);
    expect(unreadable).toMatchObject([
      { contentType: 'text/html' },
      { contentType: MESSAGE_SUMMARY_TYPE, message: 'no counts of voice-message' },
    ]);
    expect([told, watch.state]).toEqual([[2], 'active']);
    await finishEvents(scene);
  });

  it('has it anew from another network', async () => {
    const { scene, simulation, alice, server, told } = await watching();
    alice.move('10.9.0.7');
    await simulation.run(2000);
    server.tell(summary(7));
    await simulation.run(1000);
    expect(told.at(-1)).toBe(7);
    const [contact] = server.requests
      .findLast(({ headers }) => headers.get('expires') === 3600)
      ?.headers.raw('Contact') ?? [''];
    expect(contact).toContain('10.9.0.7');
    await finishEvents(scene);
  });

  it('has it anew where the connection to the server is lost', async () => {
    const { scene, simulation, alice, server, told, troubles } = await watching({
      server: 'sip:hub;transport=tcp',
    });
    alice.loseConnection({ transport: 'tcp', address: server.host.address, port: 5060 });
    await simulation.run(3000);
    expect(kinds(troubles)).toEqual(['connectionLost']);
    server.tell(summary(9));
    await simulation.run(1000);
    expect(told.at(-1)).toBe(9);
    await finishEvents(scene);
  });

  it('is stopped by its signal, also before it began', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    const aborted = await during(
      simulation,
      alice.client.messageWaiting({ signal: AbortSignal.abort() }),
    );
    expect(await during(simulation, aborted.ended)).toEqual({ kind: 'stopped' });
    const controller = new AbortController();
    const { signal } = controller;
    const watch = await during(simulation, alice.client.messageWaiting({ signal }));
    await simulation.run(1000);
    controller.abort();
    expect(await during(simulation, watch.ended)).toEqual({ kind: 'stopped' });
    expect(server.watchers).toEqual([]);
    await finishEvents(scene);
  });

  it.each([0, 5, 15, 25, 35, 45, 2000])('closes in whatever state: after %i ms', async (ms) => {
    const scene = eventScene();
    const { simulation, alice } = scene;
    const watch = await during(simulation, alice.client.messageWaiting());
    await simulation.run(ms);
    await during(simulation, alice.client.close());
    expect(await during(simulation, watch.ended)).toEqual({ kind: 'stopped' });
    await finishEvents(scene);
  });

  it.each([0, 1, 2, 3, 4, 5, 8])('closes while it begins: after %i turns', async (turns) => {
    const scene = eventScene();
    const { simulation, alice } = scene;
    const beginning = alice.client.messageWaiting().then(
      (watch) => watch.ended,
      ({ code }) => code,
    );
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await during(simulation, alice.client.close());
    const how: unknown = await during(simulation, beginning);
    expect(['CLOSED', { kind: 'stopped' }]).toContainEqual(how);
    await simulation.run(600_000);
    await finishEvents(scene);
  });

  it('closes within two seconds where the server is silent', async () => {
    const { scene, simulation, alice, watch } = await watching();
    simulation.network.partition('hub');
    const began = simulation.clock.now();
    await during(simulation, alice.client.close());
    expect(simulation.clock.now() - began).toBeLessThanOrEqual(2100);
    expect(await watch.ended).toEqual({ kind: 'stopped' });
    await finishEvents(scene);
  });

  it('refuses what makes no sense, and too many', async () => {
    const scene = eventScene();
    const { simulation, alice } = scene;
    const { client } = alice;
    await expect(client.messageWaiting({ expiresSeconds: 5 })).rejects.toMatchObject({
      code: 'BAD_OPTION',
    });
    await expect(client.messageWaiting({ mailbox: 'sip:@' })).rejects.toMatchObject({
      code: 'BAD_TARGET',
    });
    const all: Promise<Watch<MessageSummary>>[] = [];
    for (let count = 0; count < 1000; count++) all.push(client.messageWaiting());
    await during(simulation, Promise.all(all));
    await expect(client.messageWaiting()).rejects.toMatchObject({ code: 'TOO_MANY_WATCHES' });
    await finishEvents(scene);
    await expect(client.messageWaiting()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('what a mailbox says unasked', () => {
  /** Somebody sends a NOTIFY that nobody has subscribed for; gives the status of its answer. */
  async function notified(from: 'hub' | 'stranger', isWanted: boolean, body = summary(4)) {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    const told: MessageSummary[] = [];
    if (isWanted) alice.client.on('messageWaiting', (one) => told.push(one));
    await during(simulation, alice.client.contact());
    const host = from === 'hub' ? server.host : simulation.network.host('stranger');
    const { receive } = host;
    const layer = new TransactionLayer({
      runtime: host.runtime,
      sender: host,
      user: {
        onRequest: (transaction) => {
          transaction.respond(createResponse(transaction.request, 501));
        },
        onAck() {},
        onStrayResponse() {},
      },
    });
    host.receive = (inbound) => layer.receive(inbound);
    const answered = new Promise<number>((resolve) => {
      const request = new SipRequest({
        method: 'NOTIFY',
        uri: uri('sip:alice@alice'),
        headers: [
          ['From', '<sip:asterisk@pbx.example>;tag=1'],
          ['To', '<sip:alice@pbx.example>'],
          ['Call-ID', 'unasked'],
          ['CSeq', '1 NOTIFY'],
          ['Max-Forwards', 70],
          ['Contact', '<sip:asterisk@hub>'],
          ['Event', 'message-summary'],
          ['Subscription-State', 'active'],
          ['Content-Type', body.type],
        ],
        body: body.content,
      });
      layer.request(
        request,
        {
          onResponse: ({ status }) => resolve(status),
          onTimeout: () => resolve(408),
          onTransportError: () => resolve(503),
          onTerminated() {},
        },
        { target: uri('sip:alice@alice') },
      );
    });
    const status = await during(simulation, answered);
    await simulation.run(40_000);
    layer.close();
    host.receive = receive;
    await finishEvents(scene);
    return { status, told };
  }

  it('is told where somebody listens', async () => {
    const { status, told } = await notified('hub', true);
    expect(status).toBe(200);
    expect(told.map(voice)).toEqual([4]);
  });

  it('is refused where nobody does, and from anybody but our server (RFC 6665 §4.1.3)', async () => {
    expect(await notified('hub', false)).toEqual({ status: 481, told: [] });
    expect(await notified('stranger', true)).toEqual({ status: 481, told: [] });
  });

  it('is refused where it says nothing', async () => {
    const html = { type: 'text/html', content: '<p>' };
    expect(await notified('hub', true, html)).toEqual({ status: 415, told: [] });
    const empty = { type: MESSAGE_SUMMARY_TYPE, content: 'hello' };
    expect(await notified('hub', true, empty)).toEqual({ status: 400, told: [] });
  });
});

function voice({ counts }: MessageSummary): number | undefined {
  return counts['voice-message']?.newMessages;
}
