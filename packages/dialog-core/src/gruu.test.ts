import { Headers, NameAddr, parseUri, type Uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answerModeField, answerModeOf, judgeAnswerMode } from './answer-mode.ts';
import { preferContacts } from './caller-preferences.ts';
import { aorOfGruu, gruusOf, isGruu, matchesGruu } from './gruu.ts';

const read = (text: string): NameAddr => {
  const parsed = NameAddr.parse(text);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
};
const uri = (text: string): Uri => {
  const parsed = parseUri(text);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
};

describe('GRUU (RFC 5627)', () => {
  it('is taken from the Contact of a 2xx to REGISTER', () => {
    const contact = read(
      '<sip:c@192.0.2.1>;pub-gruu="sip:c@example.com;gr=urn:uuid:f81d";temp-gruu="sip:tgruu.7hs@example.com;gr"',
    );
    const { pub, temp } = gruusOf(contact);
    expect(String(pub)).toBe('sip:c@example.com;gr=urn:uuid:f81d');
    expect(temp === undefined ? false : isGruu(temp)).toBe(true);
    expect(gruusOf(read('<sip:c@h>;pub-gruu="mailto:x";temp-gruu="sip:no@gr"'))).toEqual({});
  });

  it('is matched by user, host and gr', () => {
    const gruu = uri('sip:c@example.com;gr=abc');
    expect(matchesGruu(uri('sip:c@EXAMPLE.com;gr=abc;transport=tcp'), gruu)).toBe(true);
    for (const other of [
      'sip:c@example.com',
      'sip:c@example.com;gr=ABC',
      'sip:d@example.com;gr=abc',
    ]) {
      expect(matchesGruu(uri(other), gruu)).toBe(false);
    }
    expect(isGruu(gruu) ? String(aorOfGruu(gruu)) : '').toBe('sip:c@example.com');
  });
});

describe('caller preferences (RFC 3840 §9, RFC 3841)', () => {
  const contacts = [
    '<sip:desk@h>;audio;mobility="fixed";methods="INVITE,BYE";+sip.instance="<urn:x>"',
    '<sip:cell@h>;audio;video;mobility="mobile";methods="INVITE,BYE,MESSAGE"',
    '<sip:mail@h>;automata;audio;priority="#<=5"',
    '<sip:plain@h>;q=0.9',
  ].map(read);
  const preferred = (...fields: [string, string][]): string[] =>
    preferContacts(contacts, { headers: new Headers(fields) }).map(
      ({ contact, score }) => `${'user' in contact.uri ? contact.uri.user : ''} ${score}`,
    );

  it('orders by the callee, then by how well they fit; contacts without features are immune', () => {
    expect(preferred(['Accept-Contact', '*;mobility="mobile";methods="MESSAGE"'])).toEqual([
      'cell 1',
      'desk 0',
      'mail 0',
      'plain 1',
    ]);
  });

  it('leaves out what does not have what is required', () => {
    expect(preferred(['Accept-Contact', '*;video;require;explicit'])).toEqual([
      'cell 1',
      'plain 1',
    ]);
    expect(preferred(['Accept-Contact', '*;mobility="fixed";require'])).toEqual([
      'desk 1',
      'mail 0',
      'plain 1',
    ]);
  });

  it('leaves out what is rejected, but not what does not say', () => {
    expect(preferred(['Reject-Contact', '*;automata'])).toEqual(['desk 1', 'cell 1', 'plain 1']);
    expect(preferred(['Reject-Contact', '*;mobility="!fixed"'])).toEqual([
      'desk 1',
      'mail 1',
      'plain 1',
    ]);
  });

  it.each([
    ['#>=4', 1],
    ['#>=6', 0],
    ['#2:3', 1],
    ['#=5', 1],
    ['high', 0],
  ])('compares numbers: %s', (priority, score) => {
    const [mail] = preferContacts(contacts.slice(2, 3), {
      headers: new Headers([['Accept-Contact', `*;priority="${priority}"`]]),
    });
    expect(mail?.score).toBe(score);
  });
});

describe('answer mode (RFC 5373)', () => {
  it('is read, judged and written', () => {
    const headers = new Headers([['Answer-Mode', 'Auto;require']]);
    const wish = answerModeOf(headers);
    expect(wish).toEqual({ mode: 'auto', isRequired: true, isPrivileged: false });
    expect([true, false].map((may) => judgeAnswerMode(wish, may))).toEqual(['auto', 403]);
    expect(judgeAnswerMode(undefined, true)).toBe('manual');
    if (wish === undefined) return;
    expect(new Headers([answerModeField(wish)]).raw('Answer-Mode')).toEqual(['Auto;require']);
    expect(judgeAnswerMode({ ...wish, isRequired: false }, false)).toBe('manual');
    const both = new Headers([
      ['Answer-Mode', 'Manual'],
      ['Priv-Answer-Mode', 'Auto'],
    ]);
    expect(answerModeOf(both)).toMatchObject({ mode: 'auto', isPrivileged: true });
    expect(answerModeOf(new Headers([['Answer-Mode', 'Whatever']]))).toBeUndefined();
  });
});
