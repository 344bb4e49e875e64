import { ConfigError } from '@strowger/daemon';
import { canBatchDatagrams, createDatagramIo } from '@strowger/datagram-batch';
import type { DatagramIo } from '@strowger/runtime';
import type { Config } from './config-schema.ts';

type Setting = Pick<Config, 'datagrams'>;

/** Absent where `dgram` is meant. @throws ConfigError where there is nothing else on this system. */
export function datagramsOf({ datagrams }: Setting): DatagramIo | undefined {
  if (datagrams === 'dgram') return undefined;
  if (canBatchDatagrams()) return createDatagramIo();
  const system = `${process.platform} on ${process.arch}`;
  throw new ConfigError([`datagrams: there is no "batched" for ${system}; allowed: dgram`]);
}

/** The module that threads for media have it of. */
export function workerDatagramsOf({ datagrams }: Setting): string | undefined {
  return datagrams === 'dgram' ? undefined : import.meta.resolve('@strowger/datagram-batch');
}
