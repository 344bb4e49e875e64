// Calls through the PBX under sipp, beside a proxy.
import { has, median } from '../processes.mjs';
import { fixed, measure, quick, rounds, table } from '../report.mjs';

const RATE = '50';

export function calls() {
  const title = `## Calls: sipp to sipp, no media, ${RATE} calls/s`;
  if (!has('sipp')) return [title, '', 'Not measured: sipp is not installed.', ''];
  const names = has('kamailio') ? ['strowger', 'kamailio'] : ['strowger'];
  const runs = {};
  const failed = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const result = measure('calls.mjs', [name, RATE, quick ? '100' : '500']);
      (runs[name] ??= []).push(result.microseconds);
      failed[name] = (failed[name] ?? 0) + result.failed;
    }
  }
  const throughput = { strowger: highest('strowger') };
  return [
    title,
    '',
    'Strowger: digest, B2BUA on a media relay, CDR. Kamailio (`-x tlsf -X tlsf`): a stateful proxy',
    'with Record-Route, no digest, no media.',
    '',
    ...table(
      ['', 'CPU µs per call, all threads', 'failed', 'calls/s without a failure'],
      names.map((name) => {
        return [name, fixed(median(runs[name])), failed[name], throughput[name] ?? 'not measured'];
      }),
    ),
  ];
}

/** The highest rate at which no call of four seconds' load failed. */
function highest(name) {
  let best = 0;
  for (const rate of quick ? [100] : [100, 200, 400, 800, 1600]) {
    const result = measure('calls.mjs', [name, String(rate), String(rate * 4)]);
    if (result.failed > 0 || result.callsPerSecond < rate * 0.7) break;
    best = rate;
  }
  return best;
}
