import type { Dialog, DialogId } from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import type { AnswerOptions, CallOptions, ProgressOptions } from './call-options.ts';
import type { EndReason, PeerReason } from './end-reason.ts';
import { refusedBy } from './refused-input.ts';
import type { Session } from './session.ts';
import type { SessionManager } from './session-manager.ts';

/** What media a call shall have. */
export type MediaPreferences = Pick<AnswerOptions, 'codecs' | 'endpoint'>;

/** A call with the names of its parts. */
export interface CallWithMedia {
  readonly session: Session;
  readonly dialogId: DialogId;
  /** Of the application's where it said one, else that of the session. */
  readonly mediaSessionId: string;
}

/** How it goes with an incoming call. */
export type CallProgress =
  /** 180. */
  | { readonly kind: 'ringing' }
  /** 183, with our answer: early media (RFC 3960). */
  | { readonly kind: 'sessionProgress'; readonly options?: Omit<ProgressOptions, 'withMedia'> }
  /** 181. */
  | { readonly kind: 'forwarded' }
  /** 182. */
  | { readonly kind: 'queued' }
  /** Any other status from 101 to 199. */
  | { readonly kind: 'custom'; readonly status: number; readonly options?: ProgressOptions };

/** The application's view of a call, which a session is brought in step with. */
export type CallState = 'ringing' | 'connected' | 'onHold' | 'ended';

/** Places a call; see `SessionManager.call`. */
export function makeCall(manager: SessionManager, options: CallOptions): Session {
  return manager.call(options);
}

/** Places a call and resolves when it was answered; rejects with `SESSION_ENDED` when it is not. */
export async function makeOutboundCall(
  manager: SessionManager,
  options: CallOptions,
): Promise<Session> {
  const session = manager.call(options);
  await session.connected;
  return session;
}

/** The same with a say in its media. Resolves with the call and the names of its parts. */
export async function makeOutboundCallWithMedia(
  manager: SessionManager,
  options: CallOptions & { readonly media: MediaPreferences },
): Promise<CallWithMedia> {
  const { media, ...rest } = options;
  return withMedia(await makeOutboundCall(manager, { ...rest, ...media }));
}

/** Answers; resolves when it is connected, rejects with `SESSION_ENDED`. Throws `SESSION_STATE`. */
export function answerCall(session: Session, options: AnswerOptions = {}): Promise<void> {
  return session.answer(options);
}

/** Rings and answers; resolves when it is connected, rejects with `SESSION_ENDED`. */
export async function handleIncomingInvite(
  session: Session,
  options: AnswerOptions = {},
): Promise<Session> {
  session.ring();
  await session.answer(options);
  return session;
}

/** The same with a say in its media. Resolves with the call and the names of its parts. */
export async function handleIncomingInviteWithMedia(
  session: Session,
  preferences: MediaPreferences,
): Promise<CallWithMedia> {
  return withMedia(await handleIncomingInvite(session, preferences));
}

/** Ends a call as its state demands: CANCEL, BYE, or 486 for one that came in. */
export async function endCall(
  session: Session,
  options: { readonly reason?: PeerReason } = {},
): Promise<EndReason> {
  if (session.isUnanswered) session.reject(486);
  else await session.hangUp(options);
  return session.ended;
}

/** Holds; resolves when the other side agreed, rejects with `CHANGE_REFUSED`. */
export function putCallOnHold(session: Session): Promise<void> {
  return session.hold();
}

/** Takes back who was held; resolves when the other side agreed, rejects with `CHANGE_REFUSED`. */
export function resumeHeldCall(session: Session): Promise<void> {
  return session.resume();
}

/** Tells the caller how it goes. Throws `SESSION_STATE` unless the call waits for its answer. */
export async function manageCallProgress(session: Session, progress: CallProgress): Promise<void> {
  switch (progress.kind) {
    case 'ringing':
      return session.ring();
    case 'sessionProgress':
      return session.progress(183, { ...progress.options, withMedia: true });
    case 'forwarded':
      return session.progress(181);
    case 'queued':
      return session.progress(182);
    case 'custom':
      return session.progress(progress.status, progress.options);
    default:
      progress satisfies never;
  }
}

/**
 * The early dialog of a call that came in: made by the 180 that this sends, unless there is one.
 * Throws `SESSION_STATE` unless the call waits for its answer.
 */
export function createDialogFromInvite(session: Session): Dialog {
  if (session.earlyDialogs.length === 0) session.ring();
  const [dialog] = session.earlyDialogs;
  if (dialog === undefined) throw new StrowgerError('NO_DIALOG', `the session is ${session.state}`);
  return dialog;
}

/**
 * Brings a session in step with the application's call: rings, answers, holds, resumes, ends. Nothing
 * where it is that far. Throws `SESSION_STATE` where that cannot follow.
 */
export async function syncSessionWithCallState(session: Session, state: CallState): Promise<void> {
  if (session.state === state) return;
  switch (state) {
    case 'ringing':
      return session.ring();
    case 'connected':
      return session.state === 'onHold' ? session.resume() : session.answer();
    case 'onHold':
      return session.hold();
    case 'ended':
      return void (await endCall(session));
    default:
      state satisfies never;
  }
}

function withMedia(session: Session): CallWithMedia {
  const { dialog, id, mediaSessionId = id } = session;
  if (dialog === undefined) {
    throw refusedBy('SESSION_STATE', { input: 'media', state: session.state, allowed: [] });
  }
  return { session, dialogId: dialog.id, mediaSessionId };
}
