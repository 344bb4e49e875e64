/** How one contact of the callee refused. */
export interface LegRefusal {
  /** SIP status from 300 to 699; 408 where nobody answered, 503 where it could not be sent. */
  readonly status: number;
  readonly reason?: string;
  /** Where a 3xx sends the call, best first. */
  readonly contacts?: readonly string[];
}

/**
 * What a caller is told when every contact has refused (RFC 3261 §16.7 step 6): a 6xx goes before
 * all others, then the lowest class. Among 4xx what says most about the callee goes first, so that
 * one busy phone beside one that is switched off makes the callee busy.
 */
export function bestResponse(refusals: readonly LegRefusal[]): LegRefusal {
  const ranked = refusals.map(towardsCaller).sort((one, other) => rank(one) - rank(other));
  return ranked[0] ?? { status: 480 };
}

/**
 * A refusal as it passes from the callee's leg to the caller's. What concerns only our own leg to
 * the phone stays here: the caller cannot answer a challenge, follow a redirection or try another
 * server that the phone meant for us (RFC 3261 §16.7 steps 5 and 6).
 */
export function towardsCaller(refusal: LegRefusal): LegRefusal {
  const { status } = refusal;
  if (status === 401 || status === 407) return { status: 403 };
  const isOurs = status < 400 || status === 408 || status === 487 || status === 503;
  if (isOurs) return { status: 480 };
  const { reason } = refusal;
  return reason === undefined ? { status } : { status, reason };
}

const TELLING = [486, 415, 420, 484, 488];

function rank({ status }: LegRefusal): number {
  if (status >= 600) return 0;
  if (status >= 500) return 1000;
  if (status === 480) return 900;
  const place = TELLING.indexOf(status);
  return place < 0 ? 800 : 100 + place;
}
