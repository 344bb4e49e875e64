import { StrowgerError } from '@strowger/runtime';
import type { EndReason } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodeOfError, exitCodeOfStatus } from './exit-code.ts';

const facts = { by: 'remote', status: 200, cause: 16 } as const;

describe('the exit code', () => {
  it.each<[EndReason, number]>([
    [{ kind: 'hungUp', ...facts }, 0],
    [{ kind: 'rejected', ...facts, status: 603 }, 3],
    [{ kind: 'rejected', ...facts, status: 486 }, 4],
    [{ kind: 'cancelled', answeredElsewhere: false, ...facts }, 5],
    [{ kind: 'timeout', phase: 'ring', ...facts }, 5],
    [{ kind: 'timeout', phase: 'invite', ...facts }, 7],
    [{ kind: 'transportFailed', code: 'NO_ROUTE', ...facts }, 7],
    [{ kind: 'mediaFailed', code: 'MEDIA_FAILED', ...facts }, 8],
    [{ kind: 'dialogLost', ...facts }, 1],
  ])('of the end %o is %d', (end, code) => expect(exitCodeOf(end)).toBe(code));

  it('of an answer tells busy, absent, not allowed, no media and the rest apart', () => {
    const statuses = [404, 486, 600, 480, 408, 487, 401, 403, 407, 488, 606];
    expect(statuses.map(exitCodeOfStatus)).toEqual([3, 4, 4, 5, 5, 5, 6, 6, 6, 8, 8]);
  });

  it('of an error tells mistakes, the network, and a registrar that refused apart', () => {
    const codes = ['BAD_TARGET', 'LISTEN_FAILED', 'NO_ANSWER', 'WAV_UNREADABLE', 'CLOSED'];
    expect(codes.map((code) => exitCodeOfError(new StrowgerError(code, '')))).toEqual([
      2, 7, 7, 8, 1,
    ]);
    const cause = { type: 'registrationFailed', status: 403 };
    expect(exitCodeOfError(new StrowgerError('REGISTRATION_REFUSED', '', { cause }))).toBe(6);
    expect(exitCodeOfError(new Error('a bug'))).toBe(1);
  });
});
