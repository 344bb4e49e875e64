import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  Headers,
  type HeaderTypes,
  parseMessage,
  type Refusal,
  refusalResponse,
  type SipMessage,
  SipUri,
  StreamFramer,
  uri,
  validateMessage,
} from '../src/index.ts';
import { type Case, conformanceCases } from './conformance.ts';

const CASES = new Map(conformanceCases('rfc4475').map((each) => [each.item.name, each]));
const NIST = conformanceCases('nist_torture');

/** Where the layers above the parser refuse: what the status is there. */
const ABOVE = new Set(['intmeth', 'esc02', 'unkscm', 'novelsc', 'unksm2', 'bext01', 'invut']);

function bytesOf(name: string): Buffer | undefined {
  return CASES.get(name)?.bytes;
}

/** What the message of this name says; nothing where the suite is absent. */
function message(name: string, check: (given: SipMessage) => void): void {
  const bytes = bytesOf(name);
  if (bytes === undefined) return;
  const outcome = parseMessage(bytes);
  if (!outcome.ok) throw new Error(`${name}: ${outcome.refusal.message}`);
  check(outcome.value);
}

function refusalOf(bytes: Uint8Array): Refusal | undefined {
  const outcome = parseMessage(bytes);
  return outcome.ok ? validateMessage(outcome.value) : outcome.refusal;
}

function userOf(target: unknown): string | undefined {
  return target instanceof SipUri ? target.user : undefined;
}

describe('RFC 4475: what a message of the suite says', () => {
  it('are forty-nine messages, and each is told of in its index', () => {
    if (CASES.size === 0) return;
    expect(CASES.size).toBe(49);
    expect(NIST.length).toBe(208);
  });

  it('wsinv: folds, empty values, lists and unknown headers', () => {
    message('wsinv', (given) => {
      const { headers } = given;
      expect(headers.get('max-forwards')).toBe(68);
      expect(given.cseq).toEqual({ number: 9, method: 'INVITE' });
      expect([given.toTag, given.fromTag]).toEqual(['1918181833n', '98asjd8']);
      expect(headers.get('via')?.map(({ transport, branch }) => `${transport} ${branch}`)).toEqual([
        'UDP 390skdjuw',
        'TCP z9hG4bK9ikj8',
        'UDP z9hG4bK30239',
      ]);
      expect(headers.get('subject')).toBe('');
      expect(headers.get('unknownheaderwithunusualvalue')).toEqual([';;,,;;,;']);
      const contact = headers.get('contact');
      const params = contact === '*' ? undefined : contact?.[0]?.params;
      expect(params?.get('q')).toBe('0.33');
      expect(params?.get('newparam')).toBe('newvalue');
      expect(params?.get('secondparam')).toBe('');
    });
  });

  it('esc01, esc02, escnull: one escape is undone once, and only where it is one', () => {
    message('esc01', ({ to, headers }) => {
      expect(userOf(to.uri)).toBe('user');
      const contact = headers.get('contact');
      const target = contact === '*' ? undefined : contact?.[0]?.uri;
      expect(target !== undefined && 'params' in target && target.params.get('name')).toBe(
        'value%41',
      );
    });
    message('esc02', (given) => {
      expect(given.kind === 'request' && given.method).toBe('RE%47IST%45R');
      expect(given.from.displayName).toBe('%Z%45');
      expect(given.headers.get('contact')).toHaveLength(2);
    });
    message('escnull', ({ from, headers }) => {
      expect(userOf(from.uri)).toBe('null-\0-null');
      const contacts = headers.get('contact');
      if (contacts === undefined || contacts === '*') throw new Error('no contacts');
      const [one, two] = contacts;
      expect(one !== undefined && two?.uri.equals(one.uri)).toBe(false);
    });
  });

  it('semiuri, transports, longreq, inv2543, unreason, noreason', () => {
    message('semiuri', (given) => {
      if (given.kind === 'response' || !(given.uri instanceof SipUri)) throw new Error('no URI');
      expect(given.uri.user).toBe('user;par=u@example.net');
      expect(given.uri.host).toBe('example.com');
      expect(given.uri.params.size).toBe(0);
    });
    message('transports', ({ headers }) => {
      const transports = headers.get('via')?.map(({ transport }) => transport);
      expect(transports).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP']);
    });
    message('longreq', ({ fromTag, callId }) => {
      expect(fromTag?.length).toBeGreaterThan(100);
      expect(callId.length).toBeGreaterThan(100);
    });
    message('inv2543', (given) => expect(given.body.length).toBeGreaterThan(50));
    message('unreason', (given) => {
      expect(given.kind === 'response' && given.reason).toContain('= 2**3 * 5**2');
    });
    message('noreason', (given) => expect(given.kind === 'response' && given.reason).toBe(''));
  });

  it('cparam01, cparam02, regescrt: parameters and headers stay where they were', () => {
    const first = ({ headers }: SipMessage) => {
      const contact = headers.get('contact');
      if (contact === undefined || contact === '*' || contact[0] === undefined)
        throw new Error('none');
      return contact[0];
    };
    message('cparam01', (given) => expect(first(given).params.has('unknownparam')).toBe(true));
    message('cparam02', (given) => {
      const { uri: target, params } = first(given);
      expect(params.has('unknownparam')).toBe(false);
      expect('params' in target && target.params.has('unknownparam')).toBe(true);
    });
    message('regescrt', (given) => {
      const { uri: target } = first(given);
      expect('headers' in target && target.headers[0]).toEqual(['Route', '<sip:sip.example.com>']);
    });
  });

  it('have the status that the suite names, where the parser or the validation refuses', () => {
    for (const { item, bytes } of CASES.values()) {
      const refusal = refusalOf(bytes);
      if (refusal === undefined) continue;
      const expected = statusesOf(item);
      const isResponse = bytes.toString('latin1').startsWith('SIP/2.0');
      if (isResponse) expect(expected).toContain('drop');
      else expect(expected, item.name).toContain(refusal.status);
      const answer = refusalResponse(bytes, refusal);
      if (isResponse) expect(answer).toBeUndefined();
      else if (answer !== undefined) expect(answer.status).toBe(refusal.status);
    }
  });

  it('are accepted where only a layer above can judge them', () => {
    for (const name of ABOVE)
      message(name, (given) => expect(validateMessage(given)).toBeUndefined());
  });

  it('dblreq is two requests on a stream; ncl, mcl01 and clerr are the end of one', () => {
    const told = (name: string) => {
      const events: string[] = [];
      const framer = new StreamFramer({
        onMessage: () => events.push('message'),
        onRefused: ({ status }) => events.push(`refused ${status}`),
      });
      const bytes = bytesOf(name);
      if (bytes !== undefined) framer.push(bytes);
      return bytes === undefined ? undefined : events;
    };
    if (CASES.size === 0) return;
    expect(told('dblreq')?.slice(0, 2)).toEqual(['message', 'message']);
    expect(told('ncl')).toEqual(['refused 400']);
    expect(told('mcl01')).toEqual(['refused 400']);
    // It waits for the rest, which the transport bounds by time.
    expect(told('clerr')).toEqual([]);
  });
});

function statusesOf(item: Case): readonly unknown[] {
  return 'expected_status' in item && Array.isArray(item.expected_status)
    ? item.expected_status
    : [];
}

describe('NIST: headers and URIs that stand alone', () => {
  it('are accepted, and say what they say', () => {
    for (const { item, bytes } of NIST) {
      const text = bytes.toString('latin1').trim();
      if (item.kind === 'sip-url') expect(String(uri(text))).toBe(text);
      if (item.kind !== 'sip-header') continue;
      const colon = text.indexOf(':');
      const name = text.slice(0, colon).toLowerCase() as keyof HeaderTypes;
      const value = text.slice(colon + 1).replaceAll(/\n\s*/g, ' ');
      expect(new Headers([[name, value]]).get(name), text).toBeDefined();
    }
  });
});
