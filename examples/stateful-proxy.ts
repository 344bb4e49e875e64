// A proxy (RFC 3261 §16) on real sockets: it looks up where a user is, and stays in the route.
import { nodeRuntime } from '@strowger/runtime';
import { SipClient } from '@strowger/sip-client';
import { createResponse, type SipUri, uri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { StatefulProxy } from '@strowger/transaction-core';

const runtime = nodeRuntime();
const bob = new SipClient({ uri: 'sip:bob@127.0.0.1' });
bob.on('incoming', (call) => void call.answer());
const places = new Map([['bob', uri(await bob.contact())]]);

const transport: TransportLayer = new TransportLayer({
  runtime,
  listen: ['udp:127.0.0.1:0'],
  onMessage: (inbound) => proxy.receive(inbound),
});
const proxy = new StatefulProxy({
  runtime,
  sender: transport,
  route({ request, isRouted }) {
    if (isRouted) return { kind: 'forward', targets: [{ uri: request.uri }] };
    const place = places.get((request.uri as SipUri).user ?? '');
    if (place === undefined) return { kind: 'refuse', response: createResponse(request, 404) };
    return { kind: 'forward', recordRoute: true, targets: [{ uri: place }] };
  },
});
await transport.start();

const address = `127.0.0.1:${transport.listening[0]?.port}`;
const alice = new SipClient({ uri: 'sip:alice@127.0.0.1', server: `sip:${address}` });
const call = await alice.call(`sip:bob@${address}`);
await call.connected;
console.log('connected through the proxy'); // prints: connected through the proxy
await call.hangUp();
const lost = await alice.call(`sip:carol@${address}`);
console.log((await lost.ended).status); // prints: 404
await Promise.all([alice.close(), bob.close()]);
proxy.close();
await transport.close();
