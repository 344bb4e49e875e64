import type { SipResponse } from '@strowger/sip-message';
import type { FailureReason, RequestUser } from './dialog-user.ts';
import type { Closable, LayerContext, LiveObjects } from './layer-context.ts';

/** What became of a request: its final response, or none. */
export type RequestOutcome =
  | { readonly response: SipResponse }
  | { readonly failure: FailureReason };

/** A request that counts as live until its outcome, which its owner is told once. */
export class TrackedRequest implements Closable {
  private readonly live: LiveObjects;
  private readonly user: RequestUser;

  constructor({ live }: Pick<LayerContext, 'live'>, user: RequestUser) {
    this.live = live;
    this.user = user;
    live.requests.add(this);
  }

  /** Whether the outcome was told: the layer may have been closed before the request was sent. */
  get isOver(): boolean {
    return !this.live.requests.has(this);
  }

  finish(outcome: RequestOutcome): void {
    if (!this.live.requests.delete(this)) return;
    if ('response' in outcome) this.user.onResponse(outcome.response);
    else this.user.onFailed(outcome.failure);
  }

  close(): void {
    this.finish({ failure: { kind: 'dialogEnded' } });
  }
}
