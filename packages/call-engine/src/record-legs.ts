import type { MediaStats } from '@strowger/session-core';
import type { CallLegRecord } from './call-record.ts';
import type { CallerLeg } from './caller-leg.ts';
import type { ContactLeg } from './contact-leg.ts';

/** The legs of a call as its record has them, the caller's first. */
export function recordLegs(call: {
  readonly caller: CallerLeg;
  readonly legs: readonly ContactLeg[];
  readonly callerMedia: MediaStats | undefined;
  readonly calleeMedia: MediaStats | undefined;
  /** What the caller got. */
  readonly status: number;
}): readonly CallLegRecord[] {
  const { caller, legs, callerMedia, calleeMedia, status } = call;
  const { callId } = caller.session;
  return [
    { role: 'caller', callId, remote: caller.remote, status, ...of(callerMedia) },
    ...legs.map((leg) => ({
      role: 'callee' as const,
      callId: leg.session.callId,
      remote: leg.contact,
      ...(leg.status === undefined ? {} : { status: leg.status }),
      ...of(leg.end.isHeard ? calleeMedia : undefined),
    })),
  ];
}

function of(media: MediaStats | undefined): { media?: MediaStats } {
  return media === undefined ? {} : { media };
}
