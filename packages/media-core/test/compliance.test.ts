import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMediaBackend } from '@strowger/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createMediaEngine, MediaManager } from '../src/index.ts';
import { buildWorker } from './build-worker.ts';

let folder = '';
let workerEntry: URL;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-media-'));
  workerEntry = await buildWorker(folder);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

for (const workers of [0, 1]) {
  describeMediaBackend({ describe, it }, `the engine with ${workers} workers`, () =>
    createMediaEngine({
      address: '127.0.0.1',
      ports: { from: 22_000, to: 22_999 },
      workers,
      workerEntry,
    }),
  );
}

describeMediaBackend({ describe, it }, 'a media manager', () => {
  const ports = { from: 22_000, to: 22_999 };
  return new MediaManager({ engine: createMediaEngine({ address: '127.0.0.1', ports }) });
});
