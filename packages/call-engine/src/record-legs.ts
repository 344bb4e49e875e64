import type { MediaStats } from '@strowger/session-core';
import type { CallStats } from './call-media.ts';
import type { CallLegRecord } from './call-record.ts';
import type { CallerLeg } from './caller-leg.ts';
import type { ContactLeg } from './contact-leg.ts';

/** The legs of a call as its record has them, the caller's first. */
export async function recordLegs(call: {
  readonly caller: CallerLeg;
  readonly legs: readonly ContactLeg[];
  /** Of the relay, where the call had one. */
  readonly stats: CallStats | undefined;
  /** What the caller got. */
  readonly status: number;
}): Promise<readonly CallLegRecord[]> {
  const { caller, legs, stats, status } = call;
  const media = stats?.caller ?? (await caller.closeMedia());
  return [
    { role: 'caller', callId: caller.session.callId, remote: caller.remote, status, ...of(media) },
    ...legs.map((leg) => ({
      role: 'callee' as const,
      callId: leg.session.callId,
      remote: leg.contact,
      ...(leg.status === undefined ? {} : { status: leg.status }),
      ...of(leg.end.isHeard ? stats?.callee : undefined),
    })),
  ];
}

function of(media: MediaStats | undefined): { media?: MediaStats } {
  return media === undefined ? {} : { media };
}
