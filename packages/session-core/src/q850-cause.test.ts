import { describe, expect, it } from 'vitest';
import { causeOfStatus, statusOfCause } from './q850-cause.ts';

describe('SIP statuses and Q.850 causes (RFC 3398)', () => {
  it.each([
    [404, 1],
    [480, 18],
    [486, 17],
    [600, 17],
    [503, 41],
    [200, 16],
    [302, 23],
    [499, 41],
    [699, 127],
  ])('gives %i the cause of its kind', (status, cause) => {
    expect(causeOfStatus(status)).toBe(cause);
  });

  it.each([
    [1, 404],
    [17, 486],
    [18, 408],
    [19, 480],
    [34, 503],
    [99, 500],
  ])('gives cause %i a status', (cause, status) => {
    expect(statusOfCause(cause)).toBe(status);
  });
});
