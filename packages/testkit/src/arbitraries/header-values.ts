import * as fc from 'fast-check';
import { sipUris, uris } from './uris.ts';
import {
  comments,
  digits,
  GAP,
  hostPorts,
  hosts,
  plainText,
  quotedStrings,
  SPACE,
  tokens,
} from './wire-text.ts';

/** Values with marks for white space; `spaced` makes them ready for the wire. */

const EQUALS = `${GAP}=${GAP}`;
const SEMICOLON = `${GAP};${GAP}`;
const COMMA = `${GAP},${GAP}`;

/** `generic-param`s, each with its semicolon, no name twice and none of `taken`. */
export function params(taken: readonly string[] = []): fc.Arbitrary<string> {
  const value = fc.oneof(tokens(8), hosts(), quotedStrings());
  const param = fc.tuple(
    fc.oneof(tokens(6), fc.constantFrom('__proto__', 'constructor', 'q', 'x')),
    fc.option(value, { nil: undefined }),
  );
  return fc
    .uniqueArray(param, { maxLength: 3, selector: ([name]) => name.toLowerCase() })
    .map((list) => list.filter(([name]) => !taken.includes(name.toLowerCase())))
    .map((list) => list.map(([name, text]) => SEMICOLON + pair(name, text)).join(''));
}

/** `name-addr` and `addr-spec` with parameters. */
export function nameAddrs(taken: readonly string[] = []): fc.Arbitrary<string> {
  const words = fc.array(tokens(6), { minLength: 1, maxLength: 3 });
  const name = fc.oneof(
    fc.constant(''),
    quotedStrings().map((text) => `${text}${GAP}`),
    words.map((list) => `${list.join(SPACE)}${SPACE}`),
  );
  const bracketed = fc.tuple(name, uris()).map(([shown, uri]) => `${shown}<${uri}>`);
  // without brackets a URI ends at ; and , and must not have ? (RFC 3261 §20)
  const bare = sipUris({ headers: false }).filter((uri) => !/[;,?]/.test(uri));
  return fc
    .tuple(
      fc.oneof({ weight: 3, arbitrary: bracketed }, { weight: 1, arbitrary: bare }),
      params(taken),
    )
    .map((parts) => parts.join(''));
}

/** From and To: an address, with a tag or without. */
export function tagged(): fc.Arbitrary<string> {
  const tag = fc.option(tokens(12), { nil: undefined });
  return fc.tuple(nameAddrs(['tag']), tag).map(([address, text]) => {
    return text === undefined ? address : `${address}${SEMICOLON}${pair('tag', text)}`;
  });
}

/** One value of Via. */
export function vias(): fc.Arbitrary<string> {
  const transport = fc.constantFrom('UDP', 'TCP', 'TLS', 'WS', 'wss', 'SCTP', 'x-other');
  const slash = `${GAP}/${GAP}`;
  const branch = tokens(12).map((text) => `${SEMICOLON}${pair('branch', `z9hG4bK${text}`)}`);
  const extra = fc.constantFrom('', `${SEMICOLON}rport`, `${SEMICOLON}received${EQUALS}192.0.2.9`);
  const taken = ['branch', 'rport', 'received', 'ttl', 'maddr'];
  return fc
    .tuple(transport, hostPorts(), branch, extra, params(taken))
    .map(([name, at, ...rest]) => `SIP${slash}2.0${slash}${name}${SPACE}${at}${rest.join('')}`);
}

/** `media-type` with parameters. */
export function mediaTypes(): fc.Arbitrary<string> {
  const type = fc.constantFrom('application/sdp', 'message/sipfrag', `text${GAP}/${GAP}plain`);
  const param = fc
    .oneof(tokens(6), quotedStrings())
    .map((value) => `${SEMICOLON}x${EQUALS}${value}`);
  return fc.tuple(type, fc.option(param, { nil: '' })).map((parts) => parts.join(''));
}

/** A token with parameters. */
export function tokensWithParams(): fc.Arbitrary<string> {
  return fc.tuple(tokens(), params()).map((parts) => parts.join(''));
}

/** Values of the header fields that have a grammar of their own and occur at most once. */
export const SINGLE: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'Max-Forwards': digits(255),
  'Content-Disposition': tokensWithParams(),
  'Content-Type': mediaTypes(),
  Date: fc.constantFrom('Sat, 13 Nov 2010 23:29:00 GMT', 'Mon, 01 Jan 2035 00:00:00 GMT'),
  Event: tokensWithParams(),
  Expires: digits(2_147_483_647),
  'Min-Expires': digits(2_147_483_647),
  'MIME-Version': fc.constant('1.0'),
  Organization: plainText(),
  Priority: fc.constantFrom('emergency', 'urgent', 'normal', 'non-urgent'),
  'Refer-To': nameAddrs(),
  'Reply-To': nameAddrs(),
  'Retry-After': retryAfters(),
  Server: plainText(),
  Subject: plainText(),
  Timestamp: fc.constantFrom('54', '54.2', '0.5 1'),
  'User-Agent': plainText(),
};

/** Values of the header fields that are lists: more than one to a line, more than one line. */
export const LISTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  Accept: mediaTypes(),
  'Accept-Encoding': tokensWithParams(),
  'Accept-Language': tokensWithParams(),
  'Alert-Info': links(),
  Allow: tokens(),
  'Call-Info': links(),
  Contact: nameAddrs(['q', 'expires']),
  'Content-Language': fc.constantFrom('en', 'fr-CA'),
  Diversion: nameAddrs(),
  'In-Reply-To': tokens(),
  'P-Asserted-Identity': nameAddrs(),
  Path: uris().map((uri) => `<${uri}>`),
  Reason: reasons(),
  'Record-Route': sipUris().map((uri) => `<${uri}>`),
  Require: tokens(),
  Route: sipUris().map((uri) => `<${uri}>`),
  Supported: tokens(),
  Unsupported: tokens(),
  Warning: warnings(),
};

/** Comma-separated values. */
export function listsOf(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(value, { minLength: 1, maxLength: 3 }).map((values) => values.join(COMMA));
}

/** Digest challenges and credentials, which are never joined by commas (RFC 3261 §7.3.1). */
export function digests(): fc.Arbitrary<string> {
  const comma = `${GAP},${GAP}`;
  return fc.tuple(quotedStrings(), tokens(8), fc.constantFrom('Digest', 'digest')).map((parts) => {
    const [realm, nonce, scheme] = parts;
    const fields = [
      pair('realm', realm),
      pair('nonce', `"${nonce}"`),
      pair('username', '"bob"'),
      pair('uri', '"sip:b.example"'),
      pair('response', `"${'0123456789abcdef'.repeat(2)}"`),
      pair('algorithm', 'MD5'),
    ];
    return `${scheme} ${fields.join(comma)}`;
  });
}

function retryAfters(): fc.Arbitrary<string> {
  const comment = fc.option(comments(), { nil: '' });
  const duration = fc.option(digits(3600), { nil: undefined });
  return fc.tuple(digits(86_400), comment, duration).map(([seconds, words, lasting]) => {
    const tail = lasting === undefined ? '' : `${SEMICOLON}${pair('duration', lasting)}`;
    return `${seconds}${words === '' ? '' : GAP}${words}${tail}`;
  });
}

function links(): fc.Arbitrary<string> {
  return fc.tuple(uris(), params()).map(([uri, rest]) => `<${uri}>${rest}`);
}

function reasons(): fc.Arbitrary<string> {
  const words = fc.option(quotedStrings(), { nil: undefined });
  const protocol = fc.constantFrom('Q.850', 'SIP', 'preemption');
  return fc.tuple(protocol, digits(699), words).map(([name, cause, text]) => {
    const tail = text === undefined ? '' : `${SEMICOLON}${pair('text', text)}`;
    return `${name}${SEMICOLON}${pair('cause', cause)}${tail}`;
  });
}

function warnings(): fc.Arbitrary<string> {
  const code = fc.integer({ min: 300, max: 399 });
  return fc
    .tuple(code, hostPorts(), quotedStrings())
    .map(([number, agent, text]) => `${number} ${agent} ${text}`);
}

function pair(name: string, value: string | undefined): string {
  return value === undefined ? name : `${name}${EQUALS}${value}`;
}
