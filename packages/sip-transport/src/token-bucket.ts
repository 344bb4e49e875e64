/** How many tokens there were, and when. */
export interface TokenBucket {
  tokens: number;
  at: number;
}

/** A bucket that is full. */
export function fullBucket(burst: number, now: number): TokenBucket {
  return { tokens: burst, at: now };
}

/** Takes a token; false where none is left. `perSecond` come back, up to `burst`. */
export function takeToken(
  bucket: TokenBucket,
  { now, perSecond, burst }: { now: number; perSecond: number; burst: number },
): boolean {
  const grown = bucket.tokens + ((now - bucket.at) * perSecond) / 1000;
  bucket.tokens = Math.min(burst, grown);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens--;
  return true;
}
