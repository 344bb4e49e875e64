import type { Clock, Random } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import type { Hop, TransportName } from './hop.ts';
import { canonicalAddress } from './ip-address.ts';
import type { TransportLimits } from './transport-limits.ts';

/** How a request to a target came out: answered, not at all, or with 503 (RFC 3263 §4.3). */
export type TargetOutcome = 'ok' | 'failed' | 'unavailable';

/** A target that was put last, or back into its place. */
export interface TargetChange {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
  readonly isAvailable: boolean;
}

/** What is known of a target; nothing of one that is well. */
export type Health =
  | { readonly name: 'suspect'; readonly failures: number; readonly forgottenAt: number }
  /** Put last until then. */
  | { readonly name: 'avoided'; readonly until: number; readonly forMs: number }
  /** One request may try it; others wait for its outcome until then. */
  | { readonly name: 'probed'; readonly until: number; readonly forMs: number };

/** What happened to a target. */
export interface Report {
  readonly outcome: TargetOutcome;
  readonly now: number;
  /** How long the target itself asked to be left alone (Retry-After). */
  readonly retryAfterMs?: number | undefined;
}

/** The circuit breaker of one target: what is known after a report. */
export function afterReport(
  health: Health | undefined,
  { outcome, now, retryAfterMs }: Report,
  limits: TransportLimits,
): Health | undefined {
  if (outcome === 'ok') return undefined;
  if (outcome === 'unavailable' && retryAfterMs !== undefined) {
    const forMs = Math.min(retryAfterMs, limits.targetAvoidMaxMs);
    return { name: 'avoided', until: now + forMs, forMs: limits.targetAvoidMs };
  }
  if (health?.name === 'avoided') return health; // of a request that was sent before
  if (health?.name === 'probed') {
    const forMs = Math.min(health.forMs * 2, limits.targetAvoidMaxMs);
    return { name: 'avoided', until: now + forMs, forMs };
  }
  const isRecent = health !== undefined && health.forgottenAt > now;
  const failures = isRecent ? health.failures + 1 : 1;
  if (failures < limits.targetFailures) {
    return { name: 'suspect', failures, forgottenAt: now + limits.targetFailuresMs };
  }
  const forMs = limits.targetAvoidMs;
  return { name: 'avoided', until: now + forMs, forMs };
}

/** What keeping account of targets needs. */
export interface TargetHealthOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  onTargetChange(change: TargetChange): void;
}

/** Which targets fail, so that others are tried first (RFC 3263 §4.3). */
export class TargetHealth {
  private readonly options: TargetHealthOptions;
  private readonly targets: BoundedTable<string, Health>;

  constructor(options: TargetHealthOptions) {
    this.options = options;
    this.targets = new BoundedTable(options.limits.targets);
  }

  /** Targets of which something is known. */
  get size(): number {
    return this.targets.size;
  }

  report(hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void {
    const { clock, random, limits } = this.options;
    const key = keyOf(hop);
    const before = this.targets.get(key);
    if (before === undefined && outcome === 'ok') return;
    const after = afterReport(before, { outcome, now: clock.now(), retryAfterMs }, limits);
    if (after === before) return;
    if (after === undefined) this.targets.delete(key);
    else this.targets.set(key, after.name === 'avoided' ? later(after, random.float()) : after);
    this.tell(hop, isWell(before), isWell(after));
  }

  /** The same hops, those that are avoided last: where nothing else is left they are tried. */
  order(hops: readonly Hop[]): readonly Hop[] {
    if (this.targets.size === 0) return hops;
    const avoided = new Set(hops.filter((hop) => this.isAvoided(hop)));
    if (avoided.size === 0) return hops;
    return [...hops.filter((hop) => !avoided.has(hop)), ...avoided];
  }

  clear(): void {
    this.targets.clear();
  }

  /** When its time is over, the first that asks may try it, and the others go on waiting. */
  private isAvoided(hop: Hop): boolean {
    const key = keyOf(hop);
    const health = this.targets.get(key);
    if (health === undefined || health.name === 'suspect') return false;
    const now = this.options.clock.now();
    if (now < health.until) return true;
    const { forMs } = health;
    this.targets.set(key, { name: 'probed', until: now + forMs, forMs });
    return false;
  }

  private tell({ transport, address, port }: Hop, wasWell: boolean, isAvailable: boolean): void {
    if (wasWell === isAvailable) return;
    this.options.onTargetChange({ transport, address, port, isAvailable });
  }
}

function isWell(health: Health | undefined): boolean {
  return health === undefined || health.name === 'suspect';
}

/** Up to a tenth later, so that not all who were turned away come back at once. */
function later(
  { name, until, forMs }: Extract<Health, { name: 'avoided' }>,
  drawn: number,
): Health {
  return { name, until: until + 0.1 * forMs * drawn, forMs };
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${canonicalAddress(address)} ${port}`;
}
