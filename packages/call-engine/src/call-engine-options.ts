import type { DigitPolicy } from './digit-conversion.ts';
import type { Runtime } from '@strowger/runtime';
import type { EndpointRequest, MediaBackend } from '@strowger/session-core';
import type { DigestAlgorithm } from '@strowger/sip-message';
import type { Hop, Inbound, ProxySender, TimerSettings } from '@strowger/transaction-core';
import type { FlowTrust } from './authenticator.ts';
import type { CallRecordingOptions } from './call-recording.ts';
import type { ConferenceRoomOptions } from './conference-room.ts';
import type { FailureLimits } from './failure-table.ts';
import { type ForwardingSource, LONGEST_RING_MS } from './forwarding-rules.ts';
import type { MediaPolicy } from './media-policy.ts';
import type { Stores } from './memory-stores.ts';
import type { ExpiryLimits } from './register-request.ts';
import type { Service } from './service.ts';

/** What an engine needs of a transport. */
export interface EngineSender extends ProxySender {
  /**
   * Whether the very flow that a hop is pinned to can still be used: phones behind a WebSocket that
   * is closed are not called. Without it every flow counts as open.
   */
  isFlowOpen?(hop: Hop): boolean;
}

/** What a `CallEngine` is made of. */
export interface CallEngineOptions {
  readonly runtime: Runtime;
  readonly sender: EngineSender;
  readonly media: MediaBackend;
  readonly stores: Stores;
  /**
   * Whether media of calls is encrypted; see `EndpointRequest.srtp`. With `required` a call whose media
   * would not be is refused, and told as `security`. Default: as the media backend does.
   */
  readonly srtp?: MediaPolicy['srtp'];
  /** How keys come about, preferred first. Default: as the media backend does. */
  readonly keying?: MediaPolicy['keying'];
  /**
   * What users are offered whose contacts are all behind a WebSocket: browsers take no other media
   * than `{ srtp: 'required', keying: ['dtls'], ice: … }`. Default: what everybody is.
   */
  readonly webSocketMedia?: CalleeMedia;
  /**
   * How media is offered to the phones of a user (an address of record, `sip:user@domain`), such as with
   * ICE or DTLS-SRTP, where they are not all behind a WebSocket: in calls to that user, not in those that
   * the user makes, and in the mode `b2bua` alone. Default: as `srtp`, `keying` and the backend have it.
   */
  readonly calleeMedia?: (user: string) => CalleeMedia | undefined;
  /**
   * What becomes of calls to users: two calls with the media between them through a relay (`b2bua`,
   * the default), or one that is passed on by a stateful proxy (RFC 3261 §16): media flows between
   * the phones, and the record of a call ends with the BYE that comes by, or when its session is not
   * refreshed any more, or after `maxCallMs`. Services and registrations are the same in both.
   */
  readonly mode?: 'b2bua' | 'proxy';
  /** The domain of the users, and the realm of their digests. */
  readonly domain: string;
  /**
   * Further names and addresses that stand for the domain. The address that a request came in on
   * always does.
   */
  readonly aliases?: readonly string[];
  /** By the user part that is dialled, such as `*43`. They go before users of the same name. */
  readonly services?: Readonly<Record<string, Service>>;
  /**
   * Conference rooms by the user part that is dialled, such as `*6000`. Their members, and users where
   * no PIN is asked for, may subscribe to the package `conference` (RFC 4575) there.
   */
  readonly rooms?: Readonly<Record<string, ConferenceRoomOptions>>;
  /** Services and users that a caller who is no user of ours may reach; nobody by default. */
  readonly publicAccess?: readonly string[];
  readonly digest?: DigestOptions;
  readonly registration?: Partial<RegistrationLimits>;
  /** How digits of calls to users pass from one side to the other; in the mode `b2bua` alone. */
  readonly digits?: DigitPolicy;
  /** How long contacts ring before the caller gets 480; default 30 000. */
  readonly ringTimeoutMs?: number;
  /** How long a call may last; default 12 hours. */
  readonly maxCallMs?: number;
  /** Calls at the same time; beyond it a caller gets 503 with Retry-After. Default 10 000. */
  readonly maxCalls?: number;
  /**
   * How many hops further a call may go at most, whatever its caller allows (Max-Forwards, RFC 3261
   * §20.22): where calls are forwarded in a circle, it ends then. Default 30.
   */
  readonly maxForwards?: number;
  /** Where calls to users go that they do not take themselves; in the mode `b2bua` alone. */
  readonly forwarding?: ForwardingSource;
  /** How often a call may be forwarded, here and before it came here. Default 5. */
  readonly maxForwardings?: number;
  /**
   * What is recorded of calls between two parties, in the mode `b2bua` alone: at a server (RFC 7866),
   * by ourselves, or both. Services record by themselves.
   */
  readonly recording?: CallRecordingOptions;
  /** Whether a phone may send a call to another user by a 3xx. Default `true`. */
  readonly followRedirects?: boolean;
  /** Whether messages say who the two ends of a call are, by Session-ID (RFC 7989). Default `true`. */
  readonly sessionIds?: boolean;
  /** Trickle ICE by INFO (RFC 8840), as `SessionManagerOptions.trickleIce`. Default `false`. */
  readonly trickleIce?: boolean;
  /** The value of Server and User-Agent; none by default. */
  readonly userAgent?: string;
  readonly timers?: Partial<TimerSettings>;
  /** The transport, where it wants to know who has authenticated themselves and who failed to. */
  readonly flows?: FlowTrust;
}

/** How media is offered to a callee. */
export type CalleeMedia = Pick<EndpointRequest, 'srtp' | 'keying' | 'ice'>;

/** What users are asked to prove themselves with. */
export interface DigestOptions {
  /**
   * What is offered, best first. Default MD5 alone: of the phones in use some give up, or take the
   * wrong one, when there are two. A user's own setting goes before it.
   */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** What is offered on the listener that a request came in on; `undefined` for the default. */
  algorithmsFor?(inbound: Inbound): readonly DigestAlgorithm[] | undefined;
  /** How long a nonce may be used; the default is the `DigestServer`'s. */
  readonly nonceLifetimeMs?: number;
  /**
   * Default: 5 failures of a user name from one address within a minute, or 20 from all addresses,
   * shut it out for a minute, then for two, up to a quarter of an hour.
   */
  readonly failures?: Partial<FailureLimits>;
}

/** What a registration may be. */
export interface RegistrationLimits extends ExpiryLimits {
  /** Contacts of one user; default 10. */
  readonly maxContacts: number;
  /** Where phones shall send their requests first: the value of Service-Route (RFC 3608). */
  readonly serviceRoute?: readonly string[];
}

/** What the options come to with every default filled in. */
export interface EngineSettings {
  readonly ringTimeoutMs: number;
  /** How long a caller waits at most, forwarded as often as may be. */
  readonly answerMs: number;
  readonly maxCallMs: number;
  readonly maxCalls: number;
  readonly maxForwards: number;
  readonly maxForwardings: number;
  readonly expiry: ExpiryLimits;
  readonly maxContacts: number;
  readonly failures: FailureLimits;
  algorithms(inbound: Inbound): readonly DigestAlgorithm[];
}

/** Fills in every default. */
export function settingsOf(options: CallEngineOptions): EngineSettings {
  const { digest = {}, registration = {}, ringTimeoutMs = 30_000, maxForwardings = 5 } = options;
  const longestMs = options.forwarding ? Math.max(ringTimeoutMs, LONGEST_RING_MS) : ringTimeoutMs;
  return {
    ringTimeoutMs,
    answerMs: (maxForwardings + 1) * longestMs + 60_000,
    maxCallMs: options.maxCallMs ?? 43_200_000,
    maxCalls: options.maxCalls ?? 10_000,
    maxForwards: options.maxForwards ?? 30,
    maxForwardings,
    expiry: {
      minSeconds: registration.minSeconds ?? 60,
      maxSeconds: registration.maxSeconds ?? 7200,
      defaultSeconds: registration.defaultSeconds ?? 3600,
    },
    maxContacts: registration.maxContacts ?? 10,
    failures: { ...FAILURES, ...digest.failures },
    algorithms: (inbound: Inbound) =>
      digest.algorithmsFor?.(inbound) ?? digest.algorithms ?? DEFAULT_ALGORITHMS,
  };
}

const FAILURES: FailureLimits = {
  failures: 5,
  failuresPerUser: 20,
  windowMs: 60_000,
  longestMs: 900_000,
  entries: 10_000,
};

const DEFAULT_ALGORITHMS: readonly DigestAlgorithm[] = ['MD5'];
