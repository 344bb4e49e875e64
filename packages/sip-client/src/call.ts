import { Emitter } from '@strowger/runtime';
import type {
  AudioSource,
  EndReason,
  MediaStats,
  PcmFrame,
  Playback,
  Recording,
  Session,
  SessionState,
} from '@strowger/session-core';
import type { NameAddr } from '@strowger/sip-message';

/** A telephone call: one session, with what a program does with it. */
export class Call {
  /** Everything else: the layer below. */
  readonly session: Session;
  private finalStats: MediaStats | undefined;

  /** @internal Calls come from `SipClient`. */
  constructor(session: Session) {
    this.session = session;
    session.on('terminated', ({ stats }) => (this.finalStats = stats));
  }

  get id(): string {
    return this.session.id;
  }

  get direction(): 'incoming' | 'outgoing' {
    return this.session.direction;
  }

  /** Who is on the other side, with display name where there is one. */
  get remote(): NameAddr {
    return this.session.remote;
  }

  get state(): SessionState {
    return this.session.state;
  }

  /** Resolves when it is answered and audio may flow; rejects with `SESSION_ENDED` when it is not. */
  get connected(): Promise<void> {
    return this.session.connected;
  }

  /** Resolves when it is over, with the reason; never rejects. */
  get ended(): Promise<EndReason> {
    return this.session.ended;
  }

  /** Tells the caller that it rings (180). */
  ring(): void {
    this.session.ring();
  }

  /** Answers an incoming call. Rejects with `SESSION_ENDED` when the caller gave up meanwhile. */
  answer(): Promise<void> {
    return this.session.answer();
  }

  /** Refuses an incoming call; default 486 Busy Here. */
  reject(status = 486): void {
    this.session.reject(status);
  }

  /** Ends it, whatever its state: CANCEL, BYE or a refusal. */
  hangUp(): Promise<void> {
    return this.session.hangUp();
  }

  /** Puts the other side on hold; resolves when it agreed. */
  hold(): Promise<void> {
    return this.session.hold();
  }

  resume(): Promise<void> {
    return this.session.resume();
  }

  /** Sends digits `0-9*#A-D` as RFC 4733 events; resolves when they are sent. */
  sendDigits(digits: string, options?: { durationMs?: number; gapMs?: number }): Promise<void> {
    return this.session.sendDigits(digits, options);
  }

  /** Digits as they are heard, until the call ends. At most 1000 wait for a slow reader. */
  async *digits(): AsyncGenerator<string, void, void> {
    const heard = new Emitter<{ digit: string }>();
    const stop = new AbortController();
    const leave = this.session.on('digit', ({ digit }) => heard.emit('digit', digit));
    void this.ended.then(() => stop.abort());
    try {
      yield* heard.iterate('digit', { signal: stop.signal });
    } finally {
      leave();
    }
  }

  /** Plays a tone or a WAV file to the other side. */
  play(source: AudioSource): Playback {
    return this.session.play(source);
  }

  /** Records what is heard into a WAV file. */
  record(path: string): Promise<Recording> {
    return this.session.record(path);
  }

  /** What is heard, in frames of 20 ms. */
  audioIn(): ReadableStream<PcmFrame> {
    return this.session.audioIn();
  }

  /** What is said, in frames of any length; written faster than real time it makes one wait. */
  audioOut(): WritableStream<PcmFrame> {
    return this.session.audioOut();
  }

  /** Packets, loss, jitter and round trip so far; after the end, the final ones. */
  async stats(): Promise<MediaStats | undefined> {
    return this.finalStats ?? (await this.session.media?.stats());
  }
}
