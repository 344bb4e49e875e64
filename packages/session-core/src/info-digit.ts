import type { SipRequest } from '@strowger/sip-message';

const DEFAULT_DURATION_MS = 100;
const LONGEST_MS = 10_000;

/** A digit that came by INFO. */
export interface InfoDigit {
  readonly digit: string;
  readonly durationMs: number;
}

/** @internal The types of INFO bodies that carry a digit. */
export function isDigitInfo(request: SipRequest): boolean {
  return kindOf(request) !== undefined;
}

/**
 * The digit of an INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or
 * `application/dtmf` (the digit alone). Undefined where there is none.
 */
export function digitOf(request: SipRequest): InfoDigit | undefined {
  const text = request.text();
  const isRelay = kindOf(request) === 'dtmf-relay';
  const signal = isRelay ? /^signal\s*=\s*(\S+)/imu.exec(text)?.[1] : text.trim();
  const digit = signal === undefined ? undefined : normalized(signal);
  if (digit === undefined) return undefined;
  const given = isRelay ? Number(/^duration\s*=\s*(\d{1,5})/imu.exec(text)?.[1]) : Number.NaN;
  const durationMs = given > 0 ? Math.min(given, LONGEST_MS) : DEFAULT_DURATION_MS;
  return { digit, durationMs };
}

function kindOf(request: SipRequest): 'dtmf-relay' | 'dtmf' | undefined {
  const type = request.headers.get('content-type');
  if (type?.type.toLowerCase() !== 'application') return undefined;
  const subtype = type.subtype.toLowerCase();
  return subtype === 'dtmf-relay' || subtype === 'dtmf' ? subtype : undefined;
}

/** Some send `*` and `#` as the event numbers 10 and 11 (RFC 4733 §3.2). */
function normalized(signal: string): string | undefined {
  if (signal === '10') return '*';
  if (signal === '11') return '#';
  return /^[0-9*#a-d]$/iu.test(signal) ? signal.toUpperCase() : undefined;
}
