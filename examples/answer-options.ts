// The lowest door: a transport that answers OPTIONS statelessly, and forgets it.
import { nodeRuntime } from '@strowger/runtime';
import { SipRequest, uri } from '@strowger/sip-message';
import { type Inbound, respondStateless, TransportLayer } from '@strowger/sip-transport';

const server: TransportLayer = new TransportLayer({
  runtime: nodeRuntime(),
  listen: ['tcp:127.0.0.1:0'],
  onMessage: (inbound) => void respondStateless(server, inbound, 200),
});
await server.start();

const inbox: ((inbound: Inbound) => void)[] = [];
const client = new TransportLayer({
  runtime: nodeRuntime(),
  listen: [{ transport: 'tcp', address: '127.0.0.1', port: 0, clientOnly: true }],
  onMessage: (inbound) => inbox.shift()?.(inbound),
});
await client.start();

const target = uri(`sip:127.0.0.1:${server.listening[0]?.port};transport=tcp`);
const [hop] = await client.locate(target, 400);
if (hop === undefined) throw new Error('nobody is there');
const { host, port } = client.sentBy(hop);
const answered = new Promise<Inbound>((resolve) => inbox.push(resolve));
const headers: [string, string][] = [
  ['Via', `SIP/2.0/TCP ${host}:${port};branch=z9hG4bK1`],
  ['Max-Forwards', '70'],
  ['From', '<sip:alice@127.0.0.1>;tag=1'],
  ['To', '<sip:127.0.0.1>'],
  ['Call-ID', 'example'],
  ['CSeq', '1 OPTIONS'],
];
client.send(new SipRequest({ method: 'OPTIONS', uri: target, headers }), hop, console.error);
const { message } = await answered;
console.log(message.kind === 'response' ? message.status : message.method); // prints: 200
await Promise.all([client.close(), server.close()]);
