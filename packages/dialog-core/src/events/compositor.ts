import type { Timer } from '@strowger/runtime';
import type { HeaderInput, SipRequest } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { LayerContext } from '../layer-context.ts';
import { copied } from '../copied.ts';
import { refuse } from '../refusal.ts';
import { eventOf } from './event-name.ts';
import { grantedSeconds } from './event-options.ts';
import { timerMs } from './refresh.ts';

/** One piece of event state that somebody published. */
export interface PublishedState {
  readonly resource: string;
  readonly event: string;
  /** Changes with every PUBLISH. */
  readonly etag: string;
  readonly type: string;
  readonly content: Uint8Array;
}

/** The owner of an `EventStateCompositor`. */
export interface CompositorUser {
  /** All that is published for a resource and package now; empty where nothing is left. */
  onChanged(resource: string, event: string, states: readonly PublishedState[]): void;
}

/** What a compositor holds at most; above it 503. */
export interface CompositorLimits {
  /** Publications of all resources. Default 100,000. */
  readonly publications: number;
  /** Publications of one resource and package. Default 16. */
  readonly perResource: number;
  /** Of one body. Default 65,536. */
  readonly bytes: number;
}

const DEFAULT_LIMITS: CompositorLimits = {
  publications: 100_000,
  perResource: 16,
  bytes: 65_536,
};

interface Entry {
  state: PublishedState;
  timer: Timer;
}

/** What a PUBLISH asks for (RFC 3903 §6). */
type Wish =
  | { readonly kind: 'initial' | 'modify' | 'refresh' | 'remove'; readonly seconds: number }
  | { readonly kind: 'refused'; readonly status: number };

/**
 * Takes PUBLISH requests and keeps what they publish until it runs out (RFC 3903 §6). Whether a
 * publisher may, and for which resource, was decided before. Made by `layer.compositor`.
 */
export class EventStateCompositor {
  private readonly context: LayerContext;
  private readonly user: CompositorUser;
  private readonly limits: CompositorLimits;
  /** By etag. */
  private readonly entries = new Map<string, Entry>();
  private readonly byResource = new Map<string, Set<string>>();

  constructor(context: LayerContext, user: CompositorUser, limits: Partial<CompositorLimits> = {}) {
    this.context = context;
    this.user = user;
    this.limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get size(): number {
    return this.entries.size;
  }

  /** What is published for a resource and package, the oldest first. */
  states(resource: string, event: string): PublishedState[] {
    const etags = this.byResource.get(keyOf(resource, event)) ?? new Set<string>();
    return [...etags].flatMap((etag) => this.entries.get(etag)?.state ?? []);
  }

  /** Answers a PUBLISH: 200, 400, 412, 413, 423, 489 or 503. Never throws. */
  receive(transaction: ServerTransaction, resource: string): void {
    const { request } = transaction;
    const { context } = this;
    const { packages, minSeconds } = context.events.options;
    const event = eventOf(request.headers);
    if (event === undefined) return refuse(context, transaction, 400);
    if (!packages.includes(event.name)) {
      return refuse(context, transaction, 489, [['Allow-Events', packages.join(', ')]]);
    }
    const wish = this.judge(request, resource, event.name);
    if (wish.kind === 'refused') {
      const { status } = wish;
      const more: [string, string][] =
        status === 423
          ? [['Min-Expires', `${minSeconds}`]]
          : status === 503
            ? [['Retry-After', '30']]
            : [];
      return refuse(context, transaction, status, more);
    }
    const etag = this.carryOut(wish, request, { resource, event: event.name });
    const headers: [string, HeaderInput][] = [['Expires', wish.seconds]];
    // the etag of a removal names nothing any more, but every 2xx has one (RFC 3903 §6)
    headers.push(['SIP-ETag', etag]);
    transaction.respond(context.userAgent.response(request, 200, { headers }));
    if (wish.kind !== 'refresh') this.tell(resource, event.name);
  }

  /** Forgets everything; nobody is told. */
  close(): void {
    for (const { timer } of this.entries.values()) timer.cancel();
    this.entries.clear();
    this.byResource.clear();
  }

  /** RFC 3903 §6: the steps in its order. */
  private judge({ headers, body }: SipRequest, resource: string, event: string): Wish {
    const etag = headers.get('sip-if-match');
    if (etag === undefined && headers.has('sip-if-match')) return { kind: 'refused', status: 400 };
    if (etag !== undefined) {
      const known = this.entries.get(etag)?.state;
      if (known?.resource !== resource || known.event !== event) {
        return { kind: 'refused', status: 412 };
      }
    }
    const seconds = grantedSeconds(headers.get('expires'), this.context.events.options);
    if (seconds === 'tooBrief') return { kind: 'refused', status: 423 };
    if (body.length > this.limits.bytes) return { kind: 'refused', status: 413 };
    if (etag === undefined && (body.length === 0 || seconds === 0)) {
      return { kind: 'refused', status: 400 };
    }
    if (etag === undefined && !this.hasRoom(resource, event)) {
      return { kind: 'refused', status: 503 };
    }
    if (seconds === 0) return { kind: 'remove', seconds };
    if (etag === undefined) return { kind: 'initial', seconds };
    return { kind: body.length === 0 ? 'refresh' : 'modify', seconds };
  }

  private carryOut(
    { kind, seconds }: Extract<Wish, { seconds: number }>,
    { headers, body }: SipRequest,
    { resource, event }: { resource: string; event: string },
  ): string {
    const etag = this.context.runtime.random.token();
    const old = headers.get('sip-if-match');
    const before = old === undefined ? undefined : this.forget(old);
    if (kind === 'remove') return etag;
    const [type = 'application/octet-stream'] = headers.raw('Content-Type');
    const fresh = { type: copied(type), content: Uint8Array.from(body) };
    const { type: kept, content } = kind === 'refresh' && before !== undefined ? before : fresh;
    const state = { resource, event, etag, type: kept, content };
    const { clock } = this.context.runtime;
    const timer = clock.arm(timerMs(seconds * 1000), () => {
      this.forget(etag);
      this.tell(resource, event);
    });
    this.entries.set(etag, { state, timer });
    const key = keyOf(resource, event);
    this.byResource.set(key, (this.byResource.get(key) ?? new Set()).add(etag));
    return etag;
  }

  private forget(etag: string): PublishedState | undefined {
    const entry = this.entries.get(etag);
    if (entry === undefined) return undefined;
    entry.timer.cancel();
    this.entries.delete(etag);
    const key = keyOf(entry.state.resource, entry.state.event);
    const etags = this.byResource.get(key);
    etags?.delete(etag);
    if (etags?.size === 0) this.byResource.delete(key);
    return entry.state;
  }

  private hasRoom(resource: string, event: string): boolean {
    const here = this.byResource.get(keyOf(resource, event))?.size ?? 0;
    return this.entries.size < this.limits.publications && here < this.limits.perResource;
  }

  private tell(resource: string, event: string): void {
    this.user.onChanged(resource, event, this.states(resource, event));
  }
}

const keyOf = (resource: string, event: string): string => `${event}\n${resource}`;
