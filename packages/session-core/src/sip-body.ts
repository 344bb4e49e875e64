import type { Body, HeaderFields } from '@strowger/dialog-core';
import { type BodyPartInit, composeMultipart, type SipMessage } from '@strowger/sip-message';
import type { PeerReason } from './end-reason.ts';
import type { Sdp } from './media-backend.ts';

/** @internal The session description that a message carries, if any (RFC 3261 §13.2.1). */
export function sdpOf(message: SipMessage): Sdp | undefined {
  return message.body.length > 0 && isSdp(message) ? message.text() : undefined;
}

/** @internal Whether it has a body that is no session description: worth a 415. */
export function hasForeignBody(message: SipMessage): boolean {
  return message.body.length > 0 && !isSdp(message);
}

/** @internal */
export function sdpBody(sdp: Sdp): { type: string; content: string } {
  return { type: 'application/sdp', content: sdp };
}

/** @internal A description of ours with what accompanies it (RFC 5621 §3). */
export function accompanied(sdp: Sdp, parts: readonly BodyPartInit[]): Body {
  if (parts.length === 0) return sdpBody(sdp);
  const description = { headers: [['Content-Type', 'application/sdp']] as const, body: sdp };
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

/** @internal What a 415 says that we take (RFC 3261 §21.4.13): nothing that has to be inflated. */
export const TAKEN_BODIES: readonly [string, string][] = [
  ['Accept', 'application/sdp'],
  ['Accept-Encoding', 'identity'],
];

function isSdp(message: SipMessage): boolean {
  const encodings = message.headers.raw('Content-Encoding');
  if (encodings.some((name) => name.trim().toLowerCase() !== 'identity')) return false;
  const type = message.headers.get('content-type');
  return type?.type.toLowerCase() === 'application' && type.subtype.toLowerCase() === 'sdp';
}
