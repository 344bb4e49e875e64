import * as fc from 'fast-check';
import { hostPorts, tokens } from './wire-text.ts';

const USER = [..."abcXYZ019-_.!~*'()&=+$,;?/", '%20', '%3B', '%0D%0A', '%00', '%c3%a9'];
const PASSWORD = [..."abc019-_.!~*'()&=+$,", '%3a', '%40'];
const PARAM = [..."abc019[]/:&+$-_.!~*'()", '%25', '%3d'];
const HEADER = [..."abc019[]/?:+$-_.!~*'()", '%20', '%0A'];

/** What generated URIs may have. */
export interface UriOptions {
  /** Whether some have headers behind a `?`, which a Request-URI must not have. Default true. */
  readonly headers?: boolean;
}

/** SIP and SIPS URIs of the grammar of RFC 3261 §25.1, as text. */
export function sipUris(options: UriOptions = {}): fc.Arbitrary<string> {
  const withHeaders = options.headers ?? true;
  return fc
    .record({
      scheme: fc.constantFrom('sip:', 'sip:', 'sips:', 'SIP:', 'SiPs:'),
      user: fc.option(userInfo(), { nil: '', freq: 4 }),
      host: hostPorts(),
      params: fc.uniqueArray(uriParams(), {
        maxLength: 3,
        selector: (param) => (param.split('=')[0] ?? '').toLowerCase(),
      }),
      headers: withHeaders ? fc.array(uriHeaders(), { maxLength: 2 }) : fc.constant([]),
    })
    .map(({ scheme, user, host, params, headers }) => {
      const behind = headers.length === 0 ? '' : `?${headers.join('&')}`;
      return `${scheme}${user}${host}${params.map((param) => `;${param}`).join('')}${behind}`;
    });
}

/** Telephone numbers as URIs (RFC 3966 §3), as text. */
export function telUris(): fc.Arbitrary<string> {
  const number = fc.string({ unit: fc.constantFrom(...'0123456789-.()'), maxLength: 12 });
  const params = fc.constantFrom('', ';ext=12-34', ';isub=1', ';x=%41', ';phone-context=+1');
  return fc
    .tuple(fc.constantFrom('tel:', 'TEL:'), fc.constantFrom('+', ''), number, params)
    .map(([scheme, plus, rest, param]) => `${scheme}${plus}1${rest}${param}`);
}

/** URIs of any scheme, as text. */
export function uris(options: UriOptions = {}): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: sipUris(options) },
    { weight: 2, arbitrary: telUris() },
    {
      weight: 1,
      arbitrary: fc.constantFrom('urn:service:sos', 'http://a.example/x?y=z', 'im:a@b'),
    },
  );
}

function userInfo(): fc.Arbitrary<string> {
  const user = fc.string({ unit: fc.constantFrom(...USER), minLength: 1, maxLength: 12 });
  const password = fc.string({ unit: fc.constantFrom(...PASSWORD), maxLength: 6 });
  return fc
    .tuple(user, fc.option(password, { nil: undefined, freq: 2 }))
    .map(([name, secret]) => (secret === undefined ? `${name}@` : `${name}:${secret}@`));
}

function uriParams(): fc.Arbitrary<string> {
  const value = fc.string({ unit: fc.constantFrom(...PARAM), minLength: 1, maxLength: 8 });
  return fc.oneof(
    fc.constantFrom('lr', 'LR', 'transport=tcp', 'Transport=UDP', 'user=phone', 'ttl=255', 'ob'),
    fc.constantFrom(
      'maddr=[2001:db8::1]',
      'maddr=192.0.2.1',
      'method=INVITE',
      'gr=x',
      '__proto__=x',
    ),
    fc.tuple(tokens(5).map(withoutPercent), value).map((pair) => pair.join('=')),
    value,
  );
}

function uriHeaders(): fc.Arbitrary<string> {
  const part = fc.string({ unit: fc.constantFrom(...HEADER), minLength: 1, maxLength: 8 });
  const value = fc.string({ unit: fc.constantFrom(...HEADER), maxLength: 8 });
  return fc.tuple(part, value).map((pair) => pair.join('='));
}

/** A percent sign that a token may hold begins an escape in a URI; so does a backquote not belong. */
function withoutPercent(token: string): string {
  return token.replaceAll(/[%`]/g, 'p');
}
