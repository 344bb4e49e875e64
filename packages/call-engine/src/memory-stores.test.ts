import { describeStore } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from './call-record.ts';
import {
  MemoryCdrStore,
  MemoryCredentialStore,
  MemoryLocationStore,
  memoryStores,
} from './memory-stores.ts';

describeStore({ describe, it }, 'memory', async () => ({
  stores: memoryStores(),
  close: async () => {},
}));

describe('stores in memory', () => {
  it('refuse what goes beyond their limit', async () => {
    const credentials = new MemoryCredentialStore(1);
    await credentials.put({ realm: 'r', username: 'a', ha1: {} });
    await credentials.put({ realm: 'r', username: 'a', ha1: {} });
    await expect(credentials.put({ realm: 'r', username: 'b', ha1: {} })).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
    const location = new MemoryLocationStore(0);
    const received = { transport: 'udp', address: '192.0.2.1', port: 5060 } as const;
    const binding = { contact: 'sip:a@b', q: 1, expiresAt: 1, callId: 'c', cseq: 1, received };
    await expect(location.replace('sip:a@r', 0, [{ ...binding, updatedAt: 0 }])).rejects.toThrow(
      /room for 0/,
    );
  });

  it('let the oldest records go first', async () => {
    const cdrs = new MemoryCdrStore(2);
    for (const id of ['one', 'two', 'three']) await cdrs.append(recordOf(id));
    expect((await cdrs.recent(9)).map(({ id }) => id)).toEqual(['three', 'two']);
  });
});

function recordOf(id: string): CallRecord {
  return {
    id,
    callIds: [],
    caller: 'sip:a@r',
    dialled: 'b',
    startedAt: 0,
    endedAt: 0,
    durationMs: 0,
    billableMs: 0,
    outcome: 'failed',
    status: 500,
    cause: 41,
    endedBy: 'engine',
    legs: [],
  };
}
