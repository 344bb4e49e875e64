// Transactions in memory, their weight, and the timer wheel.
import { fixed, interleave, measure, table, targets } from '../report.mjs';

export function transactions() {
  const speed = interleave(
    ['server', 'client', 'steps'],
    (name) => measure('transactions.mjs', [name]).microseconds,
  );
  const { heap, packets, packetBytes } = measure('transactions.mjs', ['heap'], ['--expose-gc']);
  const timers = interleave(['wheel', 'clock', 'setTimeout'], (name) =>
    measure('timers.mjs', [name]),
  );
  const { wheel, clock, setTimeout: system } = timers;
  return [
    '## Transactions and timers, without sockets',
    '',
    'server: an INVITE of 1.8 kB parsed, its transaction made, answered with 200 and ended. client:',
    'a request made, sent, answered and ended. step: one step of the INVITE server table with its',
    'shell. Timers: 100,000 armed, then all cancelled.',
    '',
    ...table(
      ['', 'CPU µs', 'per second and core'],
      ['server', 'client', 'steps'].map((name) => {
        return [name, fixed(speed[name]), Math.round(1e6 / speed[name]).toLocaleString('en')];
      }),
    ),
    ...table(
      ['ns per timer', 'arm', 'cancel'],
      Object.keys(timers).map((name) => [
        name,
        fixed(timers[name].arm),
        fixed(timers[name].cancel),
      ]),
    ),
    ...targets([
      ['wheel, arm and cancel, share of `setTimeout`', both(wheel) / both(system), 0.1, 'at most'],
      ['the whole clock, share of `setTimeout`', both(clock) / both(system), 0.1, 'at most'],
      ['heap of a lingering server transaction, bytes', heap, 5000, 'at most'],
    ]),
    `Beside that heap it holds its packet of ${packetBytes} bytes (${fixed(packets)} as allocated).`,
    '',
  ];
}

function both({ arm, cancel }) {
  return arm + cancel;
}
