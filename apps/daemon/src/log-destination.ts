import { printableJson } from '@strowger/runtime';
import { destination, type DestinationStream } from 'pino';

/**
 * Where a daemon's log goes: standard error, line by line. What peers wrote stands in it, and may
 * reach a terminal: characters that control one are escaped, also those that pino leaves (DEL, C1).
 * @param below who gets the lines then.
 */
export function logDestination(
  below: DestinationStream = destination({ dest: 2, sync: true }),
): DestinationStream {
  return { write: (line) => below.write(printableJson(line)) };
}
