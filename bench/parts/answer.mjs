// From the bytes of a request to the bytes of its answer, or of the request passed on.
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const NAMES = ['strowger-answer', 'sip-answer', 'strowger-forward', 'sip-forward'];

export function answer() {
  const runs = interleave(
    NAMES,
    (name) => measure('answer.mjs', [name, quick ? 0.3 : 1]).microseconds,
  );
  const rows = NAMES.map((name) => [name, fixed(runs[name])]);
  return [
    '## Answer or forward',
    '',
    'An INVITE of 1.8 kB, parse included: a 200 with To tag and Contact, or the request with our Via',
    'on top and one hop less; in both cases down to the bytes.',
    '',
    ...table(['', 'µs'], rows),
    ...targets([
      ['answer, times npm `sip`', runs['sip-answer'] / runs['strowger-answer'], 10, 'at least'],
      ['forward, times npm `sip`', runs['sip-forward'] / runs['strowger-forward'], 10, 'at least'],
    ]),
  ];
}
