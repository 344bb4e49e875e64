import { SipRequest, SipResponse, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { isSentReliably } from './reliability.ts';
import { firstRSeq, isNextInOrder, rackOf, readRAck } from './rseq.ts';

const response = (status: number, rseq: string, require = '100rel'): SipResponse =>
  new SipResponse({
    status,
    headers: [
      ['CSeq', '3 INVITE'],
      ['RSeq', rseq],
      ['Require', require],
    ],
  });

describe('RSeq (RFC 3262 §7.1)', () => {
  it.each([
    [183, '776656', { rseq: 776_656, cseq: 3 }],
    [180, '2147483647', { rseq: 2_147_483_647, cseq: 3 }],
    [180, '2147483648', undefined],
    [180, '0', undefined],
    [180, '1x', undefined],
    [100, '1', undefined],
    [200, '1', undefined],
  ])('of a %i, %s', (status, rseq, expected) => {
    expect(rackOf(response(status, rseq))).toEqual(expected);
  });

  it('counts only where 100rel is required', () => {
    expect(rackOf(response(183, '1', 'timer'))).toBeUndefined();
  });

  it('goes up by one within an INVITE, and starts anywhere (RFC 3262 §4)', () => {
    expect(isNextInOrder(undefined, { rseq: 9, cseq: 1 })).toBe(true);
    const last = { rseq: 9, cseq: 1 };
    const taken = [8, 9, 10, 11].filter((rseq) => isNextInOrder(last, { rseq, cseq: 1 }));
    expect(taken).toEqual([10]);
    expect(isNextInOrder(last, { rseq: 4, cseq: 2 })).toBe(true);
  });

  it('starts in the lower half', () => {
    expect(firstRSeq({ float: () => 0 })).toBe(1);
    expect(firstRSeq({ float: () => 0.999_999 })).toBeLessThan(2 ** 30);
  });
});

describe('RAck (RFC 3262 §7.2)', () => {
  it.each([
    ['7 3 INVITE', { rseq: 7, cseq: 3 }],
    ['  7   3 INVITE ', { rseq: 7, cseq: 3 }],
    ['7 3 BYE', undefined],
    ['7 INVITE', undefined],
    ['99999999999 3 INVITE', undefined],
  ])('%s', (value, expected) => {
    const prack = new SipRequest({
      method: 'PRACK',
      uri: uri('sip:a'),
      headers: [['RAck', value]],
    });
    expect(readRAck(prack)).toEqual(expected);
  });
});

describe('whether a provisional is sent reliably', () => {
  const needs = { policy: 'supported', asked: undefined, described: false } as const;
  const peer = { supports: true, requires: false };
  it('follows the peer, the policy, the owner and the description, in this order', () => {
    expect([
      isSentReliably({ ...needs, peer: { supports: false, requires: false }, asked: true }),
      isSentReliably({ ...needs, peer, policy: 'never', asked: true }),
      isSentReliably({ ...needs, peer: { supports: true, requires: true }, asked: false }),
      isSentReliably({ ...needs, peer, policy: 'required', asked: false }),
      isSentReliably({ ...needs, peer, asked: true }),
      isSentReliably({ ...needs, peer, asked: false, described: true }),
      isSentReliably({ ...needs, peer, described: true }),
      isSentReliably({ ...needs, peer }),
    ]).toEqual([false, false, true, true, true, false, true, false]);
  });
});
