import type { ConnectionTable } from './connection-table.ts';
import type { FlowTokens } from './flow-tokens.ts';
import type { Hop } from './hop.ts';
import type { LocalPoints } from './local-points.ts';

/** What finding flows needs. */
export interface FlowsOptions {
  readonly points: LocalPoints;
  readonly connections: ConnectionTable;
  readonly tokens: FlowTokens;
}

/** Flows by name: which one a hop uses, and the tokens that lead back over it (RFC 5626 §5.2). */
export class Flows {
  private readonly options: FlowsOptions;

  constructor(options: FlowsOptions) {
    this.options = options;
  }

  /** The flow that a hop is pinned to, else the one that it would take; none where none is open. */
  of(hop: Hop): string | undefined {
    const { points, connections } = this.options;
    if (hop.transport === 'udp') return points.pick(hop)?.flow;
    const isPinned = hop.flow !== undefined;
    return (isPinned ? connections.pinned(hop) : connections.find(hop))?.id;
  }

  /** Whether the very flow that a hop is pinned to can still be used. */
  isOpen(hop: Hop): boolean {
    return hop.flow !== undefined && this.of(hop) === hop.flow;
  }

  /** A token for the flow of a hop; none where none is open. */
  token(hop: Hop): string | undefined {
    const flow = this.of(hop);
    return flow === undefined ? undefined : this.options.tokens.write({ ...hop, flow });
  }

  /** The hop that a token was made for; `undefined` where it was forged. */
  hopOf(token: string): Hop | undefined {
    return this.options.tokens.read(token);
  }
}
