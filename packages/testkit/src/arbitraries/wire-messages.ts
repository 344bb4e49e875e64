import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { digests, LISTS, listsOf, SINGLE, tagged, vias } from './header-values.ts';
import { uris } from './uris.ts';
import { callIds, GAP, plainText, SPACE, spaced, tokens } from './wire-text.ts';

const COMPACT = new Map([
  ['Via', 'v'],
  ['From', 'f'],
  ['To', 't'],
  ['Call-ID', 'i'],
  ['Contact', 'm'],
  ['Content-Length', 'l'],
  ['Content-Type', 'c'],
  ['Supported', 'k'],
  ['Subject', 's'],
  ['Event', 'o'],
  ['Refer-To', 'r'],
]);
const FOREIGN = ['X-Custom', 'P-Odd', 'x_y', '__proto__', 'constructor', 'toString', "a!%*'~"];
const METHODS = [
  'INVITE',
  'ACK',
  'BYE',
  'OPTIONS',
  'MESSAGE',
  'NEWMETHOD',
  '!interesting-Method0123456789_*+`.%i',
];

/** How generated messages may look. */
export interface WireMessageOptions {
  /** Default both. */
  readonly kind?: 'request' | 'response';
  /** Default true; without it the message ends where its datagram does. */
  readonly contentLength?: boolean;
}

/**
 * Messages of the grammar of RFC 3261 §25 as they stand on the wire: well-formed whatever their
 * spelling, with compact forms, folds, odd white space, lists over several lines, quoted strings
 * with quoted pairs, foreign header fields, any order and any body. `parseMessage` has to accept
 * each of them, and `serializeMessage` to give the same bytes back.
 */
export function wireMessages(options: WireMessageOptions = {}): fc.Arbitrary<Uint8Array> {
  const method = fc.oneof(fc.constantFrom(...METHODS), tokens());
  return fc.tuple(method, kinds(options.kind), bodies()).chain(([name, kind, body]) => {
    const length = (options.contentLength ?? true) ? [field('Content-Length', lengthOf(body))] : [];
    const all = [...mandatory(name), ...length];
    const lines = fc.tuple(fc.tuple(...all), optional()).chain(([some, others]) => {
      const together = [...some, ...others];
      return fc.shuffledSubarray(together, { minLength: together.length });
    });
    const start = kind === 'request' ? requestLines(name) : statusLines();
    return fc.tuple(start, lines).map(([first, rest]) => {
      const head = Buffer.from(`${first}\r\n${rest.join('')}\r\n`, 'utf8');
      return Buffer.concat([head, body]);
    });
  });
}

/** One header field, folded and spaced, in any spelling of its name, with its CRLF. */
export function headerFields(): fc.Arbitrary<string> {
  const typed = { ...SINGLE, ...lists(LISTS) };
  return fc.constantFrom(...Object.keys(typed)).chain((name) => field(name, typed[name]));
}

function kinds(only: 'request' | 'response' | undefined): fc.Arbitrary<'request' | 'response'> {
  return only === undefined ? fc.constantFrom('request', 'response') : fc.constant(only);
}

function requestLines(method: string): fc.Arbitrary<string> {
  // a Request-URI must not have headers (RFC 3261 §19.1.1)
  return uris({ headers: false }).map((uri) => `${method} ${uri} SIP/2.0`);
}

function statusLines(): fc.Arbitrary<string> {
  const status = fc.integer({ min: 100, max: 699 });
  return fc.tuple(status, plainText()).map(([code, reason]) => `SIP/2.0 ${code} ${reason}`);
}

function mandatory(method: string): fc.Arbitrary<string>[] {
  const sequence = fc.nat(2_147_483_647).map((number) => `${number}${SPACE}${method}`);
  return [
    field('Via', listsOf(vias())),
    field('From', tagged()),
    field('To', tagged()),
    field('Call-ID', callIds()),
    field('CSeq', sequence),
  ];
}

/** Some header fields more: those that occur once, lines of lists, digests, foreign ones. */
function optional(): fc.Arbitrary<string[]> {
  const once = fc.uniqueArray(fc.constantFrom(...Object.keys(SINGLE)), { maxLength: 4 });
  const single = once.chain((names) => fc.tuple(...names.map((name) => field(name, SINGLE[name]))));
  const list = fc
    .constantFrom(...Object.keys(LISTS))
    .chain((name) => field(name, listsOf(LISTS[name] ?? fc.constant('x'))));
  const digest = fc
    .constantFrom('Authorization', 'Proxy-Authorization', 'WWW-Authenticate')
    .chain((name) => field(name, digests()));
  const foreign = fc.constantFrom(...FOREIGN).chain((name) => field(name, plainText()));
  const route = field('Via', listsOf(vias()));
  const several = fc.array(fc.oneof(list, list, digest, foreign, route), { maxLength: 6 });
  return fc.tuple(single, several).map(([some, others]) => [...some, ...others]);
}

function lists(table: Readonly<Record<string, fc.Arbitrary<string>>>) {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, listsOf(value)]));
}

/** `field-name HCOLON field-value CRLF` in one of the spellings that are allowed. */
function field(name: string, value: fc.Arbitrary<string> = fc.constant('')): fc.Arbitrary<string> {
  const colon = fc.constantFrom(':', ': ', ' :', '\t : ', ':');
  const foldable = spaced(value.map((text) => `${GAP}${text}`));
  return fc.tuple(spellings(name), colon, foldable).map(([spelt, mark, text]) => {
    return `${spelt}${mark}${foldsOfValueOnly(text)}\r\n`;
  });
}

/** A value that is empty must not end in a line of white space, which some would take for the last. */
function foldsOfValueOnly(text: string): string {
  return text.trim() === '' ? '' : text;
}

function spellings(name: string): fc.Arbitrary<string> {
  const spelt = [name, name, name.toLowerCase(), name.toUpperCase()];
  const compact = COMPACT.get(name);
  if (compact !== undefined) spelt.push(compact, compact.toUpperCase());
  return fc.constantFrom(...spelt);
}

function lengthOf(body: Uint8Array): fc.Arbitrary<string> {
  return fc.constantFrom(String(body.length), String(body.length), `0${body.length}`);
}

function bodies(): fc.Arbitrary<Uint8Array> {
  const lines = fc.constantFrom(
    'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n',
    'INVITE sip:x SIP/2.0\r\n\r\n',
  );
  return fc.oneof(
    fc.constant(new Uint8Array(0)),
    lines.map((text) => new Uint8Array(Buffer.from(text, 'latin1'))),
    fc.uint8Array({ maxLength: 40 }),
  );
}
