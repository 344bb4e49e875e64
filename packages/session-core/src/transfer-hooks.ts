import type { IncomingRefer, ReferProgress } from '@strowger/dialog-core';
import type { AnswerOptions, CallOptions } from './call-options.ts';
import type { Session } from './session.ts';

/** What becomes of a REFER of a session's peer (RFC 3515). */
export type ReferDecision =
  /** Default 603. */
  | { readonly kind: 'refuse'; readonly status?: number }
  /**
   * A new session of ours calls whom it names; From is our side of the session by default. Who asked
   * is told how that goes. The session itself goes on until the peer ends it.
   */
  | { readonly kind: 'call'; readonly options?: Partial<CallOptions> }
  /** The application does what is asked for, and reports. Throwing reports 500. */
  | { readonly kind: 'take'; start(progress: ReferProgress): void | Promise<void> };

/** What becomes of an INVITE that wants to replace a session (RFC 3891). */
export type ReplacesDecision =
  /** Default 403. */
  | { readonly kind: 'refuse'; readonly status?: number }
  /** It is answered at once, in the place of the other, which is hung up then. */
  | { readonly kind: 'replace'; readonly options?: AnswerOptions }
  /** The application answers or rejects it, and ends the other one. */
  | { readonly kind: 'take' };

/** Who may transfer, and replace; nobody by default. */
export interface TransferHooks {
  /** The peer of `session` asks us to contact somebody. Throwing refuses with 500. */
  readonly onRefer?:
    | ((session: Session, refer: IncomingRefer) => ReferDecision | Promise<ReferDecision>)
    | undefined;
  /**
   * A call comes in that wants to take the place of `replaced`. Whoever knows its Call-ID and tags can
   * ask: look at `session.request`. Throwing refuses with 500.
   */
  readonly onReplaces?:
    | ((session: Session, replaced: Session) => ReplacesDecision | Promise<ReplacesDecision>)
    | undefined;
}
