import {
  type MediaEndpoint,
  type MediaStats,
  type Sdp,
  type Session,
  takesTrickleIce,
} from '@strowger/session-core';
import { StrowgerError } from '@strowger/runtime';
import type { LegEnding } from './call-table.ts';
import { endingOf } from './leg-ending.ts';
import type { MediaPolicy } from './media-policy.ts';
import { followSession } from './session-following.ts';

/** Told about the caller's session; each once at most. */
export interface CallerLegUser {
  onAnswered(): void;
  onEnded(ending: LegEnding): void;
}

/** The call's session with the caller. */
export class CallerLeg {
  readonly session: Session;
  readonly isBehindWebSocket: boolean;
  /** Final statistics, where it left the call before the call was over. */
  media: MediaStats | undefined;

  /** @param isBehindWebSocket by default as its INVITE came. */
  constructor(session: Session, isBehindWebSocket = cameByWebSocket(session)) {
    this.session = session;
    this.isBehindWebSocket = isBehindWebSocket;
  }

  /** The caller's offer; absent where the INVITE has none. */
  get offer(): Sdp | undefined {
    return this.session.offer;
  }

  /** Whether it takes candidates that come after an answer. */
  get trickles(): boolean {
    const { request } = this.session;
    return request !== undefined && takesTrickleIce(request);
  }

  /** The caller's address. */
  get remote(): string {
    return this.session.remote.uri.toString();
  }

  follow(user: CallerLegUser): void {
    followSession(this.session, {
      onAnswered: () => user.onAnswered(),
      onEnding: (reason) => user.onEnded(endingOf(reason)),
    });
  }

  ring(): void {
    this.session.ring();
  }

  /** 181 (RFC 3261 §21.1.3). */
  tellForwarded(): void {
    this.session.progress(181).catch(() => {}); // it has ended
  }

  /** Rings with the callee's early media, by an answer that the relay has already made. */
  ringWithMedia(endpoint: MediaEndpoint, sdp: Sdp, policy: MediaPolicy): void {
    const options = { withMedia: true, endpoint, sdp, ...policy };
    this.session.progress(183, options).catch(() => {}); // it has ended
  }

  /** Answers with what the relay answers, or lets it make an offer where the caller made none. */
  answer(endpoint: MediaEndpoint, sdp: Sdp | undefined, policy: MediaPolicy): Promise<void> {
    return this.session.answer({ endpoint, ...policy, ...(sdp === undefined ? {} : { sdp }) });
  }

  /** Refuses the call, or hangs up where it was answered or given up meanwhile. */
  reject(status: number, reason?: string): void {
    try {
      this.session.reject(status, reason === undefined ? {} : { reason });
    } catch (error) {
      if (!StrowgerError.isInstance(error) || error.code !== 'SESSION_STATE') throw error;
      this.hangUp(41);
    }
  }

  /** @param cause Q.850. */
  hangUp(cause: number): void {
    void this.session.hangUp({ reason: { cause } });
  }

  /** Asks the caller anew, with an offer that the relay makes from the other side's. */
  renegotiate(): void {
    this.session.renegotiate().catch(() => {}); // the relay tells the other side
  }

  /** Final statistics of the session's own media, where it had some. */
  async closeMedia(): Promise<MediaStats | undefined> {
    return this.session.media?.close().catch(() => undefined);
  }
}

function cameByWebSocket({ source }: Session): boolean {
  return source?.transport === 'ws' || source?.transport === 'wss';
}
