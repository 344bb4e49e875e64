import type { StrowgerError } from '@strowger/runtime';
import { causeOfStatus, Q850 } from './q850-cause.ts';

/** What every end of a session tells. */
export interface EndFacts {
  /** Who did it: we, the peer, or nobody (a timer, the network). */
  readonly by: 'local' | 'remote' | 'network';
  /** The SIP status that fits, 200 for a call that took place and was hung up. */
  readonly status: number;
  /** The Q.850 cause: the peer's own where it sent one (RFC 3326, 6432), else by RFC 3398. */
  readonly cause: number;
  /** What the peer, or the machine, said about it, for people. */
  readonly text?: string;
}

/** In which phase a timer ended the session. */
export type TimeoutPhase =
  /** Nobody answered our INVITE or re-INVITE (RFC 3261 §17.1.1, timer B). */
  | 'invite'
  /** It rang too long. */
  | 'ring'
  /** Our 2xx was not acknowledged (RFC 3261 §13.3.1.4). */
  | 'ack'
  /** The peer no longer answers requests in the dialog. */
  | 'dialog'
  /** Nobody refreshed the session in time (RFC 4028 §10). */
  | 'session';

/** Why a session is over; exactly one for every session. */
export type EndReason =
  /** The INVITE got a final answer from 300 to 699; `contacts` of a 3xx: by their q, best first. */
  | ({ readonly kind: 'rejected'; readonly contacts?: readonly string[] } & EndFacts)
  /** It was given up before it was answered. */
  | ({ readonly kind: 'cancelled'; readonly answeredElsewhere: boolean } & EndFacts)
  /** An answered call was ended with BYE. */
  | ({ readonly kind: 'hungUp' } & EndFacts)
  | ({ readonly kind: 'timeout'; readonly phase: TimeoutPhase } & EndFacts)
  /**
   * A message could not be sent to the peer; `code` says why: `NO_ROUTE`, `INSECURE_HOP` where a `sips:`
   * call would have had to go in the clear, or the transport's own.
   */
  | ({ readonly kind: 'transportFailed'; readonly code: string } & EndFacts)
  /** Media could not be opened, negotiated or kept; `code` is the media backend's. */
  | ({ readonly kind: 'mediaFailed'; readonly code: string } & EndFacts)
  /** The peer does not know the dialog any more (RFC 3261 §12.2.1.2: 481). */
  | ({ readonly kind: 'dialogLost' } & EndFacts);

/** What a Reason header says (RFC 3326). */
export interface PeerReason {
  /** A Q.850 cause. */
  readonly cause?: number;
  /** A SIP status, such as 200 with "Call completed elsewhere". */
  readonly sip?: number;
  readonly text?: string;
}

const withText = (text: string | undefined): { text?: string } =>
  text === undefined || text === '' ? {} : { text };

/** The INVITE was refused, with this status and reason phrase. */
export function rejected(
  by: 'local' | 'remote',
  status: number,
  more: PeerReason & { contacts?: readonly string[] } = {},
): EndReason {
  return {
    kind: 'rejected',
    by,
    status,
    cause: more.cause ?? causeOfStatus(status),
    ...(more.contacts === undefined ? {} : { contacts: more.contacts }),
    ...withText(more.text),
  };
}

/** It was given up before it was answered. */
export function cancelled(by: 'local' | 'remote', why: PeerReason = {}): EndReason {
  const answeredElsewhere = why.sip === 200;
  const cause = why.cause ?? Q850.normalClearing;
  return { kind: 'cancelled', by, status: 487, cause, answeredElsewhere, ...withText(why.text) };
}

/** Somebody hung up. */
export function hungUp(by: 'local' | 'remote', why: PeerReason = {}): EndReason {
  const cause = why.cause ?? Q850.normalClearing;
  return { kind: 'hungUp', by, status: 200, cause, ...withText(why.text) };
}

/** A timer ended it. */
export function timeout(phase: TimeoutPhase): EndReason {
  if (phase === 'ring') {
    return { kind: 'timeout', phase, by: 'local', status: 480, cause: Q850.noAnswer };
  }
  return { kind: 'timeout', phase, by: 'network', status: 408, cause: Q850.recoveryOnTimer };
}

/** A message did not get out. */
export function transportFailed(error: StrowgerError): EndReason {
  const { code, message: text } = error;
  const cause = Q850.networkOutOfOrder;
  return { kind: 'transportFailed', code, by: 'network', status: 503, cause, text };
}

/** Media could not go on. */
export function mediaFailed(code: string, text: string): EndReason {
  const status = statusOfMediaError(code);
  const cause = causeOfStatus(status);
  return { kind: 'mediaFailed', by: 'local', code, status, cause, ...withText(text) };
}

/** What a request gets that media refused: 500 where nothing better is known. */
export function statusOfMediaError(code: string): number {
  return MEDIA_STATUS[code] ?? 500;
}

/** Where an offer waits on the other side of a relay, the peer tries again (RFC 3261 §14.2). */
const MEDIA_STATUS: Readonly<Record<string, number>> = {
  MEDIA_NOT_ACCEPTABLE: 488,
  MEDIA_NOT_ENCRYPTED: 488,
  MEDIA_OFFER_PENDING: 491,
  MEDIA_PORTS_EXHAUSTED: 503,
};

/** The peer lost the dialog. */
export function dialogLost(status: number): EndReason {
  return { kind: 'dialogLost', by: 'remote', status, cause: causeOfStatus(status) };
}
