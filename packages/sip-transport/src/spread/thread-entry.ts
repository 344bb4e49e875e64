import { once } from 'node:events';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { StrowgerError } from '@strowger/runtime';
import type { SeatOrder, SeatReport } from './seat.ts';
import { SpreadTransport, type SpreadTransportOptions } from './spread-transport.ts';

/**
 * What a thread of `startCallThreads` calls once, at its beginning: gives it its part of the
 * transport, bound and linked to the others. When the starting thread closes them, the part closes
 * and `onLeave` is awaited, so that calls can be ended before.
 *
 * Rejects with `NOT_A_CALL_THREAD` elsewhere, and with `LISTEN_FAILED`.
 */
export async function joinCallThreads(
  options: Omit<SpreadTransportOptions, 'seat'> & { onLeave?(): Promise<void> | void },
): Promise<SpreadTransport> {
  const port = parentPort;
  if (port === null) {
    throw new StrowgerError('NOT_A_CALL_THREAD', 'this is the main thread: see startCallThreads');
  }
  const [order]: SeatOrder[] = await once(port, 'message');
  if (order?.type !== 'sit') throw new StrowgerError('NOT_A_CALL_THREAD', 'it was given no seat');
  const transport = new SpreadTransport({ ...options, seat: order.seat });
  for (const [index, link] of order.ports) transport.meet(index, link);
  port.on('message', (next: SeatOrder) => {
    if (next.type === 'meet') transport.meet(next.index, next.port);
    if (next.type === 'leave') void leave(port, transport, options.onLeave);
  });
  await transport.start();
  report(port, { type: 'ready' });
  return transport;
}

async function leave(
  port: MessagePort,
  transport: SpreadTransport,
  onLeave?: () => Promise<void> | void,
): Promise<void> {
  await onLeave?.();
  await transport.close();
  report(port, { type: 'left' });
  port.close(); // nothing keeps the thread alive any more
}

function report(port: MessagePort, message: SeatReport): void {
  port.postMessage(message);
}
