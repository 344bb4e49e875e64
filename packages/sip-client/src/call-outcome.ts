import type { EndReason, Session } from '@strowger/session-core';

/** Why a call was not answered, in words of the trade. */
export type NotAnswered =
  /** 486, 600. */
  | 'busy'
  /** 603, 607, 608: whoever was called, or somebody for him, does not want the call. */
  | 'declined'
  /** It rang until its time was up (480, 408 of the network's among them). */
  | 'noAnswer'
  /** 404, 410, 484, 485, 604: nobody has that number. */
  | 'notFound'
  /** 401, 403, 407: we are not allowed to call there. */
  | 'forbidden'
  /** 3xx: somebody else is to be called, see `reason.contacts`. */
  | 'moved'
  /** It was given up, by us or by who called; or was answered on another phone. */
  | 'cancelled'
  /** 406, 415, 488, 606, and media of ours that failed: nothing that both can. */
  | 'noMedia'
  /** No way leads there, or nobody is there: the network's fault, not anybody's answer. */
  | 'unreachable'
  /** Everything else: see `status`. */
  | 'failed';

/** What became of the wish to talk. */
export type AnswerOutcome =
  | { readonly answered: true }
  | {
      readonly answered: false;
      readonly why: NotAnswered;
      /** The SIP status that fits. */
      readonly status: number;
      /** The Q.850 cause. */
      readonly cause: number;
      /** All of it, as `ended` tells it. */
      readonly reason: EndReason;
    };

/** Waits until a session is answered, or over; never rejects. */
export async function answerOutcome(
  session: Pick<Session, 'connected' | 'ended'>,
): Promise<AnswerOutcome> {
  try {
    await session.connected;
    return { answered: true };
  } catch {
    const reason = await session.ended;
    const { status, cause } = reason;
    return { answered: false, why: whyNotAnswered(reason), status, cause, reason };
  }
}

/** What an end before the answer means. */
export function whyNotAnswered(reason: EndReason): NotAnswered {
  switch (reason.kind) {
    case 'rejected':
      return BY_STATUS[reason.status] ?? (reason.status < 400 ? 'moved' : 'failed');
    case 'cancelled':
    case 'hungUp':
      return 'cancelled';
    case 'timeout':
      return reason.phase === 'ring' ? 'noAnswer' : 'unreachable';
    case 'mediaFailed':
      return 'noMedia';
    case 'transportFailed':
    case 'dialogLost':
      return 'unreachable';
    default:
      return reason satisfies never;
  }
}

const BY_STATUS: Readonly<Record<number, NotAnswered>> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'notFound',
  406: 'noMedia',
  407: 'forbidden',
  408: 'noAnswer',
  410: 'notFound',
  415: 'noMedia',
  480: 'noAnswer',
  484: 'notFound',
  485: 'notFound',
  486: 'busy',
  487: 'cancelled',
  488: 'noMedia',
  502: 'unreachable',
  503: 'unreachable',
  504: 'unreachable',
  600: 'busy',
  603: 'declined',
  604: 'notFound',
  606: 'noMedia',
  607: 'declined',
  608: 'declined',
};
