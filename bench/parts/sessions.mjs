// Whole sessions at rest, and what is left when they are gone.
import { fixed, interleave, measure, table, targets } from '../report.mjs';

const LIVE = 10_000;

export function sessions() {
  const flags = ['--expose-gc', '--max-old-space-size=4096'];
  const { all } = interleave(['all'], () => measure('sessions.mjs', [LIVE], flags));
  const { bytesAtRest, growth } = all;
  return [
    '## Whole sessions in a simulated network',
    '',
    `${LIVE.toLocaleString('en')} calls between two session managers, media counted only: answered, at`,
    'rest, hung up. The heap is compared with that before them, after twice as many calls had come and gone.',
    '',
    ...table(
      ['', 'bytes of heap'],
      [['one side of a call at rest', Math.round(bytesAtRest).toLocaleString('en')]],
    ),
    ...targets([['heap when all are gone, times that before', growth, 1.02, 'at most']]),
    `Growth: ${fixed(100 * (growth - 1))} %.`,
  ];
}
