import type { Hop } from '../hop.ts';

/**
 * Which flows of all threads can be used: each thread that has sockets tells the others of a flow
 * when something is first heard over it, and when it is gone.
 */
export class ThreadFlows {
  /** Of this thread's sockets, and told. */
  private readonly own = new Map<string, Hop>();
  private readonly others = new Set<string>();

  /** Flows of this thread that were told, for a thread that is new. */
  get told(): readonly Hop[] {
    return [...this.own.values()];
  }

  /** Whether the others have to be told that something was heard over this flow of ours. */
  isNew(hop: Hop): boolean {
    if (hop.flow === undefined || this.own.has(hop.flow)) return false;
    this.own.set(hop.flow, hop);
    return true;
  }

  gone({ flow = '' }: Hop): void {
    this.own.delete(flow);
    this.others.delete(flow);
  }

  /** A flow of another thread can be used. */
  opened({ flow = '' }: Hop): void {
    this.others.add(flow);
  }

  /** Another thread has taken this seat: what was its predecessor's is gone. */
  forget(seat: number): void {
    for (const flow of this.others) if (flow.startsWith(`${seat}/`)) this.others.delete(flow);
  }

  /** Whether a flow of another thread can be used. */
  has({ flow = '' }: Hop): boolean {
    return this.others.has(flow);
  }
}
