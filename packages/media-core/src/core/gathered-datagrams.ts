import type { Clock, DatagramIo } from '@strowger/runtime';
import type { ThreadPause } from './thread-pause.ts';

/** What sockets are gathered with. */
export interface GatherOptions {
  readonly clock: Clock;
  /** From one look at the sockets at which something had come to the next. */
  readonly intervalMs: number;
  readonly pause: ThreadPause;
}

/**
 * Sockets of a thread that wakes up for them at most once in an interval: what comes soon after a packet
 * waits in the kernel and is served with others. A packet that comes while nothing was going on is
 * served at once.
 */
export function gatheredDatagrams(
  io: DatagramIo,
  { clock, intervalMs, pause }: GatherOptions,
): DatagramIo {
  let wokeAt = Number.NEGATIVE_INFINITY;
  let isAwake = false;
  // behind everything that came with the packet that woke us
  const rest = (): void => {
    isAwake = false;
    const left = wokeAt + intervalMs - clock.now();
    if (left > 0) pause(left);
  };
  return {
    async open(options) {
      const socket = await io.open({
        ...options,
        onPacket(packet, from) {
          if (!isAwake) {
            isAwake = true;
            wokeAt = clock.now();
            setImmediate(rest);
          }
          options.onPacket(packet, from);
        },
      });
      // without `forward`: what nobody sees would wake this thread up, one packet at a time
      return {
        local: socket.local,
        send: (packet, to) => socket.send(packet, to),
        close: () => socket.close(),
      };
    },
  };
}
