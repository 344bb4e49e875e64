import { IS_COMPOSING_TYPE, parseIsComposing } from '@strowger/dialog-core';
import { createResponse, type NameAddr, type SipRequest } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { Call } from '../call.ts';
import { encodingOf, mediaTypeOf } from '../media-type.ts';

/** A MESSAGE that came in (RFC 3428); 200 was sent. */
export interface IncomingMessage {
  /** Who says to have sent it. */
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** The body as text, in UTF-8. */
  readonly text: string;
  readonly body: Uint8Array;
  /** In lower case, without parameters. */
  readonly contentType: string;
  /** In which it was sent; absent where it belongs to none. */
  readonly call?: Call;
}

/** Somebody begins or stops typing (RFC 3994). */
export interface IncomingComposing {
  readonly from: NameAddr;
  readonly state: 'active' | 'idle';
  /** How long `active` holds without another one. */
  readonly refreshSeconds: number;
  readonly call?: Call;
}

/** What is taken now. */
export interface MessageTaking {
  /** Media types in lower case; `text/*` stands for all of its kind. None: no MESSAGE at all. */
  readonly types: readonly string[];
  readonly maxBytes: number;
}

/** The final status of a MESSAGE, and what its answer says besides. */
export interface MessageVerdict {
  readonly status: 200 | 405 | 413 | 415;
  readonly headers: readonly [string, string][];
}

/** Judges a MESSAGE (RFC 3428 §7, RFC 3261 §8.2.3); the Allow of a 405 is not ours to know. */
export function judgeMessage(
  request: SipRequest,
  { types, maxBytes }: MessageTaking,
): MessageVerdict {
  if (types.length === 0) return { status: 405, headers: [] };
  if (request.body.length > maxBytes) return { status: 413, headers: [] };
  if (encodingOf(request) !== '')
    return { status: 415, headers: [['Accept-Encoding', 'identity']] };
  const isTaken = isAmong(types, contentTypeOf(request));
  if (isTaken) return { status: 200, headers: [] };
  return { status: 415, headers: [['Accept', types.join(', ')]] };
}

/** Who is told of messages. */
export interface MessageUser {
  readonly taking: MessageTaking;
  onMessage(message: IncomingMessage): void;
  onComposing(composing: IncomingComposing): void;
}

/** Answers a MESSAGE, and tells what it says; false where nobody takes any. */
export function takeMessage(
  transaction: ServerTransaction,
  user: MessageUser,
  call?: Call,
): boolean {
  const { request } = transaction;
  const { status, headers } = judgeMessage(request, user.taking);
  if (status === 405) return false;
  const contentType = contentTypeOf(request);
  const parties = { from: request.from, to: request.to, ...(call && { call }) };
  const answer = (code: number): void =>
    transaction.respond(createResponse(request, code, { headers }));
  if (status !== 200) answer(status);
  else if (contentType === IS_COMPOSING_TYPE) {
    const read = parseIsComposing(request.body);
    answer(read.ok ? 200 : read.status);
    if (!read.ok) return true;
    const { state, refreshSeconds = 120 } = read.value;
    user.onComposing({ ...parties, state, refreshSeconds });
  } else {
    answer(200);
    user.onMessage({ ...parties, text: request.text(), body: request.body, contentType });
  }
  return true;
}

/** Nothing at all is a text, too. */
function contentTypeOf(request: SipRequest): string {
  const type = mediaTypeOf(request);
  return type === '' && request.body.length === 0 ? 'text/plain' : type;
}

function isAmong(types: readonly string[], type: string): boolean {
  return types.some((one) => one === type || one === '*/*' || isOfKind(one, type));
}

function isOfKind(kind: string, type: string): boolean {
  return kind.endsWith('/*') && type.startsWith(kind.slice(0, -1));
}
