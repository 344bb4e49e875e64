import { DIGIT } from './characters.ts';
import type { CSeq } from './cseq.ts';
import type { Head } from './head.ts';
import { CALL_ID, CONTENT_LENGTH, CSEQ, FROM, MAX_FORWARDS, TO, VIA } from './header-names.ts';
import { NOT_PLAIN, passClass, passSpaces, plainParams } from './plain-octets.ts';
import { plainDecimal } from './plain-uri.ts';
import { plainCallId, plainCSeq, plainNameAddr, plainNumber, plainSentBy } from './plain-values.ts';

const COMMA = 0x2c;
const MAX_LENGTH = 99_999_999;
const MAX_HOPS = 255;

/**
 * Notes in the head where a key of transactions and dialogs is, or its value, where its field is
 * plain: of these, nobody has to check or read the rest.
 */
export function locateKey(head: Head, id: number, from: number, end: number): void {
  const { octets } = head;
  if (id === VIA) head.viaParams = viaParams(octets, from, end);
  else if (id === FROM) head.fromParams = addressParams(octets, from, end);
  else if (id === TO) head.toParams = addressParams(octets, from, end);
  else if (id === CALL_ID) head.callId = plainCallId(octets, from) === end ? from : NOT_PLAIN;
  else if (id === CSEQ) head.cseq = plainCSeq(octets, from) === end ? from : NOT_PLAIN;
  else if (id === MAX_FORWARDS) head.maxForwards = numberAt(octets, from, end, MAX_HOPS);
  else if (id === CONTENT_LENGTH) head.contentLength = numberAt(octets, from, end, MAX_LENGTH);
}

function numberAt(octets: Uint8Array, from: number, end: number, max: number): number {
  return plainNumber(octets, from, max) === end ? plainDecimal(octets, from, end) : NOT_PLAIN;
}

/** Forgets a key of which there are several fields. */
export function forgetKey(head: Head, id: number): void {
  if (id === FROM) head.fromParams = NOT_PLAIN;
  else if (id === TO) head.toParams = NOT_PLAIN;
  else if (id === CALL_ID) head.callId = NOT_PLAIN;
  else if (id === CSEQ) head.cseq = NOT_PLAIN;
  else if (id === MAX_FORWARDS) head.maxForwards = NOT_PLAIN;
  else if (id === CONTENT_LENGTH) head.contentLength = NOT_PLAIN;
}

function viaParams(octets: Uint8Array, from: number, fieldEnd: number): number {
  const params = plainSentBy(octets, from);
  const end = params < 0 ? NOT_PLAIN : plainParams(octets, params);
  const isWhole = end === fieldEnd || (end >= 0 && octets[end] === COMMA);
  return isWhole ? params : NOT_PLAIN;
}

function addressParams(octets: Uint8Array, from: number, fieldEnd: number): number {
  const params = plainNameAddr(octets, from);
  return params >= 0 && plainParams(octets, params) === fieldEnd ? params : NOT_PLAIN;
}

/** The sent-by in front of the parameters of a Via that `locateKey` found. */
export function plainSentByText(text: string, params: number): string {
  return text.slice(text.lastIndexOf(' ', params - 1) + 1, params).toLowerCase();
}

/** The value of a CSeq that `locateKey` found. */
export function plainCSeqValue(text: string, octets: Uint8Array, from: number): CSeq {
  const end = passClass(octets, from, DIGIT);
  const method = text.slice(passSpaces(octets, end), text.indexOf('\r', end));
  return { number: plainDecimal(octets, from, end), method };
}
