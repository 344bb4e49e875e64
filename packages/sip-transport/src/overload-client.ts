import type { Clock, Random } from '@strowger/runtime';
import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import { BoundedTable } from './bounded-table.ts';
import type { Hop } from './hop.ts';
import { canonicalAddress } from './ip-address.ts';
import { rankOf } from './request-rank.ts';
import type { TransportLimits } from './transport-limits.ts';

/** How long a share holds where its server does not say, and at most (RFC 7339 §4.3). */
const VALIDITY_MS = 500;
const MOST_VALIDITY_MS = 60_000;

/** What a server has told. */
interface Told {
  /** Of new requests, from 0 to 1. */
  readonly share: number;
  readonly until: number;
  readonly sequence: number;
}

/** What obeying needs. */
export interface OverloadClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  /** Whether we say in our requests that we speak overload control. */
  readonly announces: boolean;
}

/**
 * Keeps the share of new requests to itself that an overloaded server asks for (`loss`, RFC 7339
 * §5.10, §6): emergencies and what is under way go on, and so do copies of what has gone.
 */
export class OverloadClient {
  private readonly options: OverloadClientOptions;
  private readonly servers: BoundedTable<string, Told>;
  private readonly sent = new WeakSet<SipMessage>();

  constructor(options: OverloadClientOptions) {
    this.options = options;
    this.servers = new BoundedTable(options.limits.targets);
  }

  /** Servers of which something is known. */
  get size(): number {
    return this.servers.size;
  }

  /** Reads what the server of this hop tells in the top Via, which is ours (RFC 7339 §4.2). */
  heard({ via: { params } }: SipResponse, hop: Hop): void {
    const oc = params.get('oc');
    if (oc === undefined || !/^\d{1,3}$/.test(oc) || Number(oc) > 100) return;
    const sequence = Number(
      /^\d{1,15}(?:\.\d{1,15})?$/.exec(params.get('oc-seq') ?? '0')?.[0] ?? 0,
    );
    const key = keyOf(hop);
    const before = this.servers.get(key);
    if (before !== undefined && sequence < before.sequence) return; // overtaken on its way
    const validityMs = validityOf(params.get('oc-validity'));
    const until = this.options.clock.now() + validityMs;
    // kept even where it is over, for its number: an older one may come yet
    this.servers.set(key, { share: Number(oc) / 100, until, sequence });
  }

  /**
   * Whether a request may go; says in it, where that is wanted, that we obey.
   *
   * @param original the same for every copy of it, where something was made of it meanwhile.
   */
  admits(request: SipRequest, hop: Hop, original: SipMessage = request): boolean {
    const { clock, random, announces } = this.options;
    const told = this.servers.size === 0 ? undefined : this.servers.get(keyOf(hop));
    const isHeld = told !== undefined && told.share > 0 && clock.now() < told.until;
    if (isHeld && !this.sent.has(original) && rankOf(request) === 'new') {
      if (random.float() < told.share) return false;
    }
    if (announces) announce(request);
    if (announces || told !== undefined) this.sent.add(original);
    return true;
  }

  clear(): void {
    this.servers.clear();
  }
}

/** RFC 7339 §4.1, §4.2: that we understand `oc`, and which algorithm. */
function announce(request: SipRequest): void {
  const { via } = request;
  if (via.params.has('oc')) return;
  request.headers.removeFirst('Via');
  request.headers.prepend('Via', `${via};oc;oc-algo="loss"`);
}

/** 0 ends what was told before (RFC 7339 §4.3). */
function validityOf(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return VALIDITY_MS;
  return Math.min(Number(text), MOST_VALIDITY_MS);
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${canonicalAddress(address)} ${port}`;
}
