// SRTP beside werift (JavaScript) and Debian's libsrtp2 (C), on two versions of Node.
import { otherNode, versionOf } from '../../scripts/other-node.mjs';
import { fixed, interleave, measure, table, targets } from '../report.mjs';

const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'];
const OPERATIONS = ['protect', 'unprotect'];
const NAMES = ['strowger', 'werift', 'libsrtp2'];
const ROWS = SUITES.flatMap((suite) => OPERATIONS.map((operation) => [suite, operation]));
/** What a raw key costs in a cipher is another matter in each. */
const [here] = process.versions.node.split('.').map(Number);
const OTHER = here === 24 ? 20 : 24;

export function srtp() {
  const other = otherNode(OTHER);
  return [
    '## SRTP: packets of 172 bytes, 200 streams in turn',
    '',
    ...on(process.execPath),
    ...(other === undefined ? [`No Node ${OTHER} could be had.`, ''] : on(other)),
  ];
}

function on(node) {
  const runs = ROWS.map(([suite, operation]) => {
    // JSON has no NaN, which stands for what is not there
    const micros = (name) =>
      measure('srtp.mjs', [name, suite, operation], [], node).microseconds ?? Number.NaN;
    return interleave(NAMES, micros);
  });
  return [
    ...table(
      [`CPU µs per packet, Node ${versionOf(node)}`, '', ...NAMES],
      ROWS.map((row, at) => [...row, ...NAMES.map((name) => fixed(runs[at][name]))]),
    ),
    ...targets(
      ROWS.flatMap(([suite, operation], at) => {
        const { strowger, werift, libsrtp2 } = runs[at];
        const what = `${suite}, ${operation}`;
        return [
          [`${what}, times werift`, werift / strowger, 3.5, 'at least'],
          [`${what}, times libsrtp2`, libsrtp2 / strowger, 1.2, 'at least'],
        ];
      }),
    ),
  ];
}
