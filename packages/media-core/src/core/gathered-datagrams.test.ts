import { type DatagramOptions, VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { gatheredDatagrams } from './gathered-datagrams.ts';

const FROM = { address: '10.0.0.1', port: 9 };

it('pauses behind what came together, until an interval has passed since the first of it', async () => {
  const clock = new VirtualClock();
  const opened: DatagramOptions[] = [];
  const pauses: number[] = [];
  const came: number[] = [];
  const io = gatheredDatagrams(
    {
      async open(options) {
        opened.push(options);
        return { local: FROM, send() {}, close: async () => {} };
      },
    },
    { clock, intervalMs: 1, pause: (ms) => pauses.push(ms) },
  );
  for (let port = 0; port < 3; port++) {
    await io.open({ address: '10.0.0.2', port, onPacket: ([first = 0]) => came.push(first) });
  }
  for (const [at, options] of opened.entries()) options.onPacket(Uint8Array.of(at), FROM);
  expect(came).toEqual([0, 1, 2]); // at once
  expect(pauses).toEqual([]);
  clock.advance(0.25);
  await turn();
  expect(pauses).toEqual([0.75]);
  await turn();
  expect(pauses).toHaveLength(1); // nothing came
  opened[0]?.onPacket(Uint8Array.of(7), FROM);
  clock.advance(3);
  await turn();
  expect(pauses).toHaveLength(1); // the interval was over
});

it('sends nothing on by itself: each such packet would wake the thread up', async () => {
  const forward = (): undefined => undefined;
  const socket = { local: FROM, send() {}, close: async () => {}, forward };
  const options = { clock: new VirtualClock(), intervalMs: 1, pause() {} };
  const io = gatheredDatagrams({ open: async () => socket }, options);
  const gathered = await io.open({ ...FROM, onPacket() {} });
  expect(gathered.forward).toBeUndefined();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
