import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** What a PRACK acknowledges (RFC 3262 §7.2): plain data. */
export interface RAck {
  readonly rseq: number;
  readonly cseq: number;
}

/** RSeq counts to 2^31 - 1 (RFC 3262 §7.1). */
const MAX_RSEQ = 2 ** 31 - 1;

/** The RSeq and CSeq of a reliable provisional response; undefined where it is none (§4). */
export function rackOf(response: SipResponse): RAck | undefined {
  const { status, headers } = response;
  if (status <= 100 || status >= 200) return undefined;
  if (!lists(headers.get('require'), '100rel')) return undefined;
  const rseq = numberIn(headers.raw('RSeq')[0]);
  return rseq === undefined ? undefined : { rseq, cseq: response.cseq.number };
}

/** What a PRACK says that it acknowledges; undefined where that is no sense. */
export function readRAck(prack: SipRequest): RAck | undefined {
  const match = /^\s*(\d{1,10})\s+(\d{1,10})\s+INVITE\s*$/u.exec(
    prack.headers.raw('RAck')[0] ?? '',
  );
  const rseq = numberIn(match?.[1]);
  return rseq === undefined ? undefined : { rseq, cseq: Number(match?.[2]) };
}

/**
 * Whether a reliable provisional is the next of its dialog. The first of an INVITE may have any
 * number; afterwards each is one more, repeated and later ones are ignored (RFC 3262 §4).
 */
export function isNextInOrder(last: RAck | undefined, { rseq, cseq }: RAck): boolean {
  return last === undefined || last.cseq !== cseq || rseq === last.rseq + 1;
}

/** Where numbering starts, with room to go on (RFC 3262 §3). */
export function firstRSeq(random: { float(): number }): number {
  return 1 + Math.floor(random.float() * (MAX_RSEQ / 2));
}

/** Whether a header lists this option tag. */
export function lists(tags: readonly string[] | undefined, tag: string): boolean {
  return tags?.some((one) => one.toLowerCase() === tag) === true;
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,10}\s*$/u.test(text)) return undefined;
  const value = Number(text);
  return value >= 1 && value <= MAX_RSEQ ? value : undefined;
}
