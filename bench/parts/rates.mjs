// How much of a bare socket's rate is left when transport and transactions are on it.
import { has } from '../processes.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

/** Both bear it, and the client does so, too. */
const RATE = 20_000;

export function rates() {
  const transports = has('openssl') ? ['udp', 'tcp', 'tls'] : ['udp', 'tcp'];
  const names = transports.flatMap((transport) => [`${transport} bare`, `${transport} strowger`]);
  names.splice(2, 0, 'udp batched');
  const runs = interleave(names, (name) => {
    return measure('rates.mjs', [...name.split(' '), quick ? 1 : 3]);
  });
  const paced = interleave(['bare', 'strowger', 'batched'], (name) => {
    return measure('rates.mjs', ['udp', name, quick ? 1 : 3, RATE]);
  });
  const pacedShare = (name) => paced.bare.microseconds / paced[name].microseconds;
  const share = (transport, name = 'strowger') =>
    runs[`${transport} bare`].microseconds / runs[`${transport} ${name}`].microseconds;
  return [
    '## Requests and responses over one socket',
    '',
    'OPTIONS and 200, each a transaction of its own, 64 under way; the server does what a UAS does:',
    'parse, check, match, answer, linger. Beside it an echo of the same bytes. CPU of the server, which',
    'has answered for five seconds before, as the engine compiles meanwhile. Batched: the same server,',
    'whose sockets are those of datagram-batch.',
    '',
    ...table(
      ['', 'CPU µs per request', 'requests per second of CPU'],
      names.map((name) => [name, fixed(runs[name].microseconds), runs[name].perSecond]),
    ),
    `With 64 under way the bare echo waits for its client, and serves many packets at once; at ${RATE} requests`,
    'a second over UDP both are woken up for each:',
    '',
    ...table(
      [`UDP, ${RATE} requests a second`, 'CPU µs per request'],
      Object.entries(paced).map(([name, { microseconds }]) => [name, fixed(microseconds)]),
    ),
    ...targets([
      ['UDP, share of the bare echo, 64 under way', share('udp'), 0.6, 'at least'],
      ['the same, batched', share('udp', 'batched'), 0.6, 'at least'],
      ['UDP, share of the bare echo, at the same rate', pacedShare('strowger'), 0.6, 'at least'],
      ['the same, batched', pacedShare('batched'), 0.6, 'at least'],
    ]),
    `Over TCP the share is ${fixed(share('tcp'))}, over TLS ${fixed(share('tls'))} (no target).`,
    '',
  ];
}
