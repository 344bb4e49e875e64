import type { SipResponse } from '@strowger/sip-message';

/** What says how to ask again, and so goes before its class (RFC 3261 §16.7 step 6). */
const TELLS_HOW = [401, 407, 415, 420, 484];
/** What somebody decided; after these come those that only say that nobody was there. */
const SAYS_LITTLE = [480, 404, 487, 408, 430];

/**
 * The response that a proxy passes on of all the final ones that its branches got, 2xx apart: any
 * 6xx, else the lowest class (RFC 3261 §16.7 step 6). `undefined` where there was none.
 */
export function bestResponse(finals: readonly SipResponse[]): SipResponse | undefined {
  let best: SipResponse | undefined;
  for (const one of finals) {
    if (best === undefined || rank(one.status) < rank(best.status)) best = one;
  }
  return best;
}

/**
 * All challenges of all branches, so that the client can answer them at once: the fields that the
 * best response, a 401 or 407, has to have beside its own (RFC 3261 §16.7 step 7).
 */
export function furtherChallenges(
  best: SipResponse,
  finals: readonly SipResponse[],
): [name: string, value: string][] {
  if (best.status !== 401 && best.status !== 407) return [];
  return finals
    .filter((one) => one !== best && (one.status === 401 || one.status === 407))
    .flatMap(({ headers }) =>
      ['WWW-Authenticate', 'Proxy-Authenticate'].flatMap((name) =>
        headers.raw(name).map((value): [string, string] => [name, value]),
      ),
    );
}

/** Lower is better: 6xx, then by class, within it what helps most. */
function rank(status: number): number {
  if (status >= 600) return status - 600;
  const ofClass = Math.floor(status / 100) * 1000;
  const telling = TELLS_HOW.indexOf(status);
  if (telling >= 0) return ofClass + telling;
  const little = SAYS_LITTLE.indexOf(status);
  // of two that say as much the lower one, so that it does not depend on who was faster
  return ofClass + (little < 0 ? 100 + (status % 100) : 200 + little);
}
