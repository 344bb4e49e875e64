import { Buffer } from 'node:buffer';

/** One bad input of a check in the security suite. */
export interface CheckInput {
  /** `P01` … of checks.json. */
  readonly id: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** The statuses of a refusal; `accept` where the parser may let it pass. */
  readonly may: readonly (number | 'accept')[];
}

/** The mandatory headers by name, for an OPTIONS. */
export const MANDATORY: Readonly<Record<string, string>> = {
  Via: 'SIP/2.0/UDP a.example;branch=z9hG4bK1',
  From: '<sip:a@a.example>;tag=1',
  To: '<sip:b@b.example>',
  'Call-ID': 'c',
  CSeq: '1 OPTIONS',
};

/** An OPTIONS with some mandatory headers replaced or, where undefined, left out. */
export function optionsWith(
  changes: Readonly<Record<string, string | undefined>>,
  lines: readonly string[] = [],
  body = '',
): Buffer {
  const fields = Object.entries({ ...MANDATORY, ...changes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  const text = ['OPTIONS sip:b@b.example SIP/2.0', ...fields, ...lines, '', body].join('\r\n');
  return Buffer.from(text, 'latin1');
}

function input(
  [id, name]: readonly [id: string, name: string],
  bytes: Buffer,
  ...may: (number | 'accept')[]
): CheckInput {
  return { id, name, bytes, may };
}

const long = 'x'.repeat(4096);

function p01(): CheckInput[] {
  const sizes = [4096, 16_000, 65_000];
  return sizes.flatMap((size) => {
    const value = 'x'.repeat(size);
    const of = (name: string, changes: Record<string, string>) =>
      input(['P01', `${name} of ${size}`], optionsWith(changes), 400, 501, 513, 'accept');
    return [
      of('CSeq method', { CSeq: `1 ${value}` }),
      of('branch', { Via: `SIP/2.0/UDP a;branch=z9hG4bK${value}` }),
      of('tag', { From: `<sip:a@a>;tag=${value}` }),
      of('Call-ID', { 'Call-ID': value }),
      of('display name', { From: `"${value}" <sip:a@a>;tag=1` }),
    ];
  });
}

function p02(): CheckInput[] {
  return Object.keys(MANDATORY).flatMap((name) =>
    [undefined, '', ',', '@', 'a b c'].map((value) =>
      input(['P02', `${name} is ${value ?? 'absent'}`], optionsWith({ [name]: value }), 400),
    ),
  );
}

const LENGTHS = '-1|five|+5|0x10|5.0|1e3|5 5|4294967328|1' + '0'.repeat(30);

function p03(): CheckInput[] {
  const malformed = LENGTHS.split('|').map((value) => [`Content-Length: ${value}`]);
  const twice = [
    ['Content-Length: 4', 'Content-Length: 5'],
    ['Content-Length: 4', 'l: 5'],
  ];
  return [...malformed, ...twice].map((lines) =>
    input(['P03', lines.join(' and ')], optionsWith({}, lines, 'body'), 400),
  );
}

function p04(): CheckInput[] {
  const names = ['P-Asserted-Identity', 'X-Auth', 'Diversion', 'Route', 'To'];
  const bad = ['\x0b:', '\x00:', '\xa0:', '\r\n :', ' x:'];
  return names.flatMap((name) =>
    bad.map((end) =>
      input(['P04', JSON.stringify(name + end)], optionsWith({}, [`${name}${end} <sip:x@y>`]), 400),
    ),
  );
}

function p06(): CheckInput[] {
  const many = (count: number, line: string) => Array.from({ length: count }, () => line);
  const of = (name: string, lines: string[]) =>
    input(['P06', name], optionsWith({}, lines), 400, 413, 513);
  return [
    of('10 000 headers', many(10_000, 'X: y')),
    of('a header of 60 KB', [`X: ${'y'.repeat(60_000)}`]),
    of('a header of 1 MB, folded', [`X: ${'y\r\n '.repeat(250_000)}y`]),
    of('70 KB', many(200, `X: ${'y'.repeat(350)}`)),
    of('900 Via values', [`Via: ${many(900, 'SIP/2.0/UDP x').join()}`]),
    ...['Record-Route', 'Route', 'Contact'].map((name) =>
      of(`1 600 ${name} values`, [`${name}: ${many(1600, '<sip:a>').join()}`]),
    ),
  ];
}

function p10(): CheckInput[] {
  const empty = ['Warning', 'Contact', 'Route', 'Record-Route'].map((name) =>
    input(['P10', `empty ${name}`], optionsWith({}, [`${name}:`]), 400),
  );
  const slash = ['Contact', 'Route', 'Warning', 'Content-Type', 'Date', 'Accept'].map((name) =>
    input(['P10', `${name} of a slash`], optionsWith({}, [`${name}: /`]), 400),
  );
  const names = ['"a\\" <sip:a@a>;tag=1', '"a\\', 'a\\ <sip:a@a>;tag=1'].map((From) =>
    input(['P10', `display name ${From}`], optionsWith({ From }), 400),
  );
  return [...empty, ...slash, ...names];
}

function p15(): CheckInput[] {
  const rest = 'realm="r", nonce="n", uri="u", response="0"';
  const many = Array.from({ length: 2000 }, (_, i) => `a${i}=b`).join();
  const values = [
    `Digest username=, ${rest}`,
    `Digest username, ${rest}`,
    `Digest username="a, ${rest.replaceAll('"', '')}`,
    `Digest username="a", ${many}`,
    `Digest username="a", username="b", ${rest}`,
    `Digest username="a", ${rest}, realm="x"`,
    `Digest username="a", username*=UTF-8''a, ${rest}`,
    `Digest username*=latin1'x, ${rest}`,
    `Digest ${rest}`,
    'Digest',
  ];
  return values.map((value) =>
    input(['P15', value.slice(0, 60)], optionsWith({}, [`Authorization: ${value}`]), 400, 401),
  );
}

/** Datagrams that must be refused, by the parser or by the validation; or that may pass. */
export const CHECK_INPUTS: readonly CheckInput[] = [
  ...p01(),
  ...p02(),
  ...p03(),
  ...p04(),
  ...p06(),
  ...p10(),
  input(['P11', 'Via without sent-by'], optionsWith({ Via: 'SIP/2.0/UDP ;branch=x' }), 400),
  input(['P11', 'two To headers'], optionsWith({}, ['t: <sip:x@y>']), 400),
  input(['P11', 'a Request-URI of 4097'], uriOf(4097), 414),
  input(['P13', 'NUL in a header'], optionsWith({}, ['Subject: a\0b']), 400),
  ...p15(),
  input(['P01', 'CSeq method that is no token'], optionsWith({ CSeq: `1 ${long}@` }), 400),
];

/** An OPTIONS with a Request-URI of so many octets. */
export function uriOf(size: number): Buffer {
  const target = `sip:${'u'.repeat(size - 6)}@b`;
  const text = optionsWith({}).toString('latin1');
  return Buffer.from(text.replace('sip:b@b.example', target), 'latin1');
}
