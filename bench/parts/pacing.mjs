// Calls that play in one worker while the signalling thread is busy.
import { first } from '../priority.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const CALLS = '500';

export function pacing() {
  const { playing } = interleave(['playing'], () =>
    first(() => measure('pacing.mjs', [CALLS, quick ? '3' : '20'])),
  );
  return [
    `## Pacing: ${CALLS} playing calls in one worker`,
    '',
    'G.711, a tone each, while the signalling thread counts at 100 %.',
    'Started by root, both threads go before what else runs on the machine.',
    '',
    ...table(
      ['', ''],
      [
        ['slots served less than 3 ms late', `${fixed(100 * playing.within3ms)} %`],
        ['slots missed', fixed(playing.skipped)],
        ['CPU of both threads, cores', fixed(playing.core)],
      ],
    ),
    ...targets([['share of slots less than 3 ms late', playing.within3ms, 0.99, 'at least']]),
  ];
}
