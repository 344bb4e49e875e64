// Parsing: JavaScript and C side by side on the same messages.
import { spawnSync } from 'node:child_process';
import { corpus, framed } from '../corpus.mjs';
import { canCompile, compile } from '../native.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const SECONDS = quick ? 0.3 : 1;
const OURS = ['strowger-keys', 'strowger-checked', 'strowger-all'];
const NPM = ['sip', 'drachtio', 'jssip', 'sip.js'];
const C = [
  ['sofia', 'parse-sofia', 'sofia-sip-ua'],
  ['libre', 'parse-libre', 'libre'],
];
/** Nothing may be collected while bytes are counted. */
const NO_COLLECTION = ['--max-semi-space-size=256', '--min-semi-space-size=256'];

export function parse() {
  const invite = parseOf('invite.sip', 'an INVITE of 1.8 kB');
  const all = parseOf('all', 'the whole corpus');
  const bytes = measure('parse.mjs', ['strowger-keys', 'invite.sip', 0.2], NO_COLLECTION).bytes;
  return [
    '## Parsing',
    '',
    '*keys*: start line, top Via, tags, Call-ID, CSeq, Max-Forwards, Route, Content-Length.',
    '*checked*: every known header against its grammar, values made when they are asked for.',
    '*all*: every known header as a typed value, every URI parsed. `sip`, JsSIP, SIP.js and',
    'sofia-sip parse everything at once; drachtio splits; libre decodes what *keys* has.',
    'Of the INVITE sofia-sip leaves P-Asserted-Identity as text, and parameters of URIs as one string.',
    '',
    ...invite.lines,
    ...all.lines,
    ...targets([
      ['keys, times npm `sip`, INVITE', invite.ratio('sip', 'strowger-keys'), 8, 'at least'],
      ['keys, times npm `sip`, corpus', all.ratio('sip', 'strowger-keys'), 8, 'at least'],
      ['keys, times sofia-sip, INVITE', invite.ratio('sofia', 'strowger-keys'), 2.8, 'at least'],
      ['checked, times npm `sip`, INVITE', invite.ratio('sip', 'strowger-checked'), 3, 'at least'],
      [
        'checked, times sofia-sip, INVITE',
        invite.ratio('sofia', 'strowger-checked'),
        1,
        'at least',
      ],
      ['all, times npm `sip`, INVITE', invite.ratio('sip', 'strowger-all'), 3, 'at least'],
      ['all, times sofia-sip, INVITE', invite.ratio('sofia', 'strowger-all'), 1, 'at least'],
      ['bytes allocated for the keys of an INVITE', bytes, 2800, 'at most'],
    ]),
  ];
}

function parseOf(file, what) {
  const native = C.filter(([, , library]) => canCompile(library));
  const packets = framed(corpus(file));
  const runs = interleave([...OURS, ...NPM, ...native.map(([name]) => name)], (name) => {
    const c = native.find(([one]) => one === name);
    if (c === undefined) return measure('parse.mjs', [name, file, SECONDS]).microseconds;
    const [, program, library] = c;
    const options = { input: packets, encoding: 'utf8' };
    return JSON.parse(spawnSync(compile(program, library), [SECONDS], options).stdout).microseconds;
  });
  const ratio = (peer, own) => runs[peer] / runs[own];
  const rows = Object.keys(runs).map((name) => {
    return [name, fixed(runs[name]), fixed(ratio('sip', name)), fixed(ratio('sofia', name))];
  });
  const absent = C.filter((one) => !native.includes(one)).map(([name]) => name);
  const missing = absent.length === 0 ? [] : [`Not installed: ${absent.join(', ')}.`, ''];
  const columns = [`µs for ${what}`, 'µs', 'times npm `sip`', 'times sofia-sip'];
  return { ratio, lines: [...table(columns, rows), ...missing] };
}
