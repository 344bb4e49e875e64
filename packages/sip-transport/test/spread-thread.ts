import { threadId, workerData } from 'node:worker_threads';
import { nodeRuntime } from '@strowger/runtime';
import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import {
  type Hop,
  type Inbound,
  joinCallThreads,
  type SpreadTransportOptions,
} from '../src/index.ts';

// A thread of the tests of spread calls: answers with its own number, and dies when it is told to.

const { transport: settings } = workerData as Pick<SpreadTransportOptions, 'transport'>;
const runtime = nodeRuntime();
let heard = 0;

const transport = await joinCallThreads({ runtime, transport: settings, onMessage: take });

function take({ message, hop }: Inbound): void {
  heard++;
  if (message.kind === 'response') return;
  if (message.method === 'ACK') return;
  const told = [
    ['X-Thread', String(threadId)],
    ['X-Heard', String(heard)],
    ['X-Sent-By', transport.sentBy(hop).host],
    ['X-Flow', JSON.stringify(hop)],
    ['X-Flow-Is-Open', String(isOpen(message))],
  ] as const;
  transport.send(createResponse(message, 200, { headers: told }), hop, () => {});
  if (message.method === 'SUBSCRIBE') transport.trust(hop);
  if (message.method === 'MESSAGE') void callBack(message);
  if (message.method === 'INFO') setImmediate(() => process.exit(7));
}

/** Whether the flow can be used that the request asks about. */
function isOpen({ headers }: SipRequest): boolean {
  const [asked] = headers.raw('x-flow');
  return asked !== undefined && transport.isFlowOpen(JSON.parse(asked) as Hop); // as we wrote it
}

/** A call of this thread's own: its answer has to come here, whoever hears it. */
async function callBack({ headers }: SipRequest): Promise<void> {
  const target = uri(headers.raw('x-call')[0] ?? '');
  const [hop] = await transport.locate(target, 500);
  if (hop === undefined) return;
  const { host, port } = transport.sentBy(hop);
  const name = hop.transport.toUpperCase();
  const request = new SipRequest({
    method: 'OPTIONS',
    uri: target,
    headers: [
      ['Via', `SIP/2.0/${name} ${host}:${port};branch=z9hG4bK${runtime.random.token()}`],
      ['Max-Forwards', 70],
      ['From', `<sip:thread@${host}>;tag=t${threadId}`],
      ['To', '<sip:caller@caller.example>'],
      ['Call-ID', transport.newCallId()],
      ['CSeq', '1 OPTIONS'],
    ],
  });
  transport.send(request, hop, () => {});
}
