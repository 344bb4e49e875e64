import type { DatagramIo } from './datagram-io.ts';
import { StrowgerError } from './errors.ts';
import { type Logger, silentLogger } from './logger.ts';
import type { Runtime } from './node-runtime.ts';
import { pageNetwork } from './page-network.ts';
import { randomFrom } from './random.ts';
import { SystemClock } from './system-clock.ts';

/** What `crypto.getRandomValues` fills at most in one call. */
const MOST_RANDOM_BYTES = 65_536;

/**
 * The runtime of a browser page or a web worker: the clock and the random bytes that the platform
 * has. It has no datagrams: `datagrams.open` rejects with `NO_DATAGRAMS`.
 */
export function webRuntime(options: { logger?: Logger } = {}): Runtime {
  const clock = new SystemClock();
  return {
    clock,
    random: randomFrom(randomBytes),
    logger: options.logger ?? silentLogger,
    datagrams: noDatagrams,
    network: pageNetwork(clock),
  };
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MOST_RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + MOST_RANDOM_BYTES));
  }
  return bytes;
}

const noDatagrams: DatagramIo = {
  open: () => Promise.reject(new StrowgerError('NO_DATAGRAMS', 'a web page has no datagrams')),
};
