// Ends with an exception, and so with 1, where a grammar is not linear.
import { fixed, measure } from '../report.mjs';

export function linear() {
  const { inputs, ratio, milliseconds } = measure('linear.mjs', []);
  return [
    '## Twice the input',
    '',
    `${inputs} pathological inputs for every grammar, at 30 and at 60 kB: the steepest takes`,
    `${fixed(ratio)} times as long for twice the bytes, the slowest ${fixed(milliseconds)} ms for 60 kB.`,
    '',
  ];
}
