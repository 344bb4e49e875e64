// What a second core is worth, when calls are spread over threads.
import { cpus } from 'node:os';
import { canReusePort } from '@strowger/runtime';
import { has } from '../processes.mjs';
import { fixed, interleave, measure, quick, table } from '../report.mjs';

const CALLS = quick ? 1000 : 4000;

export function threads() {
  if (!has('sipp')) return ['## Calls over threads', '', 'Not measured: sipp is missing.', ''];
  const modes = canReusePort() ? ['dispatch', 'reusePort'] : ['dispatch'];
  const names = modes.flatMap((mode) => [
    `${mode} 1 1`,
    `${mode} 2 1`,
    `${mode} 1 0`,
    `${mode} 2 0`,
  ]);
  const runs = interleave(names, (name) => measure('threads.mjs', [...name.split(' '), CALLS]));
  const rows = names.map((name) => {
    const [mode, count, work] = name.split(' ');
    return [
      mode,
      count,
      `${work} ms`,
      Math.round(runs[name].perSecond),
      fixed(runs[name].microseconds),
    ];
  });
  const gain = (mode, work) =>
    fixed(runs[`${mode} 2 ${work}`].perSecond / runs[`${mode} 1 ${work}`].perSecond);
  return [
    '## Calls over threads',
    '',
    `A UAS (transport, transactions, dialogs) under sipp on the same ${cpus().length} cores, 200 calls`,
    'under way; each call costs the application so much work of its own.',
    '',
    ...table(['mode', 'threads', 'work per call', 'calls/s', 'CPU µs per call'], rows),
    ...modes.map(
      (mode) =>
        `${mode}: the second thread is worth ${gain(mode, 1)} times the calls with 1 ms of work, ` +
        `${gain(mode, 0)} times with none.`,
    ),
    '',
  ];
}
