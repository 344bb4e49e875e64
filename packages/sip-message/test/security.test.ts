import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Limits, parseMessage, type SipMessage, validateMessage } from '../src/index.ts';

const MANDATORY = [
  'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
  'From: <sip:a@a.example>;tag=1',
  'To: <sip:b@b.example>',
  'Call-ID: c',
  'CSeq: 1 OPTIONS',
];

function options(lines: readonly string[], limits: Partial<Limits> = {}) {
  const text = ['OPTIONS sip:b@b.example SIP/2.0', ...lines, '', ''].join('\r\n');
  return parseMessage(Buffer.from(text, 'latin1'), { limits });
}

/** The code of the refusal, by the parser or by the validation. */
function verdict(lines: readonly string[], limits: Partial<Limits> = {}): string {
  const outcome = options(lines, limits);
  if (!outcome.ok) return outcome.refusal.code;
  return validateMessage(outcome.value)?.code ?? 'accepted';
}

function accepted(lines: readonly string[]): SipMessage {
  const outcome = options(lines);
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

describe('mandatory headers', () => {
  it('can be read where a Via below the topmost is malformed, and was refused', () => {
    const [via = '', ...others] = MANDATORY;
    const message = accepted([via, 'Via: SIP/2.0/UDP b.example;rport=50\x010', ...others]);
    expect(validateMessage(message)?.status).toBe(400);
    expect(message.via.branch).toBe('z9hG4bK1');
  });

  it('are each missed, for every subset, without an exception', () => {
    for (let subset = 0; subset < 2 ** MANDATORY.length; subset++) {
      const lines = MANDATORY.filter((_, i) => (subset & (1 << i)) !== 0);
      const isWhole = lines.length === MANDATORY.length;
      expect(verdict(lines)).toBe(isWhole ? 'accepted' : 'MISSING_HEADER');
    }
  });

  it.each(['Via', 'From', 'To', 'Call-ID', 'CSeq'])(
    'are refused when they are empty: %s',
    (name) => {
      const lines = MANDATORY.map((line) => (line.startsWith(`${name}:`) ? `${name}:` : line));
      const outcome = options(lines);
      expect(outcome.ok || outcome.refusal.status).toBe(400);
    },
  );

  it.each(['From: <sip:x@y>', 'Call-ID: d', 'CSeq: 2 OPTIONS'])('are refused twice: %s', (line) => {
    expect(verdict([...MANDATORY, line])).toBe('DUPLICATE_HEADER');
  });
});

describe('header names', () => {
  it('are the same header with space before the colon', () => {
    expect(accepted([...MANDATORY, 'X-Auth \t: v']).headers.raw('x-auth')).toEqual(['v']);
  });

  it.each(['X-Auth\x0b: v', 'X-Auth\0: v', 'X-Auth\xa0: v', ': v', 'X Auth: v', 'no colon'])(
    'are refused with another character: %j',
    (line) => {
      expect(verdict([...MANDATORY, line])).toBe('BAD_HEADER_NAME');
    },
  );

  it('are data whatever they are called', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
    const { headers } = accepted([...MANDATORY, ...names.map((name) => `${name}: x`)]);
    for (const name of names) expect(headers.get(name)).toEqual(['x']);
    expect(headers.get('valueOf')).toBeUndefined();
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('x');
  });
});

describe('line ends and NUL', () => {
  it.each(['Subject: a\nVia: x', 'Subject: a\rVia: x', 'Subject: a\r', 'Subject: a\0b'])(
    'are refused within a field: %j',
    (line) => {
      expect(options([...MANDATORY, line]).ok).toBe(false);
    },
  );
});

function fields(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `X-${i}: y`);
}

function vias(count: number): string[] {
  return Array.from({ length: count }, () => 'v: SIP/2.0/UDP x');
}

describe('limits', () => {
  it('hold at their bound and not beyond it', () => {
    expect(verdict([...MANDATORY, ...fields(251)])).toBe('accepted');
    expect(verdict([...MANDATORY, ...fields(252)])).toBe('TOO_MANY_HEADERS');
    expect(verdict([...vias(69), ...MANDATORY])).toBe('accepted');
    expect(verdict([...vias(70), ...MANDATORY])).toBe('TOO_MANY_VALUES');
    const contacts = `Contact: ${Array.from({ length: 129 }, () => '<sip:a>').join()}`;
    expect(verdict([...MANDATORY, contacts])).toBe('TOO_MANY_VALUES');
    expect(verdict([...MANDATORY, contacts], { values: 200 })).toBe('accepted');
    expect(verdict([...MANDATORY, `X: ${'y'.repeat(20_000)}`])).toBe('HEADER_TOO_LONG');
    expect(verdict(MANDATORY, { messageBytes: 100 })).toBe('MESSAGE_TOO_LARGE');
    expect(verdict(MANDATORY, { uriBytes: 5 })).toBe('URI_TOO_LONG');
  });

  it('are met quickly by values made to be slow', () => {
    const fillers = [
      '(',
      ';',
      ',',
      '<',
      '"',
      '\\',
      ' ',
      '%',
      ';a=',
      '"\\',
      '\\"',
      '<">',
      'a,',
      '\t',
    ];
    const names = [
      'Contact',
      'Via',
      'To',
      'Warning',
      'Authorization',
      'Retry-After',
      'Accept',
      'X',
    ];
    const start = process.cpuUsage();
    for (const filler of fillers) {
      const value = filler.repeat(Math.floor(60_000 / filler.length));
      for (const name of names) {
        verdict([...MANDATORY, `${name}: ${value}`], { headerBytes: 65_535 });
        verdict([...MANDATORY, `${name}: a${value}`], { headerBytes: 65_535 });
      }
    }
    const { user } = process.cpuUsage(start);
    expect(user / 1000 / (fillers.length * names.length * 2)).toBeLessThan(10);
  });

  it('never echo more than a few words of what was sent', () => {
    const outcome = options([...MANDATORY.slice(0, 4), `CSeq: 1 ${'A'.repeat(10_000)}@`]);
    expect(outcome.ok || outcome.refusal.message.length).toBeLessThan(200);
  });
});
