// The relay of media-core beside a bare loop on `dgram`.
import { fixed, interleave, measure, quick, table } from '../report.mjs';

const STREAMS = '100';
const NAMES = ['dgram', 'strowger'];

export function relay() {
  const runs = interleave(
    NAMES,
    (name) => measure('relay.mjs', [name, STREAMS, quick ? '1' : '4']).microseconds,
  );
  return [
    `## RTP relay: ${STREAMS} streams of 50 packets/s`,
    '',
    ...table(
      ['', 'CPU µs per packet', 'share of the bare loop'],
      NAMES.map((name) => [name, fixed(runs[name]), fixed(runs.dgram / runs[name])]),
    ),
  ];
}
