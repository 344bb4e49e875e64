// SRTP beside werift (JavaScript) and Debian's libsrtp2 (C).
import { fixed, interleave, measure, table, targets } from '../report.mjs';

const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'];
const OPERATIONS = ['protect', 'unprotect'];
const NAMES = ['strowger', 'werift', 'libsrtp2'];

export function srtp() {
  const rows = SUITES.flatMap((suite) => OPERATIONS.map((operation) => [suite, operation]));
  const runs = rows.map(([suite, operation]) => {
    // JSON has no NaN, which stands for what is not there
    const micros = (name) =>
      measure('srtp.mjs', [name, suite, operation]).microseconds ?? Number.NaN;
    return interleave(NAMES, micros);
  });
  return [
    '## SRTP: packets of 172 bytes, 200 streams in turn',
    '',
    ...table(
      ['CPU µs per packet', '', ...NAMES],
      rows.map((row, at) => [...row, ...NAMES.map((name) => fixed(runs[at][name]))]),
    ),
    ...targets(
      rows.flatMap(([suite, operation], at) => {
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
