import type { DatagramIo } from '@strowger/runtime';
import { Batch } from './batch.ts';
import { loadNative } from './native.ts';

/**
 * Datagram sockets that receive and send in batches, for `nodeRuntime({ datagrams })`: one wake-up reads
 * 32 packets of any of this thread's sockets (recvmmsg), and what is sent in one turn of the event loop
 * leaves at its end (sendmmsg), in the order of each socket. Packets are cut from memory that some
 * share: who keeps one for long copies it. What the kernel cannot take now (`EAGAIN`, `ENOBUFS`) is
 * lost, and told to `onError`. `gatherSends` makes no difference.
 *
 * Also what the module of `workerDatagrams` of media-core exports.
 *
 * @throws StrowgerError `DATAGRAMS_UNSUPPORTED` where nothing is compiled for this system.
 */
export function createDatagramIo(): DatagramIo {
  const batch = Batch.ofThread();
  return { open: async (options) => batch.open(options) };
}

/** Whether `createDatagramIo` works here: Linux with glibc on x64, or where it was compiled. */
export function canBatchDatagrams(): boolean {
  try {
    loadNative();
    return true;
  } catch {
    return false;
  }
}
