import type { DatagramIo } from '@strowger/runtime';

/** Sockets whose packets are marked, where these can be (RFC 2474). */
export function markedDatagrams(io: DatagramIo, dscp: number | undefined): DatagramIo {
  return dscp === undefined ? io : { open: (options) => io.open({ ...options, dscp }) };
}
