import { fixed, measure, quick, table, targets } from '../report.mjs';

/** 1,000 connections that do nothing, beside calls. */
export function loris() {
  const found = measure('slow-loris.mjs', quick ? [1, 100] : []);
  const rows = ['meanMs', 'medianMs', 'p99Ms', 'failed', 'calls'].map((name) => {
    const [alone, crowded] = [found.without[name], found.with[name]];
    const ratio = name.endsWith('Ms') ? (crowded / alone).toFixed(2) : '';
    return [name, fixed(alone), fixed(crowded), ratio];
  });
  const ratio = (name) => found.with[name] / found.without[name];
  return [
    '## Calls beside 1,000 connections that do nothing',
    '',
    'sipp calls through the PBX at 25 calls/s, from the INVITE to the 200, digest included; six pairs of',
    '200 calls, every other one with the connections first; figures of all calls of a kind together.',
    '',
    ...table(['', 'without', 'with', 'ratio'], rows),
    ...targets([
      ['failed calls', found.with.failed, 0, 'at most'],
      ['median response time, times that without', ratio('medianMs'), 1.2, 'at most'],
      ['p99 response time, times that without', ratio('p99Ms'), 1.2, 'at most'],
    ]),
  ];
}
