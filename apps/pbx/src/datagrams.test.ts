import { expect, it, vi } from 'vitest';
import { readConfig } from './config.ts';
import { datagramsOf, workerDatagramsOf } from './datagrams.ts';

it('are those of `dgram` where nothing is said', () => {
  expect(datagramsOf(readConfig(''))).toBeUndefined();
  expect(workerDatagramsOf(readConfig(''))).toBeUndefined();
});

it('come in batches where that is wanted', async () => {
  const config = readConfig('datagrams: batched');
  const socket = await datagramsOf(config)?.open({ address: '127.0.0.1', port: 0, onPacket() {} });
  expect(socket?.constructor.name).toBe('BatchSocket');
  await socket?.close();
});

it('are refused, and say why, on a system that has no batches', () => {
  const system = vi.spyOn(process, 'arch', 'get').mockReturnValue('mips');
  try {
    expect(() => datagramsOf(readConfig('datagrams: batched'))).toThrow(
      /^datagrams: there is no "batched" for .* on mips; allowed: dgram$/,
    );
  } finally {
    system.mockRestore();
  }
});
