import type { Headers, SipRequest, SipResponse } from '@strowger/sip-message';
import type { HeaderFields } from './dialog-user.ts';
import { lists } from './rseq.ts';

/** How sessions are kept alive (RFC 4028). */
export interface SessionTimerOptions {
  /** The interval that we ask for, in seconds, 90 or more. Default 1800. */
  readonly intervalSeconds: number;
  /** The shortest interval that we take, in seconds, 90 or more; shorter ones get 422. Default 90. */
  readonly minSeconds: number;
  /**
   * Who refreshes, seen from the INVITE: its sender (`uac`) or its receiver (`uas`). By default the
   * peer may choose; where it leaves that to us, its sender.
   */
  readonly refresher: 'uac' | 'uas' | undefined;
  /** Refreshes also where the peer knows nothing of session timers. Default false. */
  readonly force: boolean;
}

/** The value of Session-Expires (RFC 4028 §4). */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher?: 'uac' | 'uas' | undefined;
}

/** What a dialog has agreed on: plain data. */
export interface SessionInterval {
  readonly seconds: number;
  readonly weRefresh: boolean;
}

/** No interval may be shorter (RFC 4028 §5). */
const SHORTEST_SECONDS = 90;
const LONGEST_SECONDS = 2 ** 31 - 1;

/** Fills in the defaults, and keeps both intervals within what the RFC allows. */
export function sessionTimerOptions(given: Partial<SessionTimerOptions> = {}): SessionTimerOptions {
  const minSeconds = Math.max(SHORTEST_SECONDS, given.minSeconds ?? SHORTEST_SECONDS);
  const intervalSeconds = Math.max(minSeconds, given.intervalSeconds ?? 1800);
  return { intervalSeconds, minSeconds, refresher: given.refresher, force: given.force ?? false };
}

/** What Session-Expires says; undefined where it is absent or makes no sense. */
export function readSessionExpires(headers: Headers): SessionExpires | undefined {
  const match = /^\s*(\d{1,10})\s*(;.*)?$/u.exec(headers.raw('Session-Expires')[0] ?? '');
  if (match === null) return undefined;
  const seconds = Math.min(Number(match[1]), LONGEST_SECONDS);
  const role = /;\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)/iu.exec(match[2] ?? '')?.[1];
  const refresher = role?.toLowerCase() === 'uac' ? 'uac' : 'uas';
  return role === undefined ? { seconds } : { seconds, refresher };
}

/** What Min-SE says; the RFC's minimum where it says nothing (RFC 4028 §5). */
export function readMinSe(headers: Headers): number {
  const match = /^\s*(\d{1,10})\s*(?:;.*)?$/u.exec(headers.raw('Min-SE')[0] ?? '');
  return Math.max(SHORTEST_SECONDS, Math.min(Number(match?.[1] ?? 0), LONGEST_SECONDS));
}

/** Whether the message says that its sender knows session timers. */
export function knowsTimer({ headers }: SipRequest | SipResponse): boolean {
  return lists(headers.get('supported'), 'timer') || lists(headers.get('require'), 'timer');
}

/** The header fields of an INVITE or UPDATE of ours (RFC 4028 §7.1, §7.4). */
export function requestFields(expires: SessionExpires, minSeconds: number): HeaderFields {
  const fields: [string, string][] = [['Session-Expires', format(expires)]];
  if (minSeconds > SHORTEST_SECONDS) fields.push(['Min-SE', `${minSeconds}`]);
  return fields;
}

/** Whether a request asks for less than we take: it deserves a 422 (RFC 4028 §6, §9). */
export function isTooShort(request: SipRequest, { minSeconds }: SessionTimerOptions): boolean {
  const asked = readSessionExpires(request.headers);
  return asked !== undefined && asked.seconds < minSeconds && knowsTimer(request);
}

/** The request once more, after a 422 that asks for more than it said (RFC 4028 §7.3). */
export function afterTooSmall(sent: SipRequest, refusal: SipResponse): SipRequest | undefined {
  const asked = readSessionExpires(sent.headers);
  if (asked === undefined || !refusal.headers.has('Min-SE')) return undefined;
  const minSeconds = readMinSe(refusal.headers);
  if (minSeconds <= asked.seconds && minSeconds <= readMinSe(sent.headers)) return undefined;
  const again = sent.clone();
  const seconds = Math.max(asked.seconds, minSeconds);
  again.headers.set('Session-Expires', format({ ...asked, seconds }));
  again.headers.set('Min-SE', `${minSeconds}`);
  return again;
}

/** What our 2xx to a request says and means (RFC 4028 §9, table 2); undefined: no session timer. */
export function answerInterval(
  request: SipRequest,
  options: SessionTimerOptions,
): { fields: HeaderFields; interval: SessionInterval } | undefined {
  const asked = readSessionExpires(request.headers);
  const isKnown = knowsTimer(request);
  if (asked === undefined && !isKnown && !options.force) return undefined;
  const least = Math.max(readMinSe(request.headers), options.minSeconds);
  const wanted = Math.min(asked?.seconds ?? options.intervalSeconds, options.intervalSeconds);
  // never more than a proxy asked for, but for what would be a flood
  const floor = Math.max(SHORTEST_SECONDS, Math.min(least, asked?.seconds ?? least));
  const seconds = Math.max(wanted, floor);
  // one that knows nothing of timers refreshes nothing
  const refresher = isKnown ? (asked?.refresher ?? options.refresher ?? 'uac') : 'uas';
  const fields: [string, string][] = [['Session-Expires', format({ seconds, refresher })]];
  if (refresher === 'uac') fields.push(['Require', 'timer']);
  return { fields, interval: { seconds, weRefresh: refresher === 'uas' } };
}

/** What the 2xx to a request of ours means (RFC 4028 §7.2); undefined: no session timer. */
export function agreedInterval(
  sent: SipRequest,
  response: SipResponse,
  { force }: SessionTimerOptions,
): SessionInterval | undefined {
  const said = readSessionExpires(response.headers);
  if (said !== undefined) {
    const seconds = Math.max(said.seconds, SHORTEST_SECONDS);
    return { seconds, weRefresh: said.refresher !== 'uas' };
  }
  const asked = readSessionExpires(sent.headers);
  return force && asked !== undefined ? { seconds: asked.seconds, weRefresh: true } : undefined;
}

/** When the refresher refreshes: half of the interval (RFC 4028 §7.2), in milliseconds. */
export function refreshAfterMs(seconds: number): number {
  return seconds * 500;
}

/** When a session that was not refreshed ends (RFC 4028 §10), in milliseconds. */
export function expireAfterMs(seconds: number): number {
  return Math.floor((seconds - Math.min(32, seconds / 3)) * 1000);
}

function format({ seconds, refresher }: SessionExpires): string {
  return refresher === undefined ? `${seconds}` : `${seconds};refresher=${refresher}`;
}
