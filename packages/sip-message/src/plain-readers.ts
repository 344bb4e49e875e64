import { TOKEN } from './characters.ts';
import type { CSeq } from './cseq.ts';
import type { SessionExpires } from './extension-types.ts';
import type { Head } from './head.ts';
import type { TokenWithParams } from './header-types.ts';
import { lowerSlice, upperSlice } from './host-port.ts';
import type { MediaType } from './media-type.ts';
import { NameAddr, NameAddrSpans } from './name-addr.ts';
import { Params } from './params.ts';
import { NOT_PLAIN, passClass, passSpaces, plainParam, plainParams } from './plain-octets.ts';
import { plainDecimal, plainSipUri } from './plain-uri.ts';
import {
  passDisplayName,
  plainCallId,
  plainCSeq,
  plainDate,
  plainMediaType,
  plainNumber,
  plainSentBy,
  plainToken,
} from './plain-values.ts';
import { SipUri } from './sip-uri.ts';
import { SipUriSpans } from './sip-uri-scan.ts';
import { Via, ViaSpans } from './via.ts';

/**
 * Reads one value where it is plain (plain-octets.ts) in a head of US-ASCII: the same value as the
 * reader of the whole grammar would give, at a third of its price. Leaves where the value ends in
 * `head.passed`, which is -1 where it cannot tell.
 */
export type PlainRead = (head: Head, from: number) => unknown;

const QUOTE = 0x22;
const LESS = 0x3c;
const GREATER = 0x3e;
const SPACE = 0x20;
const COLON = 0x3a;

export function tokenAt(head: Head, from: number): string {
  head.passed = plainToken(head.octets, from);
  return head.text.slice(from, head.passed);
}

export function callIdAt(head: Head, from: number): string {
  head.passed = plainCallId(head.octets, from);
  return head.text.slice(from, head.passed);
}

export function dateAt(head: Head, from: number): string {
  head.passed = plainDate(head.octets, from);
  return head.text.slice(from, head.passed);
}

/** A reader of numbers up to a bound. */
export function numberUpTo(max: number): PlainRead {
  return (head, from) => {
    head.passed = plainNumber(head.octets, from, max);
    return plainDecimal(head.octets, from, head.passed);
  };
}

export function cseqAt(head: Head, from: number): CSeq | undefined {
  const { text, octets } = head;
  head.passed = plainCSeq(octets, from);
  if (head.passed < 0) return undefined;
  const gap = text.indexOf(' ', from);
  const method = text.slice(passSpaces(octets, gap), head.passed);
  return { number: plainDecimal(octets, from, gap), method };
}

export function tokenWithParamsAt(head: Head, from: number): TokenWithParams {
  const end = plainToken(head.octets, from);
  return { value: head.text.slice(from, end), params: paramsAt(head, end) };
}

export function mediaTypeAt(head: Head, from: number): MediaType | undefined {
  const { text, octets } = head;
  head.passed = plainMediaType(octets, from);
  if (head.passed < 0) return undefined;
  const slash = passClass(octets, from, TOKEN);
  const end = passClass(octets, slash + 1, TOKEN);
  const params = Params.of(text.slice(end, head.passed), 'header');
  return {
    type: lowerSlice(text, from, slash),
    subtype: lowerSlice(text, slash + 1, end),
    params,
  };
}

export function sessionExpiresAt(head: Head, from: number): SessionExpires | undefined {
  const end = plainNumber(head.octets, from, 0xffff_ffff);
  head.passed = end < 0 ? NOT_PLAIN : plainParams(head.octets, end);
  if (head.passed < 0) return undefined;
  const seconds = plainDecimal(head.octets, from, end);
  const refresher = plainParam(head, end, 'refresher')?.toLowerCase();
  return refresher === 'uac' || refresher === 'uas' ? { seconds, refresher } : { seconds };
}

export function minSEAt(head: Head, from: number): number {
  const end = plainNumber(head.octets, from, 0xffff_ffff);
  head.passed = end < 0 ? NOT_PLAIN : plainParams(head.octets, end);
  return plainDecimal(head.octets, from, end);
}

export function nameAddrAt(head: Head, from: number): NameAddr | undefined {
  const { text, octets } = head;
  head.passed = NOT_PLAIN;
  const less = passDisplayName(octets, from);
  if (less < 0 || octets[less] !== LESS) return undefined;
  const uri = new SipUriSpans(text, less + 1, 0, 0);
  const greater = plainSipUri(octets, less + 1, uri);
  if (greater < 0 || octets[greater] !== GREATER) return undefined;
  const spans = new NameAddrSpans(text, from);
  if (less > from) spans.nameEnd = endOfName(octets, from, less);
  passParams(head, greater + 1, spans);
  return new NameAddr({ uri: new SipUri(uri) }, spans);
}

/** Behind a quoted name, or behind the last of the tokens of another. */
function endOfName(octets: Uint8Array, from: number, less: number): number {
  let end = less;
  while (end > from && octets[end - 1] === SPACE) end--;
  return octets[from] === QUOTE && octets[end - 1] !== QUOTE ? less : end;
}

export function viaAt(head: Head, from: number): Via | undefined {
  const { text, octets } = head;
  const paramsFrom = plainSentBy(octets, from);
  head.passed = NOT_PLAIN;
  if (paramsFrom < 0) return undefined;
  const protocol = from + 'SIP/2.0/'.length;
  const gap = passClass(octets, protocol, TOKEN);
  const hostFrom = passSpaces(octets, gap);
  const colon = text.indexOf(':', hostFrom);
  const hasPort = colon >= 0 && colon < paramsFrom && octets[colon] === COLON;
  const host = lowerSlice(text, hostFrom, hasPort ? colon : paramsFrom);
  const port = hasPort ? plainDecimal(octets, colon + 1, paramsFrom) : undefined;
  const transport = upperSlice(text, protocol, gap);
  const spans = new ViaSpans(text);
  passParams(head, paramsFrom, spans);
  return new Via({ transport, host, port }, spans);
}

/** Notes where the parameters are that begin here; where they end is where the value does. */
function passParams(head: Head, from: number, spans: NameAddrSpans | ViaSpans): void {
  head.passed = plainParams(head.octets, from);
  spans.paramsFrom = from;
  spans.paramsEnd = head.passed;
}

/** The parameters that begin here; where they end is where the value does. */
function paramsAt(head: Head, from: number): Params {
  head.passed = from < 0 ? NOT_PLAIN : plainParams(head.octets, from);
  return Params.of(head.passed <= from ? '' : head.text.slice(from, head.passed), 'header');
}
