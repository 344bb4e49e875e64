// Whole dialogs in memory, and what each holds.
import { fixed, interleave, measure, table, targets } from '../report.mjs';

const LIVE = 100_000;

export function dialogs() {
  const speed = interleave(
    ['objects', 'bytes'],
    (what) => measure('dialogs.mjs', [what]).microseconds,
  );
  const growth = interleave([100, LIVE], (live) => {
    return measure('dialogs.mjs', ['objects', live], ['--max-old-space-size=4096']).microseconds;
  });
  const flags = ['--expose-gc', '--max-old-space-size=8192'];
  const { lingering, resting } = measure('dialogs.mjs', ['heap', LIVE], flags);
  return [
    '## Whole dialogs, without sockets',
    '',
    'INVITE, 180, 200, ACK, BYE, 200 between two user agents in one process, both of them counted.',
    'objects: they hand each other messages; bytes: each message is written and parsed. Eight seconds of',
    'CPU go before.',
    '',
    ...table(
      ['', 'CPU µs per dialog', 'per second and core'],
      Object.entries(speed).map(([what, microseconds]) => [
        what,
        fixed(microseconds),
        Math.round(1e6 / microseconds).toLocaleString('en'),
      ]),
    ),
    ...targets([
      ['dialogs per second and core', 1e6 / speed.objects, 15_000, 'at least'],
      [
        'CPU at 100,000 live dialogs, times that at 100',
        growth[LIVE] / growth[100],
        1.2,
        'at most',
      ],
      ['heap of one side at rest, bytes', resting, 2000, 'at most'],
      ['heap of one side, transactions lingering, bytes', lingering, 6000, 'at most'],
    ]),
  ];
}
