import { seededRandom, silentLogger, VirtualClock } from '@strowger/runtime';
import {
  createResponse,
  parseMessage,
  type SipMessage,
  type SipRequest,
  serializeMessage,
} from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { type Hop, type ServerTransaction, TransactionLayer } from '../src/index.ts';

const HOP: Hop = { transport: 'udp', address: '192.0.2.1', port: 5060 };
const LOCAL = { address: '192.0.2.2', port: 5060 };

describe('a lingering server transaction', () => {
  it('answers every copy of its request with the bytes that left', () => {
    const { receive, sent, clock, layer } = server({ givesBytes: true });
    receive('OPTIONS', 'one');
    clock.advance(31_999);
    receive('OPTIONS', 'one');
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    clock.advance(1);
    expect(layer.counts().serverTransactions).toBe(0);
    expect(clock.armedTimers).toBe(0);
  });

  it('answers copies as well where the sender keeps its bytes to itself', () => {
    const { receive, sent } = server({ givesBytes: false });
    receive('OPTIONS', 'one');
    receive('OPTIONS', 'one');
    expect(sent[1]).toEqual(sent[0]);
  });

  it('tells the user of its end, even one that came later', () => {
    const { receive, incoming, clock } = server({ givesBytes: true });
    receive('OPTIONS', 'one');
    let ended = 0;
    const [transaction] = incoming;
    if (transaction === undefined) throw new Error('nothing came');
    expect(transaction.state).toBe('completed');
    transaction.user = { onTerminated: () => ended++ };
    clock.advance(33_000);
    expect(ended).toBe(1);
    expect(transaction.state).toBe('terminated');
  });

  it('makes room for others, the oldest first, and none of them counts as under way', () => {
    const { receive, layer, sent, incoming } = server({
      givesBytes: true,
      maxLingering: 3,
      maxTransactions: 1,
    });
    for (const branch of ['a', 'b', 'c', 'd']) receive('OPTIONS', branch);
    expect(layer.counts().serverTransactions).toBe(3);
    receive('OPTIONS', 'd');
    expect(incoming).toHaveLength(4);
    receive('OPTIONS', 'a'); // forgotten: a new one
    expect(incoming).toHaveLength(5);
    expect(sent).toHaveLength(6);
  });

  it('leaves no timer behind when the layer closes', () => {
    const { receive, layer, clock } = server({ givesBytes: true });
    receive('OPTIONS', 'one');
    receive('INVITE', 'two');
    layer.close();
    expect(clock.armedTimers).toBe(0);
  });
});

describe('a lingering client transaction', () => {
  it('acknowledges every copy of a failure with the bytes of the first ACK', () => {
    const { layer, sent, clock } = server({ givesBytes: true });
    const { answer } = client(layer, sent, 'INVITE');
    answer(486);
    answer(486);
    const [, first, second] = sent;
    expect(Buffer.from(first ?? []).toString()).toMatch(/^ACK /);
    expect(second).toEqual(first);
    clock.advance(32_000);
    expect(layer.counts().clientTransactions).toBe(0);
    expect(clock.armedTimers).toBe(0);
  });

  it('holds no request any more, and passes on each copy of a 2xx', () => {
    const { layer, sent } = server({ givesBytes: true });
    const { answer, transaction, statuses } = client(layer, sent, 'INVITE');
    expect(transaction.request?.method).toBe('INVITE');
    answer(200);
    answer(200);
    expect(statuses).toEqual([200, 200]);
    expect(transaction.request).toBeUndefined();
  });

  it('drops a copy of its response with a Via that is not ours', () => {
    const { layer, sent } = server({ givesBytes: true });
    const { answer, statuses } = client(layer, sent, 'INVITE');
    answer(200);
    answer(200, 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKforeign');
    expect(statuses).toEqual([200]);
    expect(layer.counters.responsesDropped).toBe(1);
  });
});

/** Sends a request, and answers what left. */
function client(layer: TransactionLayer, sent: readonly Uint8Array[], method: string) {
  const statuses: number[] = [];
  const given = request(method, 'given');
  given.headers.remove('Via');
  const transaction = layer.request(given, {
    onResponse: ({ status }) => void statuses.push(status),
    onTimeout() {},
    onTransportError() {},
  });
  const parsed = parseMessage(sent[0] ?? new Uint8Array());
  const answer = (status: number, foreignVia?: string): void => {
    if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('no request was sent');
    const message = createResponse(parsed.value, status, { toTag: 'bob' });
    if (foreignVia !== undefined) message.headers.append('Via', foreignVia);
    layer.receive({ message, hop: HOP, local: LOCAL });
  };
  return { transaction, statuses, answer };
}

function server({
  givesBytes,
  ...limits
}: {
  givesBytes: boolean;
  maxLingering?: number;
  maxTransactions?: number;
}) {
  const clock = new VirtualClock();
  const sent: Uint8Array[] = [];
  const incoming: ServerTransaction[] = [];
  const layer = new TransactionLayer({
    runtime: { clock, random: seededRandom(1), logger: silentLogger },
    sender: {
      locate: () => [HOP],
      sentBy: () => ({ host: '192.0.2.2', port: 5060 }),
      send(message: SipMessage) {
        const bytes = serializeMessage(message);
        sent.push(bytes);
        return givesBytes ? bytes : undefined;
      },
    },
    user: {
      onRequest(transaction) {
        incoming.push(transaction);
        transaction.respond(createResponse(transaction.request, 200));
      },
      onAck() {},
      onStrayResponse() {},
    },
    ...limits,
  });
  const receive = (method: string, branch: string): void =>
    layer.receive({ message: request(method, branch), hop: HOP, local: LOCAL });
  return { clock, layer, sent, incoming, receive };
}

function request(method: string, branch: string): SipRequest {
  const lines = [
    `${method} sip:bob@192.0.2.2 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK${branch}`,
    'From: <sip:alice@192.0.2.1>;tag=alice',
    'To: <sip:bob@192.0.2.2>',
    `Call-ID: ${branch}@192.0.2.1`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:alice@192.0.2.1>',
    'Max-Forwards: 70',
    'Content-Length: 0',
  ];
  const parsed = parseMessage(new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('no request');
  return parsed.value;
}
