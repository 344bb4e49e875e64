import type { NameAddr, SipRequest } from '@strowger/sip-message';
import { SipUri } from '@strowger/sip-message';
import type { Line } from './line.ts';

/** What is looked at of a line. */
export type LineClues = Pick<Line, 'account' | 'isServer'>;

/**
 * Which line a request is for: of those whose server it came from (of all, where it came from none's) the
 * one whose user the request URI names, as our Contact does, then the one that To names, or To's domain;
 * else the first.
 */
export function calledLine<T extends LineClues>(
  lines: readonly [T, ...T[]],
  { uri, to }: Pick<SipRequest, 'uri' | 'to'>,
  source: string | undefined,
): T {
  const near = source === undefined ? [] : lines.filter((line) => line.isServer(source));
  const candidates = near.length === 0 ? lines : near;
  const named = candidates.filter(
    ({ account }) => uri instanceof SipUri && account.uri.user === uri.user,
  );
  const best = named.length === 0 ? candidates : named;
  const addressed = best.find(({ account }) => isOf(to, account.uri));
  const housed = best.find(({ account }) => isAt(to, account.uri));
  return addressed ?? housed ?? best[0] ?? lines[0];
}

/** The line that says it is this one; the first where none does. */
export function sayingLine<T extends LineClues>(lines: readonly [T, ...T[]], from: NameAddr): T {
  return lines.find(({ account }) => isOf(from, account.uri)) ?? lines[0];
}

/** Whether this is an address of record of ours: user and host, whatever the scheme and port. */
export function isOf({ uri }: Pick<NameAddr, 'uri'>, own: SipUri): boolean {
  return isAt({ uri }, own) && uri instanceof SipUri && uri.user === own.user;
}

function isAt({ uri }: Pick<NameAddr, 'uri'>, own: SipUri): boolean {
  return uri instanceof SipUri && uri.host.toLowerCase() === own.host.toLowerCase();
}
