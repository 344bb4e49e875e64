import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Limits, parseMessage, type Refusal, validateMessage } from '../src/index.ts';

const VIA = 'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1';
const FROM = 'From: <sip:a@a.example>;tag=1';
const REST = ['To: <sip:b@b.example>', 'Call-ID: c', 'CSeq: 1 OPTIONS'];
const START = 'OPTIONS sip:b@b.example SIP/2.0';

/** What is refused and where: the octet behind the mark is the wrong one. */
const MARK = '¦';

function whole(...lines: string[]): string {
  return [START, VIA, FROM, ...REST, ...lines, '', ''].join('\r\n');
}

function instead(start: string, ...lines: string[]): string {
  return [start, ...lines, '', ''].join('\r\n');
}

function refusalOf(bytes: Uint8Array, limits: Partial<Limits> = {}): Refusal {
  const outcome = parseMessage(bytes, { limits });
  const refusal = outcome.ok ? validateMessage(outcome.value, 'all') : outcome.refusal;
  if (refusal === undefined) throw new Error('it was accepted');
  return refusal;
}

const TABLE: [code: string, status: number, text: string][] = [
  ['BAD_START_LINE', 400, instead(`${MARK}OPTIONS sip:b`, VIA, FROM, ...REST)],
  ['BAD_START_LINE', 400, instead(`\r\n\r\n${MARK}OPT\xffIONS sip:b SIP/2.0`, VIA)],
  ['BAD_START_LINE', 400, instead(`SIP/2.0 ${MARK}099 x`, VIA, FROM, ...REST)],
  ['BAD_START_LINE', 400, instead(`SIP/2.0 ${MARK}700 x`, VIA, FROM, ...REST)],
  ['BAD_START_LINE', 400, instead(`${MARK}SIP/3.0 200 OK`, VIA, FROM, ...REST)],
  ['BAD_VERSION', 505, instead(`OPTIONS sip:b ${MARK}SIP/7.0`, VIA, FROM, ...REST)],
  ['BAD_URI', 400, instead(`OPTIONS ${MARK}<sip:b> SIP/2.0`, VIA, FROM, ...REST)],
  ['BAD_URI', 400, instead(`OPTIONS sip:b@b;x${MARK} y SIP/2.0`, VIA, FROM, ...REST)],
  ['BAD_URI', 400, instead(`OPTIONS sip:%41@b${MARK}"x SIP/2.0`, VIA)],
  ['BAD_URI', 400, instead(`OPTIONS sip:b@b:${MARK}65536 SIP/2.0`, VIA, FROM, ...REST)],
  ['BAD_URI', 400, instead(`OPTIONS sip:b@b${MARK}?a=b SIP/2.0`, VIA, FROM, ...REST)],
  ['BAD_URI', 400, instead(`OPTIONS urn:a${MARK}"b SIP/2.0`, VIA, FROM, ...REST)],
  ['BAD_URI', 400, instead(`OPTIONS tel:+1;a=b;${MARK}=c SIP/2.0`, VIA, FROM, ...REST)],
  ['UNTERMINATED', 400, `${START}\r\n${VIA}\r\n${MARK}`],
  ['BARE_CR_OR_LF', 400, whole(`Subject: a${MARK}\nb`)],
  ['BARE_CR_OR_LF', 400, whole(`Subject: a${MARK}\rb`)],
  ['NUL', 400, whole(`Subject: a${MARK}\0b`)],
  ['BAD_HEADER_NAME', 400, whole(`X-Auth${MARK}\x0b: v`)],
  ['BAD_HEADER_NAME', 400, whole(`X-Auth ${MARK}v: v`)],
  ['BAD_HEADER_NAME', 400, whole(`${MARK}: v`)],
  ['MISSING_HEADER', 400, MARK + instead(START, VIA, FROM)],
  ['DUPLICATE_HEADER', 400, whole(`t: ${MARK}<sip:x@y>`)],
  ['DUPLICATE_HEADER', 400, whole('l: 0', `Content-Length: ${MARK}0`)],
  ['BAD_VIA', 400, instead(START, `Via: ${MARK}HTTP/1.1 x`, FROM, ...REST)],
  ['BAD_VIA', 400, instead(START, `Via: SIP/2.0/UDP ${MARK}a b:x`, FROM, ...REST)],
  ['BAD_PARAM', 400, instead(START, `Via: SIP/2.0/UDP a;${MARK};b`, FROM, ...REST)],
  ['DUPLICATE_PARAM', 400, instead(START, VIA, `From: <sip:a@a>;tag=1;${MARK}TAG=2`, ...REST)],
  ['BAD_QUOTES', 400, instead(START, VIA, `From: ${MARK}"a <sip:a@a>;tag=1`, ...REST)],
  ['BAD_ADDRESS', 400, instead(START, VIA, `From: Alice <${MARK}sip:a@a`, ...REST)],
  ['BAD_CALL_ID', 400, whole().replace('Call-ID: c', `Call-ID: a@${MARK}`)],
  ['BAD_CSEQ', 400, whole().replace('CSeq: 1', `CSeq: ${MARK}2147483648`)],
  ['BAD_CSEQ', 400, whole().replace('1 OPTIONS', `1 ${MARK}@`)],
  ['METHOD_MISMATCH', 400, whole().replace('1 OPTIONS', `${MARK}1 INVITE`)],
  ['BAD_NUMBER', 400, whole(`Content-Length: ${MARK}-1`)],
  ['BAD_HEADER', 400, whole(`Max-Forwards: 70${MARK}x`)],
  ['BAD_NUMBER', 400, whole(`Max-Forwards: ${MARK}256`)],
  ['BAD_BODY_LENGTH', 400, `${whole('Content-Length: 9')}${MARK}short`],
  ['BAD_MEDIA_TYPE', 400, whole(`Content-Type: text${MARK}`)],
  ['BAD_DATE', 400, whole(`Date: ${MARK}yesterday`)],
  ['BAD_WARNING', 400, whole(`Warning: ${MARK}399 x`)],
  ['BAD_COMMENT', 400, whole(`Retry-After: 1 ((x)${MARK}`)],
  ['BAD_REASON', 400, whole(`Reason: SIP;cause=x${MARK}`)],
  ['EMPTY_HEADER', 400, whole(`Contact: ${MARK}`)],
  ['BAD_CONTACT', 400, whole(`Contact: ${MARK}*`, 'm: <sip:a@b>')],
  ['BAD_AUTH', 400, whole(`Authorization: Digest ${MARK}realm`)],
  ['BAD_TOKEN', 400, whole(`Require: a,${MARK},b`)],
  ['BAD_DIALOG_REFERENCE', 400, whole(`Replaces: a@b${MARK};to-tag=1`)],
  ['BAD_SESSION_ID', 400, whole(`Session-ID: ${MARK}abc`)],
  ['BAD_NUMBER', 400, whole(`RAck: 1 ${MARK}x INVITE`)],
  // Folded and non-ASCII values are read as text, and their faults found again in the packet.
  ['BAD_TOKEN', 400, whole(`Require: a,\r\n  b,  \r\n\t${MARK},c`)],
  ['BAD_HEADER', 400, whole(`Max-Forwards:\r\n 70  \r\n ${MARK}x`)],
  ['BAD_ADDRESS', 400, whole(`Contact: "\xc3\xa9\xf0\x9f\x98\x80" ${MARK}sip:a@b`)],
  ['DUPLICATE_PARAM', 400, whole(`Contact: "\xc3\xa9" <sip:a@b>\r\n ;x=1;${MARK}X`)],
];

describe('a refusal', () => {
  it.each(TABLE)('says what is wrong and where: %s %s %j', (code, status, text) => {
    const refusal = refusalOf(Buffer.from(text.replace(MARK, ''), 'latin1'));
    expect({ code: refusal.code, status: refusal.status, at: refusal.at }).toEqual({
      code,
      status,
      at: text.indexOf(MARK),
    });
    expect(refusal.section).toMatch(/^RFC \d{4} §\d/);
    expect(refusal.message).toMatch(/^[A-Za-z*].{8,}[^.]$/);
  });

  it.each<[string, number, Partial<Limits>, number]>([
    ['MESSAGE_TOO_LARGE', 513, { messageBytes: 100 }, 0],
    ['HEADER_TOO_LONG', 513, { headBytes: 100 }, START.length + 2 + VIA.length + 2],
    ['HEADER_TOO_LONG', 400, { headerBytes: 30 }, START.length + 2],
    ['TOO_MANY_HEADERS', 400, { headers: 1 }, START.length + 2 + VIA.length + 2],
    ['URI_TOO_LONG', 414, { uriBytes: 10 }, 'OPTIONS '.length],
  ])('%s has the status of its limit: %s %j', (code, status, limits, at) => {
    expect(refusalOf(Buffer.from(whole()), limits)).toMatchObject({ code, status, at });
  });

  it.each<[string, Partial<Limits>]>([
    ['Route: <sip:a>, <sip:b>', { values: 1 }],
    ['v: SIP/2.0/UDP x, SIP/2.0/UDP y', { vias: 2 }],
  ])('tells of too many values with 400: %s', (line, limits) => {
    const refusal = refusalOf(Buffer.from(whole(line)), limits);
    expect(refusal).toMatchObject({ code: 'TOO_MANY_VALUES', status: 400 });
  });

  it('of an unknown method with another CSeq has 501 (RFC 4475 §3.1.2.18)', () => {
    const text = whole().replace('OPTIONS sip', 'NEWMETHOD sip');
    expect(refusalOf(Buffer.from(text))).toMatchObject({ code: 'METHOD_MISMATCH', status: 501 });
  });
});
