import { memoryStores } from '@strowger/call-engine';
import { seededRandom } from '@strowger/runtime';
import { computeHa1 } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { recordingOf } from './recordings.ts';
import { calleeMediaOf, digitsOf, settleUsers } from './users.ts';

describe('users', () => {
  it('get made-up passwords once, of which only the HA1 is kept', async () => {
    const { credentials } = memoryStores();
    const config = readConfig('domain: pbx.example');
    const madeUp = await settleUsers(config, credentials, seededRandom(1));
    expect(madeUp.map(({ user }) => user)).toEqual(['alice', 'bob']);
    expect(new Set(madeUp.map(({ password }) => password)).size).toBe(2);
    const kept = await credentials.list('pbx.example', { limit: 10 });
    for (const { user, password } of madeUp) {
      const ha1 = computeHa1('MD5', { username: user, realm: 'pbx.example', password });
      expect(kept.find(({ username }) => username === user)?.ha1.MD5).toBe(ha1);
      expect(JSON.stringify(kept)).not.toContain(password);
    }
    expect(await settleUsers(config, credentials, seededRandom(2))).toEqual([]);
    expect(await credentials.list('pbx.example', { limit: 10 })).toEqual(kept);
  });

  it('are those of the configuration where it names any: others go', async () => {
    const { credentials } = memoryStores();
    await settleUsers(readConfig('domain: pbx.example'), credentials, seededRandom(1));
    const config = readConfig(
      'domain: pbx.example\nusers: [{ user: carol, password: "a fine word", digest: [SHA-256] }]',
    );
    expect(await settleUsers(config, credentials, seededRandom(1))).toEqual([]);
    const kept = await credentials.list('pbx.example', { limit: 10 });
    expect(kept.map(({ username, algorithms }) => [username, algorithms])).toEqual([
      ['carol', ['SHA-256']],
    ]);
    expect(JSON.stringify(kept)).not.toContain('a fine word');
  });
});

describe('what is configured for a user', () => {
  it('is found by the address of record, however the domain is written', async () => {
    const config = readConfig(`
domain: PBX.Example
users: [{ user: bob, password: "a fine word", digits: inband, media: { srtp: required } }]
recording: { server: "sip:rec@192.0.2.9", of: [bob] }
`);
    const bob = 'sip:bob@pbx.example';
    expect(calleeMediaOf(config)(bob)).toEqual({ srtp: 'required' });
    expect(digitsOf(config).isInband?.(bob)).toBe(true);
    const of = recordingOf(config).recording?.of;
    const call = { id: 'a', dialled: 'bob', startedAt: 0, part: 1 };
    expect(of?.({ ...call, caller: 'sip:alice@pbx.example', callee: bob })).toBe(true);
    expect(of?.({ ...call, caller: bob, callee: '*43' })).toBe(true);
    expect(of?.({ ...call, caller: 'sip:alice@pbx.example', callee: '*43' })).toBe(false);
    const { credentials } = memoryStores();
    await settleUsers(config, credentials, seededRandom(1));
    expect(await credentials.find('pbx.example', 'bob')).toBeDefined();
  });
});
