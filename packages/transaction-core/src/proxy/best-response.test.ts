import { createResponse, SipRequest, type SipResponse, uri } from '@strowger/sip-message';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestResponse, furtherChallenges } from './best-response.ts';

const request = new SipRequest({ method: 'INVITE', uri: uri('sip:bob@biloxi.example') });
const answer = (status: number, ...challenges: string[]): SipResponse =>
  createResponse(request, status, {
    headers: challenges.map((realm): [string, string] => [
      status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate',
      `Digest realm="${realm}", nonce="n"`,
    ]),
  });
const finals = fc.array(
  fc.integer({ min: 300, max: 699 }).map((status) => answer(status)),
  {
    minLength: 1,
    maxLength: 12,
  },
);
const bestOf = (...statuses: number[]) => bestResponse(statuses.map((one) => answer(one)))?.status;

describe('the best response (RFC 3261 §16.7 step 6)', () => {
  it.each([
    ['a 6xx before everything', [200 + 102, 486, 603], 603],
    ['the lowest class', [503, 486, 302], 302],
    ['what says how to ask again', [486, 404, 407], 407],
    ['401 before 407', [407, 401], 401],
    ['what somebody decided, not who was absent', [480, 408, 486, 404], 486],
    ['a busy phone before one that was cancelled', [487, 486], 486],
    ['408 where nothing else came', [408], 408],
  ])('is %s', (_, statuses, best) => {
    expect(bestOf(...statuses)).toBe(best);
  });

  it('is none of nothing', () => {
    expect(bestResponse([])).toBeUndefined();
  });

  it('is one of them, and of the class that goes first, whatever they are', () => {
    fc.assert(
      fc.property(finals, (all) => {
        const best = bestResponse(all);
        expect(all).toContain(best);
        const statuses = all.map(({ status }) => status);
        const classes = statuses.map((status) => Math.floor(status / 100));
        const first = classes.includes(6) ? 6 : Math.min(...classes);
        expect(Math.floor((best?.status ?? 0) / 100)).toBe(first);
      }),
    );
  });

  it('does not depend on who was faster', () => {
    fc.assert(
      fc.property(finals, fc.infiniteStream(fc.double({ noNaN: true })), (all, chance) => {
        const keys = new Map(all.map((one) => [one, chance.next().value as number]));
        const shuffled = all.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
        expect(bestResponse(shuffled)?.status).toBe(bestResponse(all)?.status);
      }),
    );
  });

  it('does not get worse by one more response', () => {
    fc.assert(
      fc.property(finals, fc.integer({ min: 300, max: 699 }), (all, status) => {
        const before = bestResponse(all);
        const after = bestResponse([...all, answer(status)]);
        expect([before?.status, status]).toContain(after?.status);
      }),
    );
  });
});

describe('the challenges of all branches (RFC 3261 §16.7 step 7)', () => {
  it('go with a 401 or 407, those of the best apart', () => {
    const all = [answer(407, 'a', 'b'), answer(401, 'c'), answer(486), answer(407, 'd')];
    const best = bestResponse(all) ?? answer(500);
    expect(best.status).toBe(401);
    const realms = furtherChallenges(best, all).map(
      ([name, value]) => `${name} ${/realm="(\w)"/.exec(value)?.[1]}`,
    );
    expect(realms).toEqual([
      'Proxy-Authenticate a',
      'Proxy-Authenticate b',
      'Proxy-Authenticate d',
    ]);
  });

  it('stay away from everything else', () => {
    const all = [answer(603), answer(401, 'c')];
    expect(furtherChallenges(bestResponse(all) ?? answer(500), all)).toEqual([]);
  });
});
