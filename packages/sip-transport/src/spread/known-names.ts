import { BoundedTable } from '../bounded-table.ts';
import type { Hop, TransportName } from '../hop.ts';
import type { SentBy } from './thread-messages.ts';

/** How many hops' names are remembered. */
const NAMES = 10_000;

/** What our end is called over hops that are another thread's: it said so beside each of them. */
export class KnownNames {
  private readonly byHop = new BoundedTable<string, SentBy>(NAMES);
  private readonly byTransport = new Map<TransportName, SentBy>();

  learn(hop: Hop, name: SentBy): void {
    this.byHop.set(keyOf(hop), name);
    if (!this.byTransport.has(hop.transport)) this.byTransport.set(hop.transport, name);
  }

  /** For a hop that nothing was said of: the name that its transport had first. */
  of(hop: Hop): SentBy {
    const known = this.byHop.get(keyOf(hop)) ?? this.byTransport.get(hop.transport);
    return known ?? { host: 'unknown.invalid', port: 5060 };
  }
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${address} ${port}`;
}
