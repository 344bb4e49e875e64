// A UAS of two layers: transport and transactions. `node strowger.mjs PORT [udp|batched|tcp|tls]` answers
// every INVITE, BYE and whatever else with 200; `batched` is UDP by datagram-batch. From the first
// SIGUSR2 on it watches the event loop's delay, with the next it prints that; with SIGTERM it ends.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createDatagramIo } from '@strowger/datagram-batch';
import { nodeRuntime } from '@strowger/runtime';
import { createResponse } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { TransactionLayer } from '@strowger/transaction-core';
import { certificates } from './certificates.mjs';

const [port = '5060', carrier = 'udp'] = process.argv.slice(2);
const isBatched = carrier === 'batched';
const transportName = isBatched ? 'udp' : carrier;
const runtime = nodeRuntime({ datagrams: isBatched ? createDatagramIo() : undefined });
const contact = [['Contact', `<sip:uas@127.0.0.1:${port};transport=${transportName}>`]];
const transport = new TransportLayer({
  runtime,
  listen: [`${transportName}:127.0.0.1:${port}`],
  ...(transportName === 'tls' ? { tls: { certificates: [ourCertificate()] } } : {}),
  onMessage: (inbound) => transactions.receive(inbound),
});
const transactions = new TransactionLayer({
  runtime,
  sender: transport,
  user: {
    onRequest(transaction) {
      const { request, localTag: toTag } = transaction;
      transaction.respond(createResponse(request, 200, { toTag, headers: contact }));
    },
    onAck() {},
    onStrayResponse() {},
  },
});
function ourCertificate() {
  const { key, cert: certificate } = certificates();
  return { key, certificate };
}

// a thousand times a second somebody wakes up to watch, so only where that is asked for
const delay = monitorEventLoopDelay({ resolution: 1 });
process.on('SIGUSR2', () => {
  if (delay.enable()) return;
  console.log(JSON.stringify({ p999: delay.percentile(99.9) / 1e6, max: delay.max / 1e6 }));
});
process.on('SIGTERM', () => {
  transactions.close();
  void transport.close().then(() => process.exit(0));
});
await transport.start();
console.log('ready');
