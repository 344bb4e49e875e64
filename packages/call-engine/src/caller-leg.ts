import type { MediaEndpoint, MediaStats, Sdp, Session } from '@strowger/session-core';
import { endingOf } from './leg-ending.ts';
import type { LegEnding } from './call-table.ts';

/** The call's session with the caller. */
export class CallerLeg {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** The caller's offer; absent where the INVITE has none. */
  get offer(): Sdp | undefined {
    return this.session.remoteOffer;
  }

  /** The caller's address. */
  get remote(): string {
    return this.session.remote.uri.toString();
  }

  onEnded(told: (ending: LegEnding) => void): void {
    void this.session.ended.then((reason) => told(endingOf(reason)));
  }

  /** Told once, when the caller's call is established; never where it is not. */
  onConnected(told: () => void): void {
    this.session.connected.then(told, () => {});
  }

  ring(): void {
    this.session.ring();
  }

  /** Rings with the callee's early media, by an answer that the relay has already made. */
  ringWithMedia(endpoint: MediaEndpoint, answer: Sdp): void {
    void this.session.progress(183, { endpoint, answer });
  }

  /** Answers with what the relay answers; resolves once the caller's call is established. */
  answer(endpoint: MediaEndpoint, answer: Sdp | undefined): Promise<void> {
    return this.session.answer({ endpoint, ...(answer === undefined ? {} : { answer }) });
  }

  /** Refuses the call, or hangs up where it was answered meanwhile. */
  reject(status: number, reason?: string): void {
    this.session.reject(status, reason === undefined ? {} : { reason });
  }

  /** @param cause Q.850. */
  hangUp(cause: number): void {
    void this.session.hangUp({ reason: { cause } });
  }

  /** Asks the caller anew, with an offer that the relay makes from the other side's. */
  renegotiate(): void {
    this.session.renegotiate().catch(() => {}); // the relay tells the other side
  }

  /** The session's own media, where it has some. */
  async stats(): Promise<MediaStats | undefined> {
    return this.session.media?.stats().catch(() => undefined);
  }
}
