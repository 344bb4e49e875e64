import { Socket } from 'node:net';
import { isDscp, StrowgerError } from '@strowger/runtime';

/** Younger than the oldest Node's types: Node 24 has it, for streams. */
interface Markable {
  setTypeOfService?(octet: number): unknown;
}

/** Whether this Node can mark the packets of streams; datagrams are the runtime's to mark. */
export function canMarkStreams(): boolean {
  const markable: Socket & Markable = Socket.prototype;
  return markable.setTypeOfService !== undefined;
}

/** @throws StrowgerError `BAD_DSCP` for what is no code point of six bits (RFC 2474 §3). */
export function checkDscp(dscp: number | undefined): number | undefined {
  if (dscp === undefined || isDscp(dscp)) return dscp;
  throw new StrowgerError('BAD_DSCP', `a DSCP is 0 to 63, not ${dscp}`, {
    recovery: { kind: 'fixConfiguration', key: 'dscp' },
  });
}

/** Marks what leaves this socket (RFC 4594 §2.3: CS3, 24, for signalling), where Node can. */
export function markStream(socket: Socket, dscp: number | undefined): void {
  if (dscp === undefined) return;
  const markable: Socket & Markable = socket;
  try {
    markable.setTypeOfService?.(dscp << 2);
  } catch {
    // the system may not permit it, and an unmarked call is better than none
  }
}
