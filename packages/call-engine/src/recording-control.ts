import type { Clock, Timer } from '@strowger/runtime';
import type { Session } from '@strowger/session-core';
import type { Side } from './call-table.ts';
import type { CallRecording, RecordingOnDemand } from './call-recording.ts';
import { RecordingCodes, type RecordingWish } from './recording-codes.ts';
import { isRecordAware, preferenceOf, type RecordingIndication } from './recording-indication.ts';
import type { RecordingTelling } from './relay-end.ts';

/** What the control needs of its call. */
export interface RecordingControlOptions {
  readonly clock: Clock;
  readonly onDemand: RecordingOnDemand | undefined;
  readonly recording: CallRecording;
  /** Whether two talk, and nothing else is being done with them. */
  isConnected(): boolean;
  sessionOf(side: Side): Session | undefined;
  /** The address of record of a side that is a user of ours. */
  userOf(side: Side): string | undefined;
}

const SIDES = ['caller', 'callee'] as const;
/** What changes at one moment is told once. */
const SETTLING_MS = 100;
/** A side that was just changing the session is told so much later, and so often at most. */
const AGAIN_MS = 2000;
const TRIES = 3;

/**
 * How the parties of a call have a hand in its recordings: by codes that they type, by what they prefer, and
 * by being told (RFC 7866 §6.1.2, §7.1.2, §7.1.3).
 */
export class RecordingControl {
  private readonly options: RecordingControlOptions;
  private readonly codes: RecordingCodes;
  /** What each party was told last; nothing is told as `off`. */
  private readonly told = new WeakMap<Session, RecordingIndication>();
  private readonly preferred = new WeakMap<Session, RecordingWish | 'none'>();
  private timer: Timer | undefined;
  private tries = 0;
  private isOver = false;

  constructor(options: RecordingControlOptions) {
    this.options = options;
    this.codes = new RecordingCodes(options.onDemand?.codes ?? {}, options.clock);
  }

  /** A side has typed a digit. */
  type(side: Side, digit: string): void {
    const wish = this.codes.type(side, digit);
    if (wish !== undefined) this.wish(side, wish);
  }

  /** What stands in descriptions of ours to one side, and what it says in its own. */
  telling(side: Side): RecordingTelling {
    return {
      indication: () => {
        const session = this.awareOf(side);
        const { indication } = this.options.recording;
        if (session) this.told.set(session, indication);
        return session && indication;
      },
      prefers: (wish) => this.prefer(side, wish),
    };
  }

  /** The two can talk, or other two: what they have said that they prefer is looked at. */
  connected(): void {
    for (const side of SIDES) {
      const description = this.options.sessionOf(side)?.remoteDescription;
      if (description !== undefined) this.prefer(side, preferenceOf(description));
    }
    this.tell();
  }

  /** What is recorded is not what it was: who wants to know is told by a new offer. */
  tell(): void {
    this.tries = TRIES;
    if (SIDES.some((side) => this.awareOf(side))) this.arm(SETTLING_MS);
  }

  /** The call is over. */
  close(): void {
    this.isOver = true;
    this.timer?.cancel();
  }

  private tellNow(): void {
    const { isConnected, recording } = this.options;
    if (!isConnected()) return;
    for (const side of SIDES) {
      const session = this.awareOf(side);
      if (session === undefined) continue;
      if ((this.told.get(session) ?? 'off') === recording.indication) continue;
      try {
        session.renegotiate().catch(() => this.tellLater());
      } catch {
        this.tellLater(); // it is being changed, and may be told by that
      }
    }
  }

  private tellLater(): void {
    if (--this.tries > 0) this.arm(AGAIN_MS);
  }

  private arm(afterMs: number): void {
    if (this.isOver) return;
    this.timer?.cancel();
    this.timer = this.options.clock.arm(afterMs, () => this.tellNow());
  }

  private awareOf(side: Side): Session | undefined {
    const session = this.options.sessionOf(side);
    return session && isRecordAware(session) ? session : undefined;
  }

  /** Said in every description: it counts where it is another one than before. */
  private prefer(side: Side, wish: RecordingWish | undefined): void {
    const session = this.options.sessionOf(side);
    if (session === undefined || !this.options.isConnected()) return;
    const before = this.preferred.get(session) ?? 'none';
    this.preferred.set(session, wish ?? 'none');
    if (wish !== undefined && wish !== before) this.wish(side, wish);
  }

  private wish(side: Side, wish: RecordingWish): void {
    const { onDemand, isConnected, userOf, recording } = this.options;
    const user = userOf(side);
    if (onDemand === undefined || user === undefined || !isConnected()) return;
    if (onDemand.by?.(user) === false) return;
    recording.demand(wish);
  }
}
