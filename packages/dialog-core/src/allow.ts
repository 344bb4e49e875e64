import type { Headers } from '@strowger/sip-message';
import { lists } from './rseq.ts';

/** A list of methods as nearly everybody writes it. */
const PLAIN = /^[A-Z]+(?:, ?[A-Z]+)*$/;
const UPDATE = /(?:^|[, ])UPDATE(?:,|$)/;

/** Whether Allow names UPDATE (RFC 3311 §4); undefined where there is no Allow, or none that is well-formed. */
export function allowsUpdate(headers: Headers): boolean | undefined {
  const [first, ...others] = headers.raw('Allow');
  if (first === undefined) return undefined;
  // the usual one is not taken apart
  if (others.length === 0 && PLAIN.test(first)) return UPDATE.test(first);
  const allow = headers.get('allow');
  return allow === undefined ? undefined : lists(allow, 'update');
}
