import { Buffer } from 'node:buffer';
import {
  builtMessages,
  chunked,
  headerFields,
  mutated,
  nameAddresses,
  uris,
  viaValues,
  wireMessages,
} from '@strowger/testkit/arbitraries';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createResponse,
  NameAddr,
  parseMessage,
  parseUri,
  type SipMessage,
  serializeMessage,
  StreamFramer,
  validateMessage,
  Via,
} from '../src/index.ts';

/** What the framer makes of these chunks, in order: messages, keep-alives and the refusal. */
function framed(chunks: readonly Uint8Array[]): string[] {
  const told: string[] = [];
  const framer = new StreamFramer({
    onMessage: (bytes) => told.push(latin1(bytes)),
    onRefused: ({ code }) => told.push(`refused ${code}`),
  });
  for (const chunk of chunks) framer.push(chunk);
  return told;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function parsed(bytes: Uint8Array, isFramed: boolean): SipMessage {
  const outcome = parseMessage(bytes, { framed: isFramed });
  if (outcome.ok) return outcome.value;
  throw new Error(`${outcome.refusal.message} at ${outcome.refusal.at}:\n${latin1(bytes)}`);
}

/** All that a message says, in a form that can be compared. */
function said(message: SipMessage) {
  return {
    start:
      message.kind === 'request'
        ? [message.method, String(message.uri)]
        : [message.status, message.reason],
    headers: [...message.headers.entries()].filter(([name]) => name !== 'Content-Length'),
    keys: [message.branch, message.callId, message.fromTag, message.toTag, message.cseq],
    body: latin1(message.body),
  };
}

describe('a message of the grammar', () => {
  it('is accepted, valid, and goes out byte for byte', () => {
    const property = fc.property(wireMessages(), (bytes) => {
      const message = parsed(bytes, true);
      expect(validateMessage(message)).toBeUndefined();
      expect(latin1(serializeMessage(message))).toBe(latin1(bytes));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('is accepted as a datagram without Content-Length', () => {
    const property = fc.property(wireMessages({ contentLength: false }), (bytes) => {
      expect(parseMessage(bytes, { framed: true }).ok).toBe(false);
      const sent = serializeMessage(parsed(bytes, false));
      expect(said(parsed(sent, true))).toEqual(said(parsed(bytes, false)));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('gets an answer that is a message, whose To is its own with our tag', () => {
    const property = fc.property(wireMessages(), (bytes) => {
      const request = parsed(bytes, true);
      fc.pre(request.kind === 'request');
      const answer = createResponse(request, 200, { toTag: 'ours' });
      const { to, branch, callId, cseq } = parsed(serializeMessage(answer), true);
      expect([branch, callId, cseq]).toEqual([request.branch, request.callId, request.cseq]);
      const tag = request.toTag ?? 'ours';
      expect([...to.params]).toEqual([...request.to.withTag(tag).params]);
      expect([String(to.uri), to.displayName, to.tag]).toEqual([
        String(request.to.uri),
        request.to.displayName,
        tag,
      ]);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('keeps every other header as it stands when one is changed', () => {
    const property = fc.property(wireMessages(), (bytes) => {
      const message = parsed(bytes, true);
      const before = [...message.headers.entries()];
      message.headers.append('X-Added-Here', 'yes');
      const lines = latin1(serializeMessage(message)).replace('X-Added-Here: yes\r\n', '');
      expect(lines).toBe(latin1(bytes));
      const again = parsed(serializeMessage(message), true);
      expect([...again.headers.entries()]).toEqual([...before, ['X-Added-Here', 'yes']]);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('has header fields that are read as their grammar says', () => {
    const property = fc.property(headerFields(), (line) => {
      const base = ['Via: SIP/2.0/UDP a', 'From: <sip:a@a>', 'To: <sip:b@b>', 'CSeq: 1 A'];
      const text = `A sip:b SIP/2.0\r\n${base.join('\r\n')}\r\nCall-ID: c\r\n${line}\r\n`;
      const message = parsed(Buffer.from(text, 'utf8'), false);
      expect(validateMessage(message), line).toBeUndefined();
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('a message that was built', () => {
  it('says the same when it is parsed again', () => {
    const property = fc.property(builtMessages(), (message) => {
      expect(said(parsed(serializeMessage(message), true))).toEqual(said(message));
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('a value of the grammar', () => {
  it('is a URI that is printed as it came and equals itself', () => {
    const property = fc.property(uris(), (text) => {
      const outcome = parseUri(text);
      if (!outcome.ok) throw new Error(`${text}: ${outcome.refusal.message}`);
      expect(String(outcome.value)).toBe(text);
      const again = parseUri(text);
      expect(again.ok && outcome.value.equals(again.value)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('is an address or a Via that survives being printed', () => {
    const readers = { address: NameAddr.parse, via: Via.parse };
    const both = fc.oneof(
      nameAddresses().map((text) => ['address', text] as const),
      viaValues().map((text) => ['via', text] as const),
    );
    const property = fc.property(both, ([kind, text]) => {
      const first = readers[kind](text);
      if (!first.ok) throw new Error(`${text}: ${first.refusal.message}`);
      const second = readers[kind](String(first.value));
      if (!second.ok) throw new Error(`${String(first.value)}: ${second.refusal.message}`);
      expect(String(second.value)).toBe(String(first.value));
      expect([...second.value.params]).toEqual([...first.value.params]);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('a message with faults', () => {
  const faulty = mutated(wireMessages());

  it('never throws, whatever is asked of it, and what is accepted goes out as it came', () => {
    const property = fc.property(faulty, (bytes) => {
      const outcome = parseMessage(bytes, { framed: true });
      if (!outcome.ok) {
        expect(outcome.refusal.status).toBeGreaterThanOrEqual(400);
        expect(outcome.refusal.at).toBeLessThanOrEqual(bytes.length);
        return;
      }
      const message = outcome.value;
      validateMessage(message);
      for (const name of message.headers.names()) String(message.headers.get(name));
      const leading = /^(?:\r\n)*/.exec(latin1(bytes))?.[0].length ?? 0;
      expect(latin1(serializeMessage(message))).toBe(latin1(bytes.subarray(leading)));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('is the same to framer and parser, whichever of them accepts it', () => {
    const property = fc.property(faulty, (bytes) => {
      const told = framed([bytes]);
      const whole = parseMessage(bytes, { framed: true });
      const text = latin1(bytes).replace(/^(?:\r\n)*/, '');
      if (whole.ok) expect(told).toEqual([text]);
      for (const message of told.filter((one) => !one.startsWith('refused '))) {
        const alone = parseMessage(Buffer.from(message, 'latin1'), { framed: true });
        // the framer measures, the parser reads: they must not differ about where a message ends
        const lengths = ['BAD_BODY_LENGTH', 'NO_CONTENT_LENGTH', 'UNTERMINATED', 'BARE_CR_OR_LF'];
        expect(alone.ok || !lengths.includes(alone.refusal.code)).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('is cut alike however the bytes arrive', () => {
    const cut = faulty.chain((bytes) => fc.tuple(fc.constant(bytes), chunked(bytes)));
    const property = fc.property(cut, ([bytes, chunks]) => {
      const whole = framed([bytes]);
      expect(framed(chunks)).toEqual(whole);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('a stream', () => {
  it('gives the same messages for any chunks, with keep-alives between them', () => {
    const between = fc.constantFrom('', '', '\r\n', '\r\n\r\n', '\r\n\r\n\r\n\r\n');
    const parts = fc.array(fc.tuple(between, wireMessages()), { minLength: 1, maxLength: 4 });
    const stream = parts.chain((list) => {
      const whole = Buffer.concat(list.flatMap(([gap, bytes]) => [Buffer.from(gap), bytes]));
      return fc.tuple(fc.constant(list.map(([, bytes]) => latin1(bytes))), chunked(whole));
    });
    const property = fc.property(stream, ([messages, chunks]) => {
      expect(framed(chunks)).toEqual(messages);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
