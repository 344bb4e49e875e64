import type { MediaStats } from './media-backend.ts';
import type { Session } from './session.ts';
import type { SessionId, SessionMediaState, SessionState } from './session-state.ts';

/** One leg of a call. */
export interface LegStatistics {
  readonly sessionId: SessionId;
  readonly direction: 'incoming' | 'outgoing';
  readonly remote: string;
  readonly state: SessionState;
  readonly mediaState: SessionMediaState;
  /** Wall time in milliseconds since 1970. */
  readonly createdAt: number;
  readonly answeredAt?: number;
  readonly media?: MediaStats;
}

/** All live legs of a call, and their sums. */
export interface CallStatistics {
  readonly callId: string;
  readonly legs: readonly LegStatistics[];
  /** Since the first leg was answered; 0 before. */
  readonly talkingMs: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Of the worst leg. */
  readonly maxJitterMs: number;
}

/** @internal */
export async function statisticsOf(
  callId: string,
  sessions: readonly Session[],
  now: number,
): Promise<CallStatistics> {
  const legs = await Promise.all(sessions.map(legOf));
  const media = legs.flatMap((leg) => leg.media ?? []);
  const sum = (pick: (stats: MediaStats) => number): number =>
    media.reduce((total, stats) => total + pick(stats), 0);
  const answered = legs.flatMap(({ answeredAt }) => answeredAt ?? []);
  return {
    callId,
    legs,
    talkingMs: answered.length === 0 ? 0 : Math.max(0, now - Math.min(...answered)),
    packetsSent: sum(({ packetsSent }) => packetsSent),
    packetsReceived: sum(({ packetsReceived }) => packetsReceived),
    packetsLost: sum(({ packetsLost }) => packetsLost),
    maxJitterMs: Math.max(0, ...media.map(({ jitterMs }) => jitterMs)),
  };
}

async function legOf(session: Session): Promise<LegStatistics> {
  const { id, direction, remote, state, mediaState, createdAt, answeredAt } = session;
  const media = await session.media?.stats().catch(() => undefined); // it is closed
  return {
    sessionId: id,
    direction,
    remote: remote.uri.toString(),
    state,
    mediaState,
    createdAt,
    ...(answeredAt === undefined ? {} : { answeredAt }),
    ...(media === undefined ? {} : { media }),
  };
}
