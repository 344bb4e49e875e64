import type {
  DialogCounts,
  DialogLayerOptions,
  ForeignRequests,
  IncomingInvite,
  ReliableProvisionals,
  SessionTimerOptions,
} from '@strowger/dialog-core';
import type { Runtime } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import type {
  Inbound,
  MessageSender,
  ServerTransaction,
  TimerSettings,
} from '@strowger/transaction-core';
import type { SessionAuthenticationOptions } from './authentication-options.ts';
import type { MediaWishes } from './call-options.ts';
import type { ConferencePackageOptions } from './conference-options.ts';
import type { MediaBackend } from './media-backend.ts';
import type { Session } from './session.ts';
import type { TransferHooks } from './transfer-hooks.ts';

/** What a `SessionManager` is made of. */
export interface SessionManagerOptions extends TransferHooks {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly media: MediaBackend;
  /**
   * A call comes in: ring, answer, reject, challenge, now or later. What this throws, or rejects
   * with, is logged and the call gets 500. Without it every call gets 480.
   */
  readonly onIncoming?: ((session: Session) => void | Promise<void>) | undefined;
  /**
   * Looks at a call before a session is made of it, and takes it by returning true: it answers or
   * rejects the INVITE itself, or makes a session of it by `routeInviteToSession` or
   * `createSessionForInvite`, now or later. What this throws is logged, and the call gets 500.
   */
  readonly onInvite?: ((invite: IncomingInvite) => boolean) | undefined;
  /** Who may call: asked before `onIncoming`. Nobody is asked without it. */
  readonly authentication?: SessionAuthenticationOptions | undefined;
  /** A request outside of dialogs: answer it. Without this OPTIONS gets 200, all else 405 or 501. */
  readonly onRequest?: ((transaction: ServerTransaction) => void) | undefined;
  /**
   * A request within a call that sessions know nothing of, such as MESSAGE: true where it is answered,
   * now or later. Without this, and where it says false, it gets 405 or 501.
   */
  readonly onRequestInCall?:
    | ((transaction: ServerTransaction, session: Session) => boolean)
    | undefined;
  /** Who takes what is not for us, as a proxy does; nobody by default. */
  readonly foreign?: ForeignRequests | undefined;
  /** Option tags that `onRequest` understands, besides those of dialogs. */
  readonly supported?: readonly string[] | undefined;
  /**
   * A request outside of dialogs, INVITE among them, before anything is kept of it: true where it is
   * answered with `dialogs.transactions.respondStateless` (see `TransactionUser`).
   */
  readonly takesStateless?: ((request: SipRequest, inbound: Inbound) => boolean) | undefined;
  /**
   * How often media that fails in an answered call is opened and offered anew before the call ends
   * with `mediaFailed`; for endpoints that the session opened. At once, then after 500 ms, and each
   * time after twice as long, at most 8 s; what has been good for a minute has them all again.
   * Default 3. A restored session has at least one.
   */
  readonly mediaRetries?: number | undefined;
  /**
   * Whether the media of sessions is encrypted that do not say it themselves; see
   * `EndpointRequest.srtp`. Default: the backend's. `session.mediaSecurity` says what was agreed.
   */
  readonly srtp?: MediaWishes['srtp'] | undefined;
  /** How keys come about, preferred first: in the description, by DTLS. Default: the backend's. */
  readonly keying?: MediaWishes['keying'] | undefined;
  /**
   * Whether every message of a session says who its two ends are, by Session-ID (RFC 7989). Default
   * `true`.
   */
  readonly sessionIds?: boolean | undefined;
  /**
   * Trickle ICE (RFC 8840): `Supported: trickle-ice` is said, candidates of peers are taken by INFO, and
   * answers to peers that say the same do not wait for all of ours. It takes media with ICE. Default
   * `false`.
   */
  readonly trickleIce?: boolean | undefined;
  readonly contactUser?: string | undefined;
  /** Who of us takes part, where there are several: see `DialogLayerOptions.localParty`. */
  readonly localParty?: DialogLayerOptions['localParty'];
  readonly userAgent?: string | undefined;
  readonly timers?: Partial<TimerSettings> | undefined;
  readonly limits?: Partial<SessionLimits> | undefined;
  /** Reliable provisional responses (RFC 3262); `supported` by default. */
  readonly reliableProvisionals?: ReliableProvisionals | undefined;
  /** Session timers (RFC 4028), where the peer supports them; `false` for none. */
  readonly sessionTimers?: Partial<SessionTimerOptions> | false | undefined;
  /**
   * Methods beyond those of sessions that `onRequest` and `onRequestInCall` take, such as REGISTER: for
   * Allow. A function is asked for every message that says it.
   */
  readonly allow?: readonly string[] | (() => readonly string[]) | undefined;
  /** Serves the package `conference` (RFC 4575) of its conferences; without it nobody subscribes. */
  readonly conferencePackage?: ConferencePackageOptions | undefined;
  /**
   * What `session.snapshot()` says of an answered session has changed: save it; or it is over (`state`
   * is `terminated`): forget it. Called in the midst of steps, and more than once in some; a CSeq
   * number is told before its request leaves. What this throws is logged.
   */
  readonly onSessionChanged?: ((session: Session) => void) | undefined;
  /** Told the row of every step of every session and conference: for row coverage and diagrams. */
  readonly onStep?: ((state: string, input: string) => void) | undefined;
}

/** Bounds of a manager. */
export interface SessionLimits {
  /** Sessions at the same time; above it an incoming call gets 503, `call` throws. Default 100,000. */
  readonly sessions: number;
  /**
   * Sessions at the same time that one address has begun: From of calls that come in and of ours. Above
   * it an incoming call gets 480, `call` throws. Default: as many as there may be in all.
   */
  readonly perUser: number;
  /** How long an incoming call may wait for its answer before it gets 480. Default 180,000. */
  readonly answerMs: number;
  /** Conferences at the same time. Default 1000. */
  readonly conferences: number;
  /** Members of a conference whose options say nothing, 1 to 1000. Default 200. */
  readonly conferenceMembers: number;
  /** A session that is older is hung up. Default: none is; at most 2^31 - 1. */
  readonly maxAgeMs?: number;
}

/** Live objects by kind: all zero when everything has ended. */
export interface SessionCounts extends DialogCounts {
  readonly sessions: number;
  readonly conferences: number;
  readonly endpoints: number;
  readonly ports: number;
}
