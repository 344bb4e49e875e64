import { seededRandom } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { SRTP_SUITES } from '../sdp/index.ts';
import { localSecurity, SUPPORTED_KEYING } from './local-security.ts';

const random = seededRandom(1);
const fingerprints = [{ hash: 'sha-256', value: new Uint8Array(32) }] as const;
const made = { policy: 'required', keying: ['sdes', 'dtls'], random } as const;

it('has keys of its own for every suite', () => {
  const [one, two] = [1, 2].map(() => localSecurity({ ...made, supported: ['sdes'] }));
  expect(one?.crypto?.map(({ suite }) => suite).sort()).toEqual(Object.keys(SRTP_SUITES).sort());
  for (const { suite, masterKey, masterSalt } of one?.crypto ?? []) {
    const { keyLength, saltLength } = SRTP_SUITES[suite];
    expect([masterKey.length, masterSalt.length]).toEqual([keyLength, saltLength]);
  }
  expect(one?.crypto?.[0]?.masterKey).not.toEqual(two?.crypto?.[0]?.masterKey);
  expect(one?.crypto?.[0]?.masterKey).not.toEqual(one?.crypto?.[1]?.masterKey.slice(0, 16));
});

it('draws a key when it is first looked at, and once', () => {
  let drawn = 0;
  const counting = { ...random, bytes: (length: number) => new Uint8Array(length).fill(++drawn) };
  const keys = localSecurity({ ...made, random: counting })?.crypto?.[0];
  expect(drawn).toBe(0);
  expect([keys?.masterKey[0], keys?.masterSalt[0], keys?.masterKey[0]]).toEqual([1, 2, 1]);
});

it('goes no way to keys that the streams cannot go', () => {
  expect(localSecurity({ ...made, supported: ['sdes'], fingerprints })?.keying).toEqual(['sdes']);
  expect(localSecurity({ ...made, supported: ['sdes', 'dtls'] })?.keying).toEqual(['sdes']);
  const dtls = localSecurity({ ...made, supported: ['dtls'], fingerprints });
  expect(dtls).toMatchObject({ keying: ['dtls'], fingerprints });
  expect(dtls?.crypto).toBeUndefined();
});

it('refuses what it was asked for where it cannot, and else does without', () => {
  expect(() => localSecurity({ ...made, supported: [] })).toThrow(
    expect.objectContaining({ code: 'MEDIA_UNSUPPORTED' }),
  );
  for (const policy of ['off', 'optional', 'best-effort'] as const) {
    expect(localSecurity({ ...made, policy, supported: [] })).toBeUndefined();
  }
  expect(new Set(SUPPORTED_KEYING).size).toBe(SUPPORTED_KEYING.length);
});
