import type { StreamSettings } from '../core/core-api.ts';
import type { LineDestination } from '../sdp/index.ts';
import type { CoreHost } from './core-host.ts';
import type { PortAllocator } from './port-allocator.ts';

/** A media line that passes between two legs, with ports of its own at both. */
export interface OpenPassage {
  readonly ports: { readonly a: number; readonly b: number };
  set(ends: { a: LineDestination; b: LineDestination }): Promise<void>;
  /** Frees the ports. Idempotent. */
  close(): Promise<void>;
}

/** What passages are made of. */
export interface PassagesOptions {
  readonly address: string;
  readonly ports: PortAllocator;
  readonly settings: StreamSettings;
}

/** All passages of an engine. */
export class Passages {
  private readonly options: PassagesOptions;
  private readonly open = new Set<OpenPassage>();
  private ids = 0;

  constructor(options: PassagesOptions) {
    this.options = options;
  }

  /** Binds two pairs of ports. Rejects with `MEDIA_PORTS_EXHAUSTED`, or what the system says. */
  async openOn(host: CoreHost): Promise<OpenPassage> {
    const { address, settings } = this.options;
    for (;;) {
      const ports = this.acquire();
      const id = ++this.ids;
      try {
        await host.api.openPassage({ id, address, ports, settings });
      } catch (error) {
        this.release(ports);
        const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
        if (isTaken) continue;
        throw error;
      }
      return this.register(host, id, ports);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.open].map((passage) => passage.close()));
  }

  private register(host: CoreHost, id: number, ports: { a: number; b: number }): OpenPassage {
    let closed: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      // a worker that died has freed them already
      await host.api.closePassage({ id }).catch(() => undefined);
      this.open.delete(passage);
      this.release(ports);
    };
    const passage: OpenPassage = {
      ports,
      set: (ends) => host.api.setPassage({ id, ...ends }),
      close: () => (closed ??= end()),
    };
    this.open.add(passage);
    return passage;
  }

  private acquire(): { a: number; b: number } {
    const { ports } = this.options;
    const a = ports.acquire('call');
    try {
      return { a, b: ports.acquire('call') };
    } catch (error) {
      ports.release(a);
      throw error;
    }
  }

  private release({ a, b }: { a: number; b: number }): void {
    this.options.ports.release(a);
    this.options.ports.release(b);
  }
}
