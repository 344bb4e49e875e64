// Twice the input, at most twice the time: every grammar that reads what a peer sends, with the
// inputs that make parsers backtrack, at 30 and at 60 kB. `node linear.mjs` prints what is worst and
// ends with 1 where a ratio of medians is above 2.3, or where 60 kB take more than 5 ms. What looks
// too slow is measured again: a busy machine errs once or twice, a quadratic parser always.
import { readFileSync } from 'node:fs';
import { readDescription } from '@strowger/media-core';
import {
  NameAddr,
  parseMessage,
  parseUri,
  serializeMessage,
  StreamFramer,
  validateMessage,
  Via,
} from '@strowger/sip-message';

const SIZE = 30_000;
const MOST_RATIO = 2.3;
const MOST_MS = 5;
/** Less than this for 60 kB is linear: one step of a nanosecond for each pair of bytes takes seconds. */
const NEGLIGIBLE_MS = 0.2;
/** Bounds that let a value be as large as a datagram, so that the grammar sees it all. */
const limits = { messageBytes: 2 ** 18, headBytes: 2 ** 18, headerBytes: 2 ** 18, values: 2 ** 12 };

/** Repeated, these are the inputs of ReDoS and of what is akin to it. */
const UNITS = [
  '(',
  ';',
  ',',
  '<',
  '"',
  '\\',
  ' ',
  '%',
  '=',
  'a',

  'a=',
  ';a',
  ';a=',
  ';a=b',
  ',a',
  'a,',
  '<>',
  '\\"',
  '"\\',
  '"a"',
  '""',
  '()',
  '( ',
  ' ;',
  ' ,',

  '%4',
  '%41',
  '\t ',
  '[:',
  '::',
  '1',
  '1.',
  '@',
  '?a=b&',
  '/',
  '\r\n ',
  '\r\n\t a',
  'é',
  '\xff',
];
/** What stands before them, so that they are met within a value and not only at its beginning. */
const STARTS = [
  '',
  'a',
  '"',
  '1 ',
  '1 (',
  'a;x=',
  'a;x="',
  '<sip:a@b>;x=',
  '<sip:a@b',
  '<sip:a@b;',
  '"a" <sip:',
  'a/b;x="',
  'SIP/2.0/UDP a;x=',
  'Digest a="", ',
  'Digest a="',
  '300 a "',
];
const MANDATORY = ['v:SIP/2.0/UDP a', 'f:<sip:a@a>', 't:<sip:b@b>', 'i:c', 'CSeq:1 A'];
const COMPACT = { via: 'v', from: 'f', to: 't', 'call-id': 'i' };

const started = performance.now();
const all = [...headers(), ...messages(), ...values(), ...framers(), ...descriptions()];
const results = all.map(([name, run, make]) => measure(name, run, make));
const bad = results.filter(({ ratio, ms }) => ratio > MOST_RATIO || ms > MOST_MS);
const steepest = results.toSorted((a, b) => b.ratio - a.ratio)[0];
const slowest = results.toSorted((a, b) => b.ms - a.ms)[0];
for (const { name, ratio, ms } of bad) {
  console.error(`NOT LINEAR ${name}: ratio ${ratio.toFixed(2)}, ${ms.toFixed(2)} ms for 60 kB`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.error(
  `${results.length} inputs in ${seconds} s; steepest: ${steepest.name}; slowest: ${slowest.name}`,
);
console.log(
  JSON.stringify({
    inputs: results.length,
    failed: bad.length,
    ratio: Number(steepest.ratio.toFixed(2)),
    milliseconds: Number(slowest.ms.toFixed(2)),
  }),
);
process.exit(bad.length === 0 ? 0 : 1);

/** Every typed header: the names are those of the table of types, so that none is forgotten. */
function headers() {
  const tables = { 'header-types': 'BasicHeaderTypes', 'extension-types': 'ExtensionHeaderTypes' };
  const names = Object.entries(tables).flatMap(([file, table]) => {
    const source = new URL(`../packages/sip-message/src/${file}.ts`, import.meta.url);
    const declared = new RegExp(`export interface ${table} \\{([\\s\\S]*?)\\n\\}`);
    const [, body] = declared.exec(readFileSync(source, 'utf8'));
    return [...body.matchAll(/^ {2}'?([a-z-]+)'?:/gm)].map(([, name]) => name);
  });
  return names.flatMap((name) => inputs().map(([label, make]) => header(name, label, make)));
}

function header(name, label, make) {
  const key = `${COMPACT[name] ?? name}:`;
  const rest = MANDATORY.filter((line) => !line.toLowerCase().startsWith(key));
  const run = (bytes) => {
    const parsed = parseMessage(bytes, { limits });
    if (!parsed.ok) return;
    parsed.value.headers.get(name);
    validateMessage(parsed.value);
  };
  return [`${name}: ${label}`, run, (size) => message([...rest, `${name}: ${make(size)}`])];
}

/** The parts of a message that are no typed header. */
function messages() {
  const run = (bytes) => {
    const parsed = parseMessage(bytes, { limits });
    if (!parsed.ok) return;
    for (const name of parsed.value.headers.names()) parsed.value.headers.get(name);
    serializeMessage(parsed.value);
    parsed.value.text();
  };
  return inputs().flatMap(([label, make]) => [
    [`foreign header: ${label}`, run, (size) => message([...MANDATORY, `X-A: ${make(size)}`])],
    [`header name: ${label}`, run, (size) => message([...MANDATORY, `${make(size)}: x`])],
    [`start line: ${label}`, run, (size) => message(MANDATORY, `A sip:${make(size)} SIP/2.0`)],
    [`reason: ${label}`, run, (size) => message(MANDATORY, `SIP/2.0 200 ${make(size)}`)],
    [`body: ${label}`, run, (size) => Buffer.concat([message(MANDATORY), bytesOf(make(size))])],
  ]);
}

function values() {
  const readers = { uri: parseUri, 'name-addr': NameAddr.parse, via: Via.parse };
  const before = [
    '',
    'sip:',
    'sip:a@b;',
    'sip:a@b?',
    'sip:a:',
    'tel:+1',
    'tel:1;',
    'urn:',
    '<sip:a>;',
  ];
  return Object.entries(readers).flatMap(([name, read]) =>
    [...before, 'SIP/2.0/UDP a;'].flatMap((start) =>
      UNITS.map((unit) => {
        const run = (text) => {
          const parsed = read(text);
          if (parsed.ok) String(parsed.value);
        };
        return [`${name} ${named(start, unit)}`, run, (size) => start + repeat(unit, size)];
      }),
    ),
  );
}

/** A stream in pieces of 500 bytes: nothing may be looked at again with every piece. */
function framers() {
  const run = (bytes) => {
    const framer = new StreamFramer({ limits, onMessage() {}, onRefused() {} });
    for (let at = 0; at < bytes.length; at += 500) framer.push(bytes.subarray(at, at + 500));
  };
  const small = message([...MANDATORY, 'l:0']).toString('latin1');
  const units = ['\r\n', '\r\n\r\n\r\n', 'a', 'a:b\r\n', '\r', '\n', small];
  const whole = (size) => message([...MANDATORY, `l:${size}`]);
  return [
    ...units.map((unit) => [
      `stream of ${JSON.stringify(unit.slice(0, 9))}`,
      run,
      (size) => bytesOf(repeat(unit, size)),
    ]),
    [
      'stream with a long body',
      run,
      (size) => Buffer.concat([whole(size), Buffer.alloc(size, 'a')]),
    ],
  ];
}

function descriptions() {
  const session = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
  const media = `${session}m=audio 1 RTP/AVP 0\r\n`;
  const starts = {
    '': '',
    'o=': 'v=0\r\no=',
    's=': 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=',
    'm=': `${session}m=`,
    'm=audio': `${session}m=audio 1 RTP/AVP `,
    'a=': `${media}a=`,
  };
  const attributes = [
    'rtpmap:',
    'fmtp:0 ',
    'rtcp:',
    'candidate:',
    'crypto:',
    'ssrc:',
    'group:',
    'ptime:',
  ];
  for (const name of attributes) starts[`a=${name}`] = `${media}a=${name}`;
  const units = [...UNITS, '0 ', 'a=b\r\n', 'm=audio 1 RTP/AVP 0\r\n', 'a=rtpmap:0 a/1\r\n'];
  return Object.entries(starts).flatMap(([name, start]) =>
    units.map((unit) => [
      `sdp ${named(name, unit)}`,
      (text) => readDescription(text),
      (size) => `${start}${repeat(unit, size)}\r\n`,
    ]),
  );
}

function inputs() {
  return STARTS.flatMap((start) =>
    UNITS.map((unit) => [named(start, unit), (size) => start + repeat(unit, size)]),
  );
}

function measure(name, run, make) {
  const short = make(SIZE);
  const long = make(2 * SIZE);
  const once = time(run, long, 1);
  if (once < NEGLIGIBLE_MS) return { name, ratio: 0, ms: once };
  let result = pairs(run, short, long, 3);
  for (const count of [9, 25, 51, 101]) {
    if (result.ms < NEGLIGIBLE_MS) return { name, ratio: 0, ms: result.ms };
    if (result.ratio <= MOST_RATIO && result.ms <= MOST_MS) break;
    result = pairs(run, short, long, count);
  }
  return { name, ...result };
}

/** Short and long in turn, so that what disturbs disturbs both. */
function pairs(run, short, long, count) {
  time(run, long, 1);
  const times = Math.max(1, Math.min(50, Math.round(0.1 / time(run, short, 1))));
  const shorts = [];
  const longs = [];
  for (let round = 0; round < count; round++) {
    shorts.push(time(run, short, times));
    longs.push(time(run, long, times));
  }
  return { ratio: median(longs) / median(shorts), ms: median(longs) };
}

function time(run, input, times) {
  const began = performance.now();
  for (let count = 0; count < times; count++) run(input);
  return Math.max((performance.now() - began) / times, 0.0005);
}

function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

function message(lines, start = 'A sip:b SIP/2.0') {
  return bytesOf(`${[start, ...lines].join('\r\n')}\r\n\r\n`);
}

function bytesOf(text) {
  return Buffer.from(text, 'latin1');
}

function repeat(unit, size) {
  return unit.repeat(Math.ceil(size / unit.length));
}

function named(start, unit) {
  return `${JSON.stringify(start)} and many ${JSON.stringify(unit)}`;
}
