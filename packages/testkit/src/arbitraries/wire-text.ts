import * as fc from 'fast-check';

/**
 * Marks within generated text, where the grammar allows white space (`SWS`) or demands it (`LWS`,
 * RFC 3261 §25.1). `spaced` puts white space and folds in their places.
 */
export const GAP = '\ue000';
export const SPACE = '\ue001';

const ALPHANUMERIC = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];
const TOKEN = [...ALPHANUMERIC, ...`-.!%*_+\`'~`];
const WORD = [...TOKEN, ...'()<>:\\"/[]?{}'];
const SWS = ['', ' ', '\t', '   ', '\r\n ', ' \r\n\t '];
const LWS = [' ', '\t', ' \t ', '\r\n ', ' \r\n \t'];

/** `token`, of 1 to `maxLength` characters. */
export function tokens(maxLength = 10): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength });
}

/** `callid`: a `word`, or two with `@` between them. */
export function callIds(): fc.Arbitrary<string> {
  const word = fc.string({ unit: fc.constantFrom(...WORD), minLength: 1, maxLength: 16 });
  return fc.oneof(
    word,
    fc.tuple(word, word).map((both) => both.join('@')),
  );
}

/** Digits that stand for a number from 0 to `max`, now and then with leading zeros. */
export function digits(max: number): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.nat(max).map(String) },
    { weight: 1, arbitrary: fc.nat(max).map((value) => `00${value}`) },
  );
}

/** Text without a control character: ASCII, UTF-8, and what an attacker would write. */
export function plainText(maxLength = 20): fc.Arbitrary<string> {
  const unit = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ALPHANUMERIC, ' ') },
    { weight: 2, arbitrary: fc.constantFrom(...`;,<>@:="\\%()[]{}?&/|^~'\``) },
    { weight: 1, arbitrary: fc.constantFrom('é', '漢', '🕿', '\u202e', '\u200b', '%00', '%0d%0a') },
  );
  return fc.string({ unit, maxLength }).map((text) => text.trim());
}

/** `quoted-string`, with quoted pairs, and folded where it has a mark. */
export function quotedStrings(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ALPHANUMERIC, ...`;,<>@:=%()'`) },
    { weight: 1, arbitrary: fc.constantFrom('\\"', '\\\\', '\\a', '\\ ', '\\\t') },
    { weight: 1, arbitrary: fc.constantFrom('é', '漢', '🕿') },
    { weight: 1, arbitrary: fc.constant(SPACE) },
  );
  return fc.string({ unit, maxLength: 16 }).map((inner) => `"${inner}"`);
}

/** `comment`, up to three deep. */
export function comments(): fc.Arbitrary<string> {
  const words = fc.array(fc.constantFrom('a', 'in a meeting', '\\)', '\\(', 'é'), { maxLength: 3 });
  return fc
    .array(words, { minLength: 1, maxLength: 3 })
    .map((levels) => levels.reduceRight((inner, level) => `(${level.join(' ')}${inner})`, ''));
}

/** `host`: a name, an IPv4 address, or an IPv6 reference (RFC 5954). */
export function hosts(): fc.Arbitrary<string> {
  const label = fc.constantFrom('a', 'example', 'x-1', 'sip', 'A9', 'xn--nxasmq6b');
  const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
  return fc.oneof(
    { weight: 4, arbitrary: name.map((text) => `${text}.example`) },
    { weight: 1, arbitrary: fc.constantFrom('example.com.', 'localhost') },
    { weight: 2, arbitrary: fc.ipV4() },
    { weight: 1, arbitrary: fc.ipV6().map((address) => `[${address}]`) },
  );
}

/** `hostport`. */
export function hostPorts(): fc.Arbitrary<string> {
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
  return fc
    .tuple(hosts(), port)
    .map(([host, value]) => (value === undefined ? host : `${host}:${value}`));
}

/** A value with its marks turned into white space, one kind after the other. */
export function spaced(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const kinds = fc.array(fc.nat(SWS.length - 1), { minLength: 1, maxLength: 4 });
  return fc.tuple(text, kinds).map(([marked, chosen]) => {
    let count = 0;
    const next = (from: readonly string[]) =>
      from[(chosen[count++ % chosen.length] ?? 0) % from.length];
    return marked.replaceAll(/[\ue000\ue001]/g, (mark) => next(mark === GAP ? SWS : LWS) ?? ' ');
  });
}
