import { StrowgerError } from '@strowger/runtime';
import type { CoreApi } from '../core/core-api.ts';
import type { Place } from './core-endpoint.ts';
import type { PortAllocator } from './port-allocator.ts';

/**
 * Binds the next pair of ports that nobody else on this machine has. Rejects with
 * `MEDIA_PORTS_EXHAUSTED`, `MEDIA_ADDRESS_UNAVAILABLE`, or what befell the worker.
 */
export async function bindPorts(
  { api, id }: { api: CoreApi; id: number },
  { address, ports }: { address: string; ports: PortAllocator },
): Promise<Place> {
  for (;;) {
    const port = ports.acquire();
    try {
      await api.bind({ id, address, port });
      return { address, port };
    } catch (error) {
      ports.release(port);
      if (codeOf(error) !== 'EADDRINUSE') throw unavailable(address, error);
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined;
}

function unavailable(address: string, cause: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause) && cause.code.startsWith('MEDIA_')) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('MEDIA_ADDRESS_UNAVAILABLE', `Cannot bind ${address}: ${why}`, {
    cause,
  });
}
