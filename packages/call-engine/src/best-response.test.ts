import { describe, expect, it } from 'vitest';
import { bestResponse, towardsCaller } from './best-response.ts';

const best = (...statuses: number[]): number =>
  bestResponse(statuses.map((status) => ({ status }))).status;

describe('the best response (RFC 3261 §16.7)', () => {
  it('is busy when every contact is busy', () => expect(best(486, 486)).toBe(486));
  it('is a 6xx before all others', () => expect(best(486, 603, 404)).toBe(603));
  it('is of the lowest class', () => expect(best(500, 404)).toBe(404));
  it('is busy where one is busy and others cannot be reached', () =>
    expect(best(480, 486, 503, 408)).toBe(486));
  it('is unavailable where none could be reached', () => expect(best(503, 408)).toBe(480));
  it('is unavailable where there was no contact', () => expect(best()).toBe(480));
  it('keeps the reason phrase of the one it is', () =>
    expect(bestResponse([{ status: 603, reason: 'Not Now' }])).toEqual({
      status: 603,
      reason: 'Not Now',
    }));

  it('of one leg keeps to itself what was meant for us', () => {
    const mapped = [302, 401, 407, 408, 487, 503, 404, 486, 488, 500, 604].map(
      (status) => towardsCaller({ status }).status,
    );
    expect(mapped).toEqual([480, 403, 403, 480, 480, 480, 404, 486, 488, 500, 604]);
  });
});
