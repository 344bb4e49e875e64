import { type Logger, seededRandom, silentLogger, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from './call-record.ts';
import { CdrWriter } from './cdr-writer.ts';
import { MemoryCdrStore } from './memory-stores.ts';

const record: CallRecord = {
  id: 'one',
  callIds: ['a'],
  caller: 'sip:alice@pbx.example',
  dialled: 'bob',
  startedAt: 0,
  endedAt: 10,
  durationMs: 10,
  billableMs: 0,
  outcome: 'cancelled',
  status: 487,
  cause: 16,
  endedBy: 'caller',
  legs: [],
};

class FailingStore extends MemoryCdrStore {
  failures = 0;

  /** Fails in the worst way: the record is kept and the writer does not hear of it. */
  override async append(one: CallRecord): Promise<boolean> {
    const isNew = await super.append(one);
    if (this.failures-- > 0) throw new Error('disk on fire');
    return isNew;
  }
}

async function write(failures: number) {
  const clock = new VirtualClock();
  const errors: object[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => errors.push(fields) };
  const store = new FailingStore();
  store.failures = failures;
  const datagrams = { open: () => Promise.reject(new Error('there are none')) };
  const runtime = { clock, logger, random: seededRandom(1), datagrams };
  const written = new CdrWriter(runtime, store).write(record);
  for (let second = 0; second < 60; second++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1000);
  }
  await written;
  return { store, errors, clock };
}

describe('the writer of records', () => {
  it('writes again after a failure, and the record is there once', async () => {
    const { store, errors, clock } = await write(3);
    expect(await store.recent(9)).toEqual([record]);
    expect([errors, clock.armedTimers]).toEqual([[], 0]);
  });

  it('logs the whole record where the store fails for good', async () => {
    const { errors } = await write(99);
    expect(errors).toMatchObject([{ record }]);
  });
});
