// A stateful proxy with Record-Route in front of a callee: `node strowger.mjs PORT CALLEE_PORT`; with
// `--batched` its sockets are those of datagram-batch. With SIGUSR2 it prints how late the timers of its
// transactions fired, with SIGTERM it ends.
import { createDatagramIo } from '@strowger/datagram-batch';
import { nodeRuntime } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { StatefulProxy } from '@strowger/transaction-core';

const [port = '5060', callee = '5070'] = process.argv.slice(2);
const isBatched = process.argv.includes('--batched');
const runtime = watched(nodeRuntime({ datagrams: isBatched ? createDatagramIo() : undefined }));
const target = { uri: uri(`sip:bob@127.0.0.1:${callee}`) };
const transport = new TransportLayer({
  runtime,
  listen: [`udp:127.0.0.1:${port}`],
  onMessage: (inbound) => proxy.receive(inbound),
});
const proxy = new StatefulProxy({
  runtime,
  sender: transport,
  route: ({ request, isRouted }) => ({
    kind: 'forward',
    recordRoute: true,
    targets: [isRouted ? { uri: request.uri } : target],
  }),
});
let late = [];

/** The same runtime, whose clock writes down by how much each timer was late. */
function watched(plain) {
  const { clock } = plain;
  const arm = (ms, fire) => {
    const due = clock.now() + ms;
    return clock.arm(ms, () => {
      late.push(clock.now() - due);
      fire();
    });
  };
  if (!process.argv.includes('--timers')) return plain;
  return { ...plain, clock: { now: () => clock.now(), arm } };
}

process.on('SIGUSR2', () => {
  const sorted = late.toSorted((a, b) => a - b);
  const p999 = sorted[Math.floor(sorted.length * 0.999)];
  const { retransmissionsSent, timeouts } = proxy.counters;
  const counts = proxy.counts();
  console.log(
    JSON.stringify({
      timers: sorted.length,
      p999,
      max: sorted.at(-1),
      retransmissionsSent,
      timeouts,
      ...counts,
    }),
  );
  late = [];
});
process.on('SIGTERM', () => {
  proxy.close();
  void transport.close().then(() => process.exit(0));
});
await transport.start();
console.log('ready');
