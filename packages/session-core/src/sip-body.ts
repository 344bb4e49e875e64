import {
  accompaniedDescription,
  type Body,
  type HeaderFields,
  type IncomingInvite,
} from '@strowger/dialog-core';
import {
  acceptHeaders,
  type BodyPart,
  type BodyPartInit,
  composeMultipart,
  leafParts,
  readBody,
  refuseBody,
  type SipMessage,
} from '@strowger/sip-message';
import type { PeerReason } from './end-reason.ts';
import type { Sdp } from './media-backend.ts';

const DESCRIPTION = 'application/sdp';

/**
 * @internal The session description that a message carries, if any (RFC 3261 §13.2.1): its body, or of
 * several parts the first whose disposition is `session` (RFC 5621 §3).
 */
export function sdpOf(message: SipMessage): Sdp | undefined {
  if (message.body.length === 0) return undefined;
  if (isSdp(message)) return message.text();
  const part = accompaniedDescription(message);
  return part && new TextDecoder().decode(part.body);
}

/**
 * @internal Whether it has a body that is neither a session description nor of these types: worth a 415.
 * What accompanies a description stays with the request for whoever understands it, and is in the way
 * only where it says itself that it must be understood: that of emergency calls does not.
 */
export function hasForeignBody(message: SipMessage, types: readonly string[] = []): boolean {
  if (message.body.length === 0 || isSdp(message)) return false;
  const read = readBody(message);
  if (!read.ok || read.value === undefined) return true;
  const isTaken =
    accompaniedDescription(message) !== undefined || bodiesOf(message, types).length > 0;
  const options = { defaultHandling: 'optional' } as const;
  return !isTaken || refuseBody(read.value, [DESCRIPTION, ...types], options) !== undefined;
}

/** @internal The parts of a message of these types, or the body where that is of one. */
export function bodiesOf(message: SipMessage, types: readonly string[]): readonly BodyPart[] {
  const read = readBody(message);
  if (!read.ok || read.value === undefined) return [];
  return leafParts(read.value).filter(({ contentType: { type, subtype } }) =>
    types.includes(`${type}/${subtype}`),
  );
}

/** @internal */
export function sdpBody(sdp: Sdp): { type: string; content: string } {
  return { type: DESCRIPTION, content: sdp };
}

/** @internal A description of ours with what accompanies it (RFC 5621 §3). */
export function accompanied(sdp: Sdp, parts: readonly BodyPartInit[]): Body {
  if (parts.length === 0) return sdpBody(sdp);
  const description = { headers: [['Content-Type', DESCRIPTION]] as const, body: sdp };
  const { contentType, body } = composeMultipart([description, ...parts]);
  return { type: `${contentType.type}/${contentType.subtype}${contentType.params}`, content: body };
}

/** @internal What the Reason headers of a message say (RFC 3326). */
export function reasonOf(message: SipMessage): PeerReason {
  const reasons = message.headers.get('reason') ?? [];
  const q850 = reasons.find(({ protocol }) => protocol.toUpperCase() === 'Q.850');
  const sip = reasons.find(({ protocol }) => protocol.toUpperCase() === 'SIP');
  const text = q850?.text ?? sip?.text;
  return {
    ...(q850?.cause === undefined ? {} : { cause: q850.cause }),
    ...(sip?.cause === undefined ? {} : { sip: sip.cause }),
    ...(text === undefined ? {} : { text }),
  };
}

/** @internal The Reason header of a CANCEL or BYE, where there is something to say. */
export function reasonFields({ cause, sip, text }: PeerReason): HeaderFields & [string, string][] {
  const words = text === undefined ? {} : { text };
  const fields: { protocol: string; cause: number; text?: string }[] = [];
  if (sip !== undefined) fields.push({ protocol: 'SIP', cause: sip, ...words });
  if (cause !== undefined) fields.push({ protocol: 'Q.850', cause, ...words });
  return fields.map((field): [string, string] => ['Reason', formatReason(field)]);
}

function formatReason(reason: { protocol: string; cause: number; text?: string }): string {
  const quoted = reason.text?.replace(/["\\\r\n]/gu, ' ');
  return `${reason.protocol};cause=${reason.cause}${quoted === undefined ? '' : `;text="${quoted}"`}`;
}

/** What sessions take: descriptions, by themselves or among other parts (RFC 5621 §3). */
export const DESCRIPTION_TYPES: readonly string[] = [DESCRIPTION, 'multipart/mixed'];

/** @internal Refuses a change or a call for its body, and says what is taken (RFC 3261 §21.4.13). */
export function refuseForBody(
  request: Pick<IncomingInvite, 'reject'>,
  types: readonly string[] = [],
): void {
  request.reject(415, { headers: acceptHeaders([...DESCRIPTION_TYPES, ...types]) });
}

function isSdp(message: SipMessage): boolean {
  const encodings = message.headers.raw('Content-Encoding');
  if (encodings.some((name) => name.trim().toLowerCase() !== 'identity')) return false;
  const type = message.headers.get('content-type');
  return type?.type.toLowerCase() === 'application' && type.subtype.toLowerCase() === 'sdp';
}
