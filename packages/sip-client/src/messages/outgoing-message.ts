import {
  type Body,
  type FailureReason,
  formatIsComposing,
  IS_COMPOSING_TYPE,
  type RequestUser,
} from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import type { Session } from '@strowger/session-core';

/** What became of a MESSAGE (RFC 3428 §7). */
export type MessageOutcome =
  /** 200: it is there; 202: a server keeps it until it can be delivered. */
  | { readonly kind: 'accepted'; readonly status: number }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly retryAfterSeconds?: number;
    };

/** How a MESSAGE is sent. */
export interface MessageOptions {
  /** Default `text/plain;charset=UTF-8`. */
  readonly contentType?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Aborting stops waiting for the outcome: what was sent cannot be taken back. */
  readonly signal?: AbortSignal;
}

/** Whether somebody is typing, as it is told the other side (RFC 3994). */
export interface ComposingOptions extends Pick<MessageOptions, 'signal'> {
  /** How long `active` holds without another one, in seconds, at least 60. Default 120. */
  readonly refreshSeconds?: number;
}

/** No text is longer than this, in octets: what is more is no message, but a file. */
const MOST_OCTETS = 60_000;

/** A text as a body. Throws `MESSAGE_TOO_LARGE` above 60,000 octets. */
export function messageBody(
  text: string | Uint8Array,
  { contentType = 'text/plain;charset=UTF-8' }: MessageOptions,
): Body {
  const octets = typeof text === 'string' ? new TextEncoder().encode(text).length : text.length;
  if (octets <= MOST_OCTETS) return { type: contentType, content: text };
  throw new StrowgerError('MESSAGE_TOO_LARGE', `it has ${octets} octets of ${MOST_OCTETS}`);
}

/** A status of typing as a body. Throws `BAD_OPTION`. */
export function composingBody(
  state: 'active' | 'idle',
  { refreshSeconds }: ComposingOptions,
): Body {
  const isFine =
    refreshSeconds === undefined || (Number.isSafeInteger(refreshSeconds) && refreshSeconds >= 60);
  if (!isFine) throw new StrowgerError('BAD_OPTION', 'refreshSeconds: at least 60');
  return {
    type: IS_COMPOSING_TYPE,
    content: formatIsComposing({
      state,
      contentType: 'text/plain',
      ...(refreshSeconds === undefined || state === 'idle' ? {} : { refreshSeconds }),
    }),
  };
}

/** Sends a MESSAGE in the dialog of a call. Rejects as `Call.message` says. */
export function messageInCall(
  { dialog, state }: Session,
  text: string | Uint8Array,
  options: MessageOptions,
): Promise<MessageOutcome> {
  const body = messageBody(text, options);
  const { headers, signal } = options;
  if (dialog === undefined || dialog.state !== 'confirmed') {
    throw new StrowgerError('SESSION_STATE', `there is nobody to talk to: the call is ${state}`);
  }
  return messageOutcome((user) => dialog.request('MESSAGE', { body, headers }, user), {
    ended: 'SESSION_ENDED',
    signal,
  });
}

/**
 * Sends a MESSAGE and waits for its outcome. Rejects with `NO_ANSWER`, with `ended` where the client, or
 * the call, ends meanwhile, and with the signal's reason.
 */
export function messageOutcome(
  send: (user: RequestUser) => void,
  { ended, signal }: { ended: 'CLOSED' | 'SESSION_ENDED'; signal: AbortSignal | undefined },
): Promise<MessageOutcome> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = (): void => reject(signal?.reason as Error);
    const done = (): void => signal?.removeEventListener('abort', abort);
    send({
      onResponse: ({ status, reason, headers }) => {
        done();
        const retryAfterSeconds = headers.get('retry-after')?.seconds;
        if (status < 300) return resolve({ kind: 'accepted', status });
        const after = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
        resolve({ kind: 'refused', status, reason, ...after });
      },
      onFailed: (why) => {
        done();
        reject(failureOf(why, ended));
      },
    });
    signal?.addEventListener('abort', abort);
  });
}

function failureOf({ kind }: FailureReason, ended: string): StrowgerError {
  if (kind === 'dialogEnded') return new StrowgerError(ended, 'it was over before the answer');
  return new StrowgerError('NO_ANSWER', `to MESSAGE: ${kind}`);
}
