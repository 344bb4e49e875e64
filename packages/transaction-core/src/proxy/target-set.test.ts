import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProxyTarget } from './proxy-options.ts';
import { redirectTargets, targetGroups, targetKey } from './target-set.ts';

const target = (name: string, q?: number): ProxyTarget => ({
  uri: uri(`sip:${name}@host`),
  ...(q === undefined ? {} : { q }),
});
const groups = (targets: ProxyTarget[], more = {}) =>
  targetGroups(targets, { tried: [], breadth: 60, atMost: 30, ...more }).map((group) =>
    group.map(({ uri: one }) => ('user' in one ? one.user : '')),
  );

describe('the target set (RFC 3261 §16.5, §16.6)', () => {
  it('is tried by preference, equals at once, in the order given', () => {
    const all = [target('a', 0.5), target('b'), target('c', 0.5), target('d', 1)];
    expect(groups(all)).toEqual([
      ['b', 'd'],
      ['a', 'c'],
    ]);
  });

  it('has every URI once, and none that was tried', () => {
    const tried = [targetKey(target('b'))];
    expect(groups([target('a'), target('b'), target('a', 0.1)], { tried })).toEqual([['a']]);
  });

  it('takes the flows of one URI for several targets (RFC 5626)', () => {
    const flow = (name: string): ProxyTarget => ({
      ...target('a'),
      hops: [{ transport: 'tcp', address: '192.0.2.1', port: 5060, flow: name }],
    });
    expect(groups([flow('one'), flow('two'), flow('one')])).toEqual([['a', 'a']]);
  });

  it('never has more at once than the breadth allows (RFC 5393), nor more than the limit', () => {
    const many = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1 }));
    fc.assert(
      fc.property(many, fc.integer({ min: 1, max: 5 }), fc.nat(20), (names, breadth, atMost) => {
        const made = groups(
          names.map((name) => target(name)),
          { breadth, atMost },
        );
        expect(made.every((group) => group.length > 0 && group.length <= breadth)).toBe(true);
        expect(made.flat()).toEqual(names.slice(0, atMost));
      }),
    );
  });
});

describe('the contacts of a 3xx', () => {
  const request = new SipRequest({ method: 'INVITE', uri: uri('sip:bob@biloxi.example') });
  it.each([
    ['<sip:a@h>;q=0.7', [['sip:a@h', 0.7]]],
    ['<sip:a@h;method=BYE?Subject=x>', [['sip:a@h', 1]]],
    [
      '<sip:a@h>;q=7, <mailto:a@h>, <sip:b@h>;q=1.000',
      [
        ['sip:a@h', 1],
        ['sip:b@h', 1],
      ],
    ],
  ])('%s', (contact, expected) => {
    const response = createResponse(request, 302, { headers: [['Contact', contact]] });
    const found = redirectTargets(response).map(({ uri: one, q }) => [one.toString(), q]);
    expect(found).toEqual(expected);
  });

  it('are none where there are none', () => {
    expect(redirectTargets(createResponse(request, 302))).toEqual([]);
    const all = createResponse(request, 302, { headers: [['Contact', '*']] });
    expect(redirectTargets(all)).toEqual([]);
  });
});
