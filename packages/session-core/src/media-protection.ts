import type { MediaSecurity, SrtpPolicy } from './media-backend.ts';

/** @internal Code of media that may not go in the clear and would have. */
export const NOT_ENCRYPTED = 'MEDIA_NOT_ENCRYPTED';

/** @internal What was agreed, as against what was wished and what was there before. */
export interface ProtectionCase {
  /** What the session asked for; absent: whatever the backend does. */
  readonly policy: SrtpPolicy | undefined;
  readonly before: MediaSecurity | undefined;
  readonly now: MediaSecurity | undefined;
}

/**
 * @internal Whether an agreement may stand. `refused`: encryption is required, and this is none, or
 * nobody can tell; `downgraded`: more was wished, or was there before.
 */
export function judgeProtection({
  policy,
  before,
  now,
}: ProtectionCase): 'fine' | 'downgraded' | 'refused' {
  if (policy === 'required' && strengthOf(now) === 0) return 'refused';
  if (now === undefined || now.kind === before?.kind) return 'fine';
  if (now.kind === 'plain' && policy === 'best-effort') return 'downgraded';
  return strengthOf(now) < strengthOf(before) ? 'downgraded' : 'fine';
}

/** Keys in a description are known to all who could read that; those of a handshake to nobody else. */
function strengthOf(security: MediaSecurity | undefined): number {
  if (security === undefined || security.kind === 'plain') return 0;
  return security.kind === 'sdes' ? 1 : 2;
}

/** @internal As a person says it. */
export function spokenProtection(security: MediaSecurity | undefined): string {
  if (security === undefined) return 'nothing known';
  return 'suite' in security ? `${security.kind} ${security.suite}` : security.kind;
}
