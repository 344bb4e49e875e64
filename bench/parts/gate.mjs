// What deciding whom to listen to costs.
import { fixed, interleave, measure, table } from '../report.mjs';

const rows = {
  parse: 'the parser alone',
  one: 'read and handed up, all of one source',
  many: 'the same, of 10,000 sources in turn',
  over: 'dropped: more than the share of its source',
  banned: 'dropped: its source is banned',
};

export function gate() {
  const cpu = interleave(Object.keys(rows), (name) => measure('gate.mjs', [name, 1]).microseconds);
  return [
    '## Admission',
    '',
    'CPU per datagram with an INVITE of 1.8 kB, from the socket to the layer above, nothing sent.',
    '',
    ...table(
      ['', 'CPU µs'],
      Object.entries(rows).map(([name, what]) => [what, fixed(cpu[name])]),
    ),
  ];
}
