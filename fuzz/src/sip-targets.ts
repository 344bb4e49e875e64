import { Buffer } from 'node:buffer';
import {
  createResponse,
  Headers,
  type HeaderInput,
  NameAddr,
  parseMessage,
  parseUri,
  type Refusal,
  serializeMessage,
  type SipMessage,
  StreamFramer,
  validateMessage,
  Via,
} from '@strowger/sip-message';
import { HEADER_VALUES, MESSAGES, URIS } from './seeds.ts';
import { promise, type Target } from './target.ts';

/** Bounds that let every grammar see inputs of 64 KB. */
const WIDE = {
  headBytes: 2 ** 20,
  headerBytes: 2 ** 20,
  values: 2 ** 16,
  vias: 2 ** 16,
  headers: 2 ** 16,
};

/** A whole message, as a datagram and as cut from a stream. */
export const message: Target = {
  takesMessages: true,
  seeds: MESSAGES,
  run(bytes) {
    for (const limits of [{}, WIDE]) {
      const datagram = parseMessage(bytes, { limits });
      if (datagram.ok) exercise(datagram.value);
      else checkRefusal(datagram.refusal, bytes);
      const framed = parseMessage(bytes, { limits, framed: true });
      if (!framed.ok) continue;
      promise(datagram.ok || bytes.length > 65_535, 'framed accepts what a datagram may not be');
      checkLossless(framed.value, bytes);
    }
  },
};

/** A stream that comes in pieces. */
export const framer: Target = {
  takesMessages: true,
  seeds: MESSAGES.map((text) => `\r\n\r\n${text}\r\n\r\n${text}`),
  run(bytes) {
    const whole = frame([bytes]);
    // at most some hundred pieces: each is a turn of its own, so their sum stalls nobody
    const size = 1 + ((bytes[bytes.length >> 1] ?? 0) % 97) + (bytes.length >> 8);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    promise(sameText(frame(pieces), whole), 'chunks change what a stream says');
    const alone = parseMessage(bytes, { framed: true });
    const text = latin1(bytes).replace(/^(?:\r\n)*/, '');
    promise(
      !alone.ok || sameText(whole, [text]),
      'the framer does not cut what the parser accepts',
    );
    for (const one of whole) {
      if (one.startsWith('refused ')) continue;
      const again = parseMessage(Buffer.from(one, 'latin1'), { framed: true });
      const isLength = !again.ok && /LENGTH$|^UNTERMINATED$|^BARE_/.test(again.refusal.code);
      promise(!isLength, 'parser and framer differ about the end of a message');
    }
  },
};

/** A URI, an address and a Via on their own. */
export const uri: Target = {
  seeds: URIS,
  run(bytes) {
    const text = Buffer.from(bytes).toString('utf8');
    const outcome = parseUri(text);
    if (outcome.ok) {
      promise(String(outcome.value) === text, 'a URI is not printed as it came');
      promise(outcome.value.equals(outcome.value), 'a URI does not equal itself');
    } else checkRefusal(outcome.refusal, text);
    for (const read of [NameAddr.parse, Via.parse]) {
      const value = read(text);
      if (!value.ok) continue;
      const printed = String(value.value);
      const again = read(printed);
      promise(again.ok && String(again.value) === printed, 'a printed value is not read as it was');
    }
  },
};

/** One value for every typed header: `name: value`, the name of the first line chosen by the input. */
export const header: Target = {
  seeds: HEADER_VALUES,
  run(bytes) {
    const text = latin1(bytes).replaceAll(/[\r\n\0]/g, ' ');
    const colon = text.indexOf(':');
    if (colon < 1) return;
    const name = text.slice(0, colon);
    const parsed = parseMessage(carrier(text), { limits: WIDE });
    if (!parsed.ok) return;
    validateMessage(parsed.value);
    const value: unknown = parsed.value.headers.get(name);
    // a list without values, such as an empty Allow, becomes no field when it is set
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return;
    // what `get` gives, `set` takes (HeaderInput); a header that is given raw was text before
    const own = new Headers([[name, value as HeaderInput]]);
    const printed = [...own.entries()].map(String).join();
    const again: unknown = own.get(name);
    promise(again !== undefined, `what was read of ${name.toLowerCase()} cannot be set`);
    const twice = new Headers([[name, again as HeaderInput]]);
    promise(
      [...twice.entries()].map(String).join() === printed,
      `${name.toLowerCase()} changes when it is set again`,
    );
  },
};

function carrier(line: string): Buffer {
  const rest = ['v:SIP/2.0/UDP a', 'f:<sip:a@a>', 't:<sip:b@b>', 'i:c', 'CSeq:1 A'];
  const name = line.slice(0, line.indexOf(':')).trim().toLowerCase();
  const long: Readonly<Record<string, string>> = { via: 'v', from: 'f', to: 't', 'call-id': 'i' };
  const kept = rest.filter((one) => !one.toLowerCase().startsWith(`${long[name] ?? name}:`));
  return Buffer.from(`A sip:b SIP/2.0\r\n${[...kept, line].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Asks a message for all that it can tell, and for an answer to it. */
function exercise(subject: SipMessage): void {
  const { headers } = subject;
  const flaw = validateMessage(subject);
  for (const name of headers.names()) {
    for (const value of [headers.get(name)].flat()) String(value);
    promise(headers.has(name) && headers.raw(name).length > 0, 'a header is named and not there');
  }
  void [
    subject.branch,
    subject.fromTag,
    subject.toTag,
    subject.callId,
    subject.cseq,
    subject.text(),
  ];
  const sent = serializeMessage(subject);
  const again = parseMessage(sent, { framed: true, limits: WIDE });
  promise(again.ok, 'what is accepted and sent on is refused');
  promise(same(serializeMessage(again.value), sent), 'serialising twice gives two texts');
  promise(
    validateMessage(again.value)?.code === flaw?.code,
    'a message is judged twice differently',
  );
  if (subject.kind === 'response') return;
  void [subject.uri.scheme, String(subject.uri)];
  const answer = serializeMessage(createResponse(subject, 200, { toTag: 'x' }));
  promise(parseMessage(answer, { framed: true, limits: WIDE }).ok, 'our answer is no message');
}

function checkLossless(subject: SipMessage, bytes: Uint8Array): void {
  let from = 0;
  while (bytes[from] === 13 && bytes[from + 1] === 10) from += 2;
  const expected = withWholeStatusLine(bytes.subarray(from));
  promise(same(serializeMessage(subject), expected), 'an untouched message changes');
  const { headers } = subject;
  headers.append('X-Probe', '1').remove('X-Probe');
  promise(same(serializeMessage(subject), expected), 'a header touches its neighbours');
}

/** A status line is taken without the space that stands before even an empty reason, and mended. */
function withWholeStatusLine(bytes: Uint8Array): Uint8Array {
  const at = 'SIP/2.0 200'.length;
  const isBare = /^SIP\/2\.0 \d{3}\r\n/i.test(latin1(bytes.subarray(0, at + 2)));
  if (!isBare) return bytes;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(' '), bytes.subarray(at)]);
}

function checkRefusal(refusal: Refusal, input: { readonly length: number }): void {
  const { status, at, message: words, section, code } = refusal;
  promise(status >= 400 && status < 700, `${code} has status ${status}`);
  promise(at >= 0 && at <= input.length, `${code} is at a place that the input does not have`);
  promise(words.length < 200 && section.startsWith('RFC '), `${code} does not explain itself`);
}

function frame(chunks: readonly Uint8Array[]): string[] {
  const told: string[] = [];
  const subject = new StreamFramer({
    onMessage: (bytes) => told.push(latin1(bytes)),
    onRefused: ({ code }) => told.push(`refused ${code}`),
  });
  for (const chunk of chunks) subject.push(chunk);
  return told;
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function sameText(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
