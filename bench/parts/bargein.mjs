// Who interrupts the voice gateway: how soon the line is silent, as the caller's socket sees it.
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const CALLS = quick ? 4 : 40;
const TIMES = quick ? 2 : 10;
/** A packet leaves when what it holds was spoken. */
const PACKET_MS = 20;

export function bargein() {
  const { gateway } = interleave(['gateway'], () => measure('barge-in.mjs', [CALLS, TIMES]));
  return [
    '## Barge-in: the voice gateway',
    '',
    `${CALLS} calls at once, each interrupted ${TIMES} times by a voice that was recorded: from the first`,
    'packet with speech that leaves the caller until the first one without sound that comes to it.',
    'Started by root, both go before what else runs on the machine.',
    '',
    ...table(
      ['ms from speech to silence, on the wire', ''],
      [
        ['median', fixed(gateway.median)],
        ['90 %', fixed(gateway.p90)],
        ['99 %', fixed(gateway.p99)],
        ['worst', fixed(gateway.worst)],
      ],
    ),
    ...targets([
      ['from the first packet with speech, 99 %, ms', gateway.p99, 100, 'at most'],
      ['from the first sound in it, 99 %, ms', gateway.p99 + PACKET_MS, 100, 'at most'],
    ]),
  ];
}
