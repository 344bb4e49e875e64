import type { Headers, Reason, RetryAfter, Warning } from '@strowger/sip-message';
import { isQ850Cause, Q850_OF_STATUS, STATUS_OF_Q850 } from './q850.ts';

/** Why a call, or a request, ended, in every language of the wire at once. */
export interface Cause {
  /** The SIP status that fits. */
  readonly status: number;
  /** The Q.850 cause, 1 to 127: the peer's own where it sent one (RFC 6432), else by RFC 3398. */
  readonly q850: number;
  /** For people: the Reason's text, else the reason phrase. */
  readonly text?: string | undefined;
  /** What Warning says (RFC 3261 §20.43). */
  readonly warnings: readonly Warning[];
  /** When to try again. */
  readonly retryAfter?: RetryAfter | undefined;
}

/** What a Reason header says (RFC 3326), by protocol; the first value of each counts. */
export interface Reasons {
  /** A Q.850 cause. */
  readonly q850?: number | undefined;
  /** A SIP status, such as 200 with "Call completed elsewhere". */
  readonly sip?: number | undefined;
  readonly text?: string | undefined;
}

/**
 * The Q.850 cause of a final SIP status (RFC 3398 §8.2.6.1). 2xx gives 16, normal clearing; a status
 * that it does not name that of its class.
 */
export function q850OfStatus(status: number): number {
  const known = Q850_OF_STATUS.get(status);
  if (known !== undefined) return known;
  if (status < 300) return 16;
  if (status < 400) return 23;
  return status < 500 ? 41 : 127;
}

/** The SIP status for a Q.850 cause (RFC 3398 §7.2.4.1); 500 where it names none. */
export function statusOfQ850(q850: number): number {
  return STATUS_OF_Q850.get(q850) ?? 500;
}

/** What Reason says; causes out of range are passed over. */
export function reasonsOf(headers: Headers): Reasons {
  const reasons = headers.get('reason') ?? [];
  const find = (protocol: string): Reason | undefined =>
    reasons.find((reason) => reason.protocol.toUpperCase() === protocol);
  const q850 = find('Q.850');
  const sip = find('SIP');
  return {
    q850: isQ850Cause(q850?.cause) ? q850?.cause : undefined,
    sip: isStatus(sip?.cause) ? sip?.cause : undefined,
    text: q850?.text ?? sip?.text,
  };
}

/** The values of Reason. */
export function reasonValues({ q850, sip, text }: Reasons): Reason[] {
  const values: Reason[] = [];
  if (sip !== undefined) values.push({ protocol: 'SIP', cause: sip, ...worded(text) });
  if (q850 !== undefined) values.push({ protocol: 'Q.850', cause: q850, ...worded(text) });
  return values;
}

/** Why a request was refused. */
export function causeOfResponse(response: {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
}): Cause {
  const { status, headers } = response;
  const { q850, text } = reasonsOf(headers);
  return {
    status,
    q850: q850 ?? q850OfStatus(status),
    text: text ?? (response.reason === '' ? undefined : response.reason),
    warnings: headers.get('warning') ?? [],
    retryAfter: headers.get('retry-after'),
  };
}

/** Why a peer sent BYE or CANCEL; without Reason it is normal clearing. */
export function causeOfRequest({ headers }: { readonly headers: Headers }): Cause {
  const { q850, sip, text } = reasonsOf(headers);
  const status = sip ?? (q850 === undefined || q850 === 16 ? 200 : statusOfQ850(q850));
  return {
    status,
    q850: q850 ?? q850OfStatus(status),
    text,
    warnings: headers.get('warning') ?? [],
    retryAfter: headers.get('retry-after'),
  };
}

/** The header fields that tell a cause in a BYE, CANCEL or refusal: Reason, Warning, Retry-After. */
export function causeFields(
  cause: Pick<Cause, 'q850'> & Partial<Cause>,
): [name: string, value: string | object][] {
  const { status, q850, text, warnings = [], retryAfter } = cause;
  const sip = status === undefined || status === 200 ? undefined : status;
  const fields: [string, string | object][] = [['Reason', reasonValues({ q850, sip, text })]];
  if (warnings.length > 0) fields.push(['Warning', warnings]);
  if (retryAfter !== undefined) fields.push(['Retry-After', retryAfter]);
  return fields;
}

function isStatus(cause: number | undefined): boolean {
  return cause !== undefined && cause >= 100 && cause <= 699;
}

/** A peer's text as it may stand in a header of ours. */
function worded(text: string | undefined): { text?: string } {
  return text === undefined ? {} : { text: text.replaceAll(/[\r\n\0]/gu, ' ') };
}
