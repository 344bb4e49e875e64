import type { CoreApi } from '../core/core-api.ts';
import type { Place } from './core-endpoint.ts';
import { codeOf, unavailable } from './engine-errors.ts';
import type { PortAllocator } from './port-allocator.ts';

/**
 * Binds the next pair of ports that nobody else on this machine has. Rejects with
 * `MEDIA_PORTS_EXHAUSTED`, `MEDIA_ADDRESS_UNAVAILABLE`, or what befell the worker.
 */
export async function bindPorts(
  { api, id }: { api: CoreApi; id: number },
  { address, ports }: { address: string; ports: PortAllocator },
): Promise<Place> {
  // what others have is asked for once, whatever rest is given to ports
  const refused: number[] = [];
  try {
    for (;;) {
      const port = ports.acquire();
      try {
        await api.bind({ id, address, port });
        return { address, port };
      } catch (error) {
        refused.push(port);
        if (codeOf(error) !== 'EADDRINUSE') throw unavailable(address, error);
      }
    }
  } finally {
    for (const port of refused) ports.release(port);
  }
}
