import { formatIsComposing, IS_COMPOSING_TYPE } from '@strowger/dialog-core';
import { NameAddr, type SipResponse, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type {
  Call,
  IncomingComposing,
  IncomingMessage,
  MessageOutcome,
  SipClientOptions,
} from '../src/index.ts';
import { eventScene, finishEvents } from './event-server.ts';
import { during, finish, scene } from './scene.ts';

const BOB = 'sip:bob@bob';

/** Alice and bob, who takes texts, and whether somebody types, where he listens. */
async function two(
  listens: readonly ('message' | 'composing')[],
  client: Partial<SipClientOptions> = {},
) {
  const all = scene({ client });
  const { simulation, alice, bob } = all;
  const texts: IncomingMessage[] = [];
  const typing: IncomingComposing[] = [];
  if (listens.includes('message')) bob.client.on('message', (one) => texts.push(one));
  if (listens.includes('composing')) bob.client.on('composing', (one) => typing.push(one));
  await during(simulation, bob.client.contact());
  /** Sends something by hand, and gives the answer. */
  const send = async (
    type: string,
    content: string | Uint8Array,
    more: [string, string][] = [],
  ) => {
    const { dialogs } = await alice.client.sessions();
    const answered = new Promise<SipResponse>((resolve, reject) => {
      dialogs.request(
        {
          method: 'MESSAGE',
          requestUri: uri(BOB),
          to: uri(BOB),
          from: new NameAddr({ uri: uri('sip:alice@pbx.example') }),
          body: { type, content },
          headers: more,
        },
        { onResponse: resolve, onFailed: ({ kind }) => reject(new Error(kind)) },
      );
    });
    return during(simulation, answered);
  };
  return { all, simulation, alice, bob, texts, typing, send };
}

describe('texts outside of calls (RFC 3428)', () => {
  it('are sent, and told who listens', async () => {
    const { all, simulation, alice, texts } = await two(['message']);
    const sent = alice.client.message(BOB, 'Grüße aus Köln');
    expect(await during(simulation, sent)).toEqual({ kind: 'accepted', status: 200 });
    expect(texts).toHaveLength(1);
    const [text] = texts;
    expect(text).toMatchObject({ text: 'Grüße aus Köln', contentType: 'text/plain' });
    expect(text?.from.uri.toString()).toBe('sip:alice@pbx.example');
    expect(text?.call).toBeUndefined();
    await finish(all);
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "    10 alice --> bob  MESSAGE
          20 bob --> alice  200"
    `);
  });

  it('are refused where nobody listens, and Allow says so', async () => {
    const { all, simulation, alice, bob } = await two([]);
    const outcome = await during(simulation, alice.client.message(BOB, 'hello'));
    expect(outcome).toEqual({ kind: 'refused', status: 405, reason: 'Method Not Allowed' });
    const allowed = async (): Promise<boolean> => {
      const { allow } = await during(simulation, alice.client.options(BOB));
      return allow.includes('MESSAGE');
    };
    expect(await allowed()).toBe(false);
    const off = bob.client.on('message', () => {});
    expect(await allowed()).toBe(true);
    off();
    expect(await allowed()).toBe(false);
    expect((await during(simulation, alice.client.message(BOB, 'hello'))).status).toBe(405);
    await finish(all);
  });

  it('are of the types that are taken, not encoded, and not too long', async () => {
    const { all, texts, send } = await two(['message']);
    const html = await send('text/html', '<p>hello</p>');
    expect([html.status, html.headers.raw('Accept')]).toEqual([415, ['text/plain']]);
    const packed = await send('text/plain', 'hello', [['Content-Encoding', 'gzip']]);
    expect(packed.status).toBe(415);
    expect(packed.headers.raw('Accept-Encoding')).toEqual(['identity']);
    expect((await send('text/plain', 'x'.repeat(16_385))).status).toBe(413);
    expect((await send('text/plain;charset=UTF-8', 'x'.repeat(16_384))).status).toBe(200);
    expect((await send('text/plain', '')).status).toBe(200);
    expect(texts.map(({ text }) => text.length)).toEqual([16_384, 0]);
    await finish(all);
  });

  it('may be of other types, and shorter', async () => {
    const messages = { accept: ['text/*', 'application/json'], maxBytes: 10 };
    const { all, texts, send } = await two(['message'], { messages });
    expect((await send('Text/HTML', '<p>')).status).toBe(200);
    expect((await send('application/json', '{}')).status).toBe(200);
    expect((await send('image/png', 'x')).status).toBe(415);
    expect((await send('text/plain', 'x'.repeat(11))).status).toBe(413);
    expect(texts.map(({ contentType }) => contentType)).toEqual(['text/html', 'application/json']);
    expect(await acceptOf(all)).toBe('application/sdp, multipart/mixed, text/*, application/json');
    await finish(all);
  });

  it('carry a type and fields of their own', async () => {
    const { all, simulation, alice, texts } = await two(['message'], {
      messages: { accept: ['application/json'] },
    });
    const options = { contentType: 'application/json', headers: [['Subject', 'tea']] } as const;
    const octets = new TextEncoder().encode('{"tea":true}');
    await during(simulation, alice.client.message(BOB, octets, options));
    expect(texts[0]?.text).toBe('{"tea":true}');
    await finish(all);
  });

  it('prove who sends them', async () => {
    const withServer = eventScene();
    const { simulation, alice, server } = withServer;
    const outcome = await during(simulation, alice.client.message('bob', 'hello'));
    expect(outcome).toMatchObject({ kind: 'refused', status: 405 }); // by a server without texts
    expect(server.asked).toEqual(['MESSAGE -']);
    server.status = 202;
    expect(await during(simulation, alice.client.message('bob', 'hello'))).toEqual({
      kind: 'accepted',
      status: 202,
    });
    server.status = 503;
    server.fields = [['Retry-After', '30']];
    expect(await during(simulation, alice.client.message('bob', 'hello'))).toEqual({
      kind: 'refused',
      status: 503,
      reason: 'Service Unavailable',
      retryAfterSeconds: 30,
    });
    await finishEvents(withServer);
  });

  it('reject where they make no sense, lead nowhere, or are not answered', async () => {
    const { all, simulation, alice } = await two(['message']);
    const { client } = alice;
    const rejects = async (sent: Promise<MessageOutcome>, code: string): Promise<void> => {
      await expect(during(simulation, sent)).rejects.toMatchObject({ code });
    };
    await rejects(client.message('tel:+4930', 'hello'), 'BAD_TARGET');
    await rejects(client.message(BOB, 'x'.repeat(60_001)), 'MESSAGE_TOO_LARGE');
    await rejects(client.message('sip:bob@nowhere.example', 'hello'), 'NO_ROUTE');
    await rejects(client.composing(BOB, 'active', { refreshSeconds: 5 }), 'BAD_OPTION');
    simulation.network.partition('bob');
    await rejects(client.message(BOB, 'hello'), 'NO_ANSWER');
    const controller = new AbortController();
    const aborted = client.message(BOB, 'hello', { signal: controller.signal });
    await simulation.run(100);
    controller.abort(new Error('never mind'));
    await expect(aborted).rejects.toThrow('never mind');
    const late = client.message(BOB, 'hello', { signal: controller.signal });
    await expect(late).rejects.toThrow('never mind');
    const closing = client.message(BOB, 'hello');
    const closed = expect(closing).rejects.toMatchObject({ code: 'CLOSED' });
    await simulation.run(100);
    await finish(all);
    await closed;
    await expect(client.message(BOB, 'hello')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('refuse limits that make no sense', () => {
    const limits = [{ accept: ['text'] }, { accept: [''] }, { maxBytes: 0 }, { maxBytes: 1.5 }];
    for (const messages of limits) {
      const refused = expect.objectContaining({ code: 'BAD_OPTION' });
      expect(() => scene({ client: { messages } })).toThrow(refused);
    }
  });
});

describe('whether somebody types (RFC 3994)', () => {
  it('is told who wants to know', async () => {
    const { all, simulation, alice, texts, typing } = await two(['message', 'composing']);
    await during(simulation, alice.client.composing(BOB, 'active', { refreshSeconds: 90 }));
    await during(simulation, alice.client.message(BOB, 'hello'));
    await during(simulation, alice.client.composing(BOB, 'idle'));
    expect(typing).toMatchObject([
      { state: 'active', refreshSeconds: 90 },
      { state: 'idle', refreshSeconds: 120 },
    ]);
    expect(texts).toHaveLength(1);
    await finish(all);
  });

  it('is refused where nobody does', async () => {
    const { all, simulation, alice, texts, send } = await two(['message']);
    const outcome = await during(simulation, alice.client.composing(BOB, 'active'));
    expect(outcome).toMatchObject({ kind: 'refused', status: 415 });
    const answer = await send(IS_COMPOSING_TYPE, formatIsComposing({ state: 'active' }));
    expect(answer.headers.raw('Accept')).toEqual(['text/plain']);
    expect(texts).toEqual([]);
    await finish(all);
  });

  it('is refused where it says nothing', async () => {
    const { all, typing, send } = await two(['composing']);
    expect((await send(IS_COMPOSING_TYPE, '<typing/>')).status).toBe(400);
    expect((await send('text/plain', 'hello')).status).toBe(415);
    expect(typing).toEqual([]);
    await finish(all);
  });
});

describe('texts in a call', () => {
  async function talking(listens: readonly ('message' | 'composing')[]) {
    const both = await two(listens);
    const { simulation, alice, bob } = both;
    const answered = new Promise<Call>((resolve) => {
      bob.client.on('incoming', (call) => {
        void call.answer();
        resolve(call);
      });
    });
    const call = await during(simulation, alice.client.call(BOB));
    await during(simulation, call.connected);
    await simulation.run(500);
    return { ...both, call, other: await answered };
  }

  it('belong to it', async () => {
    const { all, simulation, alice, call, other, texts } = await talking(['message']);
    const heard: IncomingMessage[] = [];
    alice.client.on('message', (one) => heard.push(one));
    const sent = await during(simulation, call.message('are you there?'));
    expect(sent).toEqual({ kind: 'accepted', status: 200 });
    await during(simulation, other.message('I am'));
    expect(texts[0]).toMatchObject({ text: 'are you there?' });
    expect(texts[0]?.call).toBe(other);
    expect(heard[0]?.call).toBe(call);
    await during(simulation, call.hangUp());
    await expect(call.message('hello?')).rejects.toMatchObject({ code: 'SESSION_STATE' });
    await finish(all);
  });

  it('are refused where nobody listens, and the call goes on', async () => {
    const { all, simulation, call } = await talking([]);
    expect(await during(simulation, call.message('hello'))).toMatchObject({ status: 405 });
    expect(call.state).toBe('connected');
    await during(simulation, call.hangUp());
    await finish(all);
  });

  it('reject where nobody answers, and the call is over (RFC 3261 §12.2.1.2)', async () => {
    const { all, simulation, call } = await talking(['message']);
    simulation.network.partition('bob');
    const sent = expect(call.message('hello')).rejects.toMatchObject({ code: 'NO_ANSWER' });
    await simulation.run(40_000);
    await sent;
    simulation.network.heal('bob');
    await during(simulation, call.ended);
    expect(call.state).toBe('terminated');
    await finish(all);
  });
});

/** What bob's Accept says. */
async function acceptOf({ simulation, alice }: ReturnType<typeof scene>): Promise<string> {
  const { dialogs } = await alice.client.sessions();
  const answered = new Promise<SipResponse>((resolve, reject) => {
    const from = new NameAddr({ uri: uri('sip:alice@pbx.example') });
    dialogs.request(
      { method: 'OPTIONS', requestUri: uri(BOB), to: uri(BOB), from },
      { onResponse: resolve, onFailed: ({ kind }) => reject(new Error(kind)) },
    );
  });
  const { headers } = await during(simulation, answered);
  return headers.raw('Accept').join();
}
