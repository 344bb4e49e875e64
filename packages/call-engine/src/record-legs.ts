import type { MediaStats } from '@strowger/session-core';
import type { CallStats } from './call-media.ts';
import type { CallLegRecord, CallRecord } from './call-record.ts';
import type { CallerLeg } from './caller-leg.ts';
import type { ContactLeg } from './contact-leg.ts';

/** The legs of a call as its record has them, the caller's first. */
export function recordLegs(call: {
  /** The caller, and who took its place. */
  readonly callers: readonly [CallerLeg, ...CallerLeg[]];
  readonly legs: readonly ContactLeg[];
  readonly callerMedia: MediaStats | undefined;
  readonly calleeMedia: MediaStats | undefined;
  /** What the caller got. */
  readonly status: number;
}): readonly CallLegRecord[] {
  const { callers, legs, callerMedia, calleeMedia, status } = call;
  const last = callers.at(-1);
  return [
    ...callers.map((caller) => ({
      role: 'caller' as const,
      callId: caller.session.callId,
      remote: caller.remote,
      uuid: caller.session.partyUuid,
      status,
      ...of(caller === last ? callerMedia : caller.media),
    })),
    ...legs.map((leg) => ({
      role: 'callee' as const,
      callId: leg.session.callId,
      remote: leg.contact,
      uuid: leg.session.partyUuid,
      ...(leg.status === undefined ? {} : { status: leg.status }),
      ...of(leg.media ?? (leg.end.isHeard ? calleeMedia : undefined)),
    })),
  ];
}

/** Whether what the two sides said was decoded: as the caller's side has it, where it said something. */
export function transcodedIn({ caller, callee }: CallStats): Pick<CallRecord, 'transcoded'> {
  if (caller.transcoded) return { transcoded: caller.transcoded };
  if (!callee.transcoded) return {};
  const { from, to, reason } = callee.transcoded;
  return { transcoded: { from: to, to: from, reason } };
}

function of(media: MediaStats | undefined): { media?: MediaStats } {
  return media === undefined ? {} : { media };
}
