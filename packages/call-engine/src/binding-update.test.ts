import { SipUri, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { type BindingUpdate, type RegisterSource, updateBindings } from './binding-update.ts';
import type { Binding } from './location-store.ts';
import type { ContactUpdate, RegisterCommand } from './register-request.ts';

const received = { transport: 'udp', address: '192.0.2.7', port: 40_000 } as const;
const first: RegisterSource = { callId: 'one', cseq: 1, received };
const terms = { wall: 1_000_000, maxContacts: 3 };

function contact(text: string, expiresSeconds = 60): ContactUpdate {
  const parsed = uri(text);
  if (!(parsed instanceof SipUri)) throw new Error('a SIP URI is meant');
  return { uri: parsed, q: 1, expiresSeconds };
}

function update(...contacts: ContactUpdate[]): RegisterCommand {
  return { kind: 'update', contacts };
}

function bindingsOf(result: BindingUpdate): readonly Binding[] {
  if (!result.ok) throw new Error(`refused with ${result.refusal.status}`);
  return result.bindings;
}

const contactsOf = (result: BindingUpdate): string[] =>
  bindingsOf(result).map((binding) => binding.contact);

const two = bindingsOf(
  updateBindings(update(contact('sip:a@b'), contact('sip:c@d', 90)), first, [], terms),
);

describe('bindings (RFC 3261 §10.3)', () => {
  it('named twice in one request are one: the later stands', () => {
    const command = update(contact('sip:a@b', 60), contact('sip:a@b', 90));
    const result = bindingsOf(updateBindings(command, first, [], terms));
    expect(result.map(({ expiresAt }) => expiresAt)).toEqual([1_090_000]);
    const again = updateBindings(command, { ...first, cseq: 2 }, result, terms);
    expect(bindingsOf(again)).toHaveLength(1);
  });

  it('are added with the time they last and the way back to the phone', () => {
    expect(two.map(({ contact: text, expiresAt }) => [text, expiresAt])).toEqual([
      ['sip:a@b', 1_060_000],
      ['sip:c@d', 1_090_000],
    ]);
    expect(two[0]).toMatchObject({ callId: 'one', cseq: 1, received, updatedAt: 1_000_000 });
  });

  it('are refreshed by an equal URI, however it is spelled (RFC 3261 §19.1.4)', () => {
    const command = update(contact('sip:%61@B', 120));
    const after = updateBindings(command, { ...first, cseq: 2 }, two, terms);
    expect(contactsOf(after)).toEqual(['sip:c@d', 'sip:%61@B']);
  });

  it('are replaced by the same flow of the same phone, whatever its URI (RFC 5626 §6)', () => {
    const flow = (text: string, regId: number, instance = '<urn:uuid:1>') =>
      update({ ...contact(text), instance, regId });
    const one = bindingsOf(updateBindings(flow('sip:a@x.invalid', 1), first, [], terms));
    const again = { ...first, callId: 'two' };
    const next = (command: RegisterCommand) =>
      contactsOf(updateBindings(command, again, one, terms));
    expect(next(flow('sip:b@y.invalid', 1))).toEqual(['sip:b@y.invalid']);
    expect(next(flow('sip:a@x.invalid', 2))).toHaveLength(2);
    expect(next(flow('sip:b@y.invalid', 1, '<urn:uuid:2>'))).toHaveLength(2);
  });

  it('are removed one by one with 0 (RFC 3261 §10.2.2)', () =>
    expect(
      contactsOf(updateBindings(update(contact('sip:a@b', 0)), { ...first, cseq: 2 }, two, terms)),
    ).toEqual(['sip:c@d']));

  it('are left alone by the removal of what is not there', () =>
    expect(contactsOf(updateBindings(update(contact('sip:x@y', 0)), first, two, terms))).toEqual([
      'sip:a@b',
      'sip:c@d',
    ]));

  it.each([
    ['the same CSeq', 1],
    ['a lower CSeq', 0],
  ])('do not change by a REGISTER with %s, none of them', (_, cseq) => {
    const command = update(contact('sip:new@x'), contact('sip:a@b'));
    expect(updateBindings(command, { ...first, cseq }, two, terms)).toMatchObject({
      ok: false,
      refusal: { status: 500 },
    });
    expect(updateBindings({ kind: 'removeAll' }, { ...first, cseq }, two, terms).ok).toBe(false);
  });

  it('of another Call-ID may be removed with any CSeq', () => {
    const source = { ...first, callId: 'two', cseq: 0 };
    expect(contactsOf(updateBindings({ kind: 'removeAll' }, source, two, terms))).toEqual([]);
  });

  it('are not more than the limit, and then none is added', () => {
    const command = update(contact('sip:e@f'), contact('sip:g@h'));
    expect(updateBindings(command, first, two, terms)).toMatchObject({
      refusal: { status: 403 },
    });
  });

  it('fall out when their time is over', () => {
    const later = { ...terms, wall: 1_060_000 };
    expect(contactsOf(updateBindings({ kind: 'query' }, first, two, later))).toEqual(['sip:c@d']);
  });
});
