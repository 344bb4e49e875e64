// A PBX as a program: one user, one service, and a record of every call.
import { CallEngine, echo, memoryStores } from '@strowger/call-engine';
import { createMediaEngine } from '@strowger/media-core';
import { nodeRuntime } from '@strowger/runtime';
import { SipClient } from '@strowger/sip-client';
import { computeHa1 } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';

const runtime = nodeRuntime();
const stores = memoryStores();
const alice = { realm: 'pbx.example', username: 'alice' };
await stores.credentials.put({
  ...alice,
  ha1: { MD5: computeHa1('MD5', { ...alice, password: 'wonderland' }) },
});

const media = createMediaEngine({ address: '127.0.0.1', ports: { from: 42_000, to: 42_099 } });
const transport: TransportLayer = new TransportLayer({
  runtime,
  listen: ['udp:127.0.0.1:0'],
  onMessage: (inbound) => engine.receive(inbound),
});
const engine = new CallEngine({
  runtime,
  sender: transport,
  flows: transport, // who proved who he is meets fewer limits
  media,
  stores,
  domain: 'pbx.example',
  services: { '*43': echo() },
});
engine.on('callEnded', ({ record }) => console.log(record.dialled, record.outcome)); // prints: *43 answered
await transport.start();
engine.start();

const phone = new SipClient({
  uri: 'sip:alice@pbx.example',
  password: 'wonderland',
  server: `sip:127.0.0.1:${transport.listening[0]?.port}`,
});
await phone.register();
const call = await phone.call('*43');
await call.connected;
await call.hangUp();
await phone.close();
await engine.close();
await transport.close();
await media.close();
