// A stateful proxy for the tests: `node proxy-program.mjs PORT TARGET…` sends what belongs to no
// dialog of its own to all targets at once. With SIGUSR2 it prints what lives in it and what it
// counted; SIGTERM ends it.
import { nodeRuntime } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { StatefulProxy } from '@strowger/transaction-core';

const [port, ...targets] = process.argv.slice(2);
const runtime = nodeRuntime();
const everybody = targets.map((target) => ({ uri: uri(target) }));
const transport = new TransportLayer({
  runtime,
  listen: [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${port}`],
  onMessage: (inbound) => proxy.receive(inbound),
});
const proxy = new StatefulProxy({
  runtime,
  sender: transport,
  // Nothing lingers longer than the test. T1 stays: sipp's callee fails at an INVITE sent again.
  timers: { t4Ms: 500, timerDMs: 1000, timerJMs: 6400, timerLMs: 6400, timerMMs: 6400 },
  route: ({ request, isRouted }) => ({
    kind: 'forward',
    recordRoute: true,
    targets: isRouted ? [{ uri: request.uri }] : everybody,
  }),
});
process.on('SIGUSR2', () => {
  console.log(JSON.stringify({ ...proxy.counts(), ...proxy.counters }));
});
process.on('SIGTERM', () => {
  proxy.close();
  void transport.close().then(() => process.exit(0));
});
await transport.start();
console.log('ready');
