import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  type Limits,
  type LocatedHead,
  parseMessage,
  type Refusal,
  serializeMessage,
  type SipMessage,
  StreamFramer,
  validateMessage,
} from '../src/index.ts';
import { corpusMessages } from './corpus.ts';

const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const BASE = [
  'Via: SIP/2.0/TCP a.example;branch=z9hG4bK1',
  'From: <sip:a@a.example>;tag=1',
  'To: <sip:b@b.example>',
  'Call-ID: c',
];
const MESSAGE = `${head('MESSAGE sip:b@b.example SIP/2.0', ...BASE, 'CSeq: 1 MESSAGE', 'Content-Length: 24')}INVITE sip:evil SIP/2.0\n`;
const OPTIONS = head('OPTIONS sip:b@b.example SIP/2.0', ...BASE, 'CSeq: 2 OPTIONS', 'l:\r\n 0');

function whole(bytes: Uint8Array, located?: LocatedHead): SipMessage {
  const parsed = parseMessage(bytes, { framed: true, located });
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
}

/** What a framer tells of these chunks. */
function frame(chunks: readonly (string | Uint8Array)[], limits: Partial<Limits> = {}) {
  const messages: string[] = [];
  const keepAlives: string[] = [];
  const refusals: Refusal[] = [];
  const framer = new StreamFramer({
    limits,
    onMessage: (bytes) => messages.push(Buffer.from(bytes).toString('latin1')),
    onKeepAlive: (kind) => keepAlives.push(kind),
    onRefused: (refusal) => refusals.push(refusal),
  });
  for (const chunk of chunks) framer.push(Buffer.from(chunk));
  return { messages, keepAlives, refusals };
}

describe('StreamFramer', () => {
  const stream = Buffer.from(`\r\n\r\n${MESSAGE}\r\n\r\n\r\n${OPTIONS}${MESSAGE}\r\n\r\n`);

  it('cuts the same messages whatever the two chunks are', () => {
    for (let at = 0; at <= stream.length; at++) {
      const { messages, refusals } = frame([stream.subarray(0, at), stream.subarray(at)]);
      expect(messages).toEqual([MESSAGE, OPTIONS, MESSAGE]);
      expect(refusals).toEqual([]);
    }
  });

  it('cuts the same messages from single bytes and from any chunk size (RFC 3261 §18.3)', () => {
    for (let size = 1; size < 40; size++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      expect(frame(chunks).messages).toEqual([MESSAGE, OPTIONS, MESSAGE]);
    }
  });

  it('cuts real messages whatever the two chunks are', () => {
    for (const { name, bytes } of corpusMessages()) {
      const message = bytes.toString('latin1');
      const twice = Buffer.concat([bytes, bytes]);
      for (let at = 0; at <= twice.length; at++) {
        const { messages, refusals } = frame([twice.subarray(0, at), twice.subarray(at)]);
        expect(messages.length, `${name} split at ${at}`).toBe(2);
        expect(messages[0] === message && messages[1] === message).toBe(true);
        expect(refusals).toEqual([]);
      }
    }
  });

  it('tells what it has located, with which the parser comes to the same', () => {
    for (const { name, bytes } of corpusMessages()) {
      for (const at of [0, 1, bytes.indexOf('\r\n\r\n') + 4, bytes.length - 1]) {
        const parsed: SipMessage[] = [];
        const framer = new StreamFramer({
          onMessage: (cut, located) => parsed.push(whole(cut, located)),
          onRefused: () => expect.unreachable(),
        });
        for (const chunk of [bytes.subarray(0, at), bytes.subarray(at), bytes]) framer.push(chunk);
        expect(parsed.length, `${name} split at ${at}`).toBe(2);
        for (const one of parsed) {
          expect(Buffer.from(one.body).equals(whole(bytes).body)).toBe(true);
          expect(validateMessage(one)).toEqual(validateMessage(whole(bytes)));
          expect(Buffer.from(serializeMessage(one)).equals(bytes)).toBe(true);
        }
      }
    }
  });

  it('tells how many bytes wait for the rest of their message', () => {
    const framer = new StreamFramer({ onMessage: () => undefined, onRefused: () => undefined });
    const bytes = Buffer.from(OPTIONS);
    expect(framer.pendingBytes).toBe(0);
    framer.push(bytes.subarray(0, 30));
    expect(framer.pendingBytes).toBe(30);
    framer.push(bytes.subarray(30, 70));
    expect(framer.pendingBytes).toBe(70);
    framer.push(Buffer.concat([bytes.subarray(70), bytes.subarray(0, 10)]));
    expect(framer.pendingBytes).toBe(10);
    framer.push(bytes.subarray(10));
    expect(framer.pendingBytes).toBe(0);
    framer.push(Buffer.from('\r\n\r'));
    expect(framer.pendingBytes).toBe(3);
  });

  it('gives messages that the parser accepts as framed', () => {
    for (const message of frame([stream]).messages) {
      expect(parseMessage(Buffer.from(message, 'latin1'), { framed: true }).ok).toBe(true);
    }
  });

  it('tells pings from pongs (RFC 5626 §3.5.1)', () => {
    expect(frame(['\r\n\r\n']).keepAlives).toEqual(['ping']);
    expect(frame(['\r\n']).keepAlives).toEqual(['pong']);
    expect(frame(['\r', '\n\r', '\n']).keepAlives).toEqual(['ping']);
    expect(frame(['\r\n', '\r\n']).keepAlives).toEqual(['pong', 'pong']);
    expect(frame([`${OPTIONS}\r\n\r\n`]).keepAlives).toEqual(['ping']);
  });

  it('refuses a message without Content-Length and hears nothing more (RFC 3261 §18.3)', () => {
    const { messages, refusals } = frame([
      head('OPTIONS sip:b SIP/2.0', ...BASE, 'CSeq: 1 OPTIONS'),
      OPTIONS,
    ]);
    expect(messages).toEqual([]);
    expect(refusals.map((refusal) => refusal.code)).toEqual(['NO_CONTENT_LENGTH']);
  });

  it.each([
    '-1',
    'five',
    '+5',
    '0x10',
    '5.0',
    '1e3',
    '5 5',
    '4294967328',
    `1${'0'.repeat(30)}`,
    '0\r\nContent-Length: 1',
    '0\r\nl: 1',
    '',
  ])('refuses Content-Length: %j', (value) => {
    const text = head(
      'OPTIONS sip:b SIP/2.0',
      ...BASE,
      'CSeq: 1 OPTIONS',
      `Content-Length: ${value}`,
    );
    const { messages, refusals } = frame([text]);
    expect(messages).toEqual([]);
    expect(refusals).toHaveLength(1);
    const datagram = parseMessage(Buffer.from(text));
    expect(datagram.ok || datagram.refusal.status).toBe(400);
  });

  it('refuses what is larger than its bound, before it has it all', () => {
    const endless = `OPTIONS sip:b SIP/2.0\r\nSubject: ${'x'.repeat(3000)}`;
    expect(frame([endless], { headBytes: 2000 }).refusals[0]?.status).toBe(513);
    const large = head('MESSAGE sip:b SIP/2.0', ...BASE, 'CSeq: 1 MESSAGE', 'Content-Length: 9999');
    expect(frame([large], { messageBytes: 9000 }).refusals[0]?.code).toBe('MESSAGE_TOO_LARGE');
  });

  it('refuses a bare LF in the headers', () => {
    const text = OPTIONS.replace('Call-ID: c\r\n', 'Call-ID: c\n');
    expect(frame([text]).refusals).toHaveLength(1);
  });
});
