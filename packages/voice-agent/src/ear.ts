import type { Call } from '@strowger/sip-client';

/** Digits that may wait for somebody who gathers them. */
const TYPED_AHEAD = 64;

/** What the caller does. */
export type Heard =
  /** There is one more to `take`. */
  { type: 'digit' } | { type: 'speechStarted' } | { type: 'speechEnded'; durationMs: number };

/** Listens to a call from its beginning, so that what is typed ahead is not lost. */
export class Ear {
  /** Whether the caller speaks now. */
  isHearing = false;
  private readonly typed: string[] = [];
  private attending: ((heard: Heard) => void) | undefined;
  private readonly unsubscribe: (() => void)[];

  constructor({ session }: Call) {
    /** Where and when the speech that is heard has begun. */
    let begun: { media: unknown; at: number } | undefined;
    const ended = (durationMs: number): void => {
      begun = undefined;
      this.isHearing = false;
      this.attending?.({ type: 'speechEnded', durationMs });
    };
    this.unsubscribe = [
      session.on('digit', ({ digit }) => {
        if (this.typed.length < TYPED_AHEAD) this.typed.push(digit);
        this.attending?.({ type: 'digit' });
      }),
      session.on('speechStarted', ({ at, agoMs }) => {
        begun = { media: session.media, at: at - agoMs };
        this.isHearing = true;
        this.attending?.({ type: 'speechStarted' });
      }),
      session.on('speechEnded', ({ durationMs }) => ended(durationMs)),
      // media that is gone tells no end of what it heard
      session.on('mediaRecovering', ({ at }) => {
        if (begun !== undefined) ended(at - begun.at);
      }),
      session.on('mediaStateChanged', ({ at }) => {
        if (begun !== undefined && session.media !== begun.media) ended(at - begun.at);
      }),
    ];
  }

  /** Whether digits wait. */
  get hasDigits(): boolean {
    return this.typed.length > 0;
  }

  /** The next digit that waits. */
  take(): string | undefined {
    return this.typed.shift();
  }

  /** Forgets digits that wait. */
  forget(): void {
    this.typed.length = 0;
  }

  /** Tells one listener what is heard from now on; returns how to stop. */
  attend(listener: (heard: Heard) => void): () => void {
    this.attending = listener;
    return () => {
      if (this.attending === listener) this.attending = undefined;
    };
  }

  close(): void {
    for (const stop of this.unsubscribe) stop();
  }
}
