import { StrowgerError } from '@strowger/runtime';
import type {
  AnswererOptions,
  AnswererOutcome,
  AudioSource,
  Cleared,
  EndReason,
  HoldOptions,
  MarkOutcome,
  MediaStats,
  PcmFrame,
  Playback,
  PlayOptions,
  RecordOptions,
  RecordTarget,
  Recording,
  Session,
  SessionDigitOptions,
  SessionId,
  SessionState,
  Transfer,
  TransferOptions,
} from '@strowger/session-core';
import type { NameAddr } from '@strowger/sip-message';
import { type AnswerOutcome, answerOutcome } from './call-outcome.ts';
import type { ClientAccount } from './client-account.ts';
import { Inbox } from './inbox.ts';
import {
  messageInCall,
  type MessageOptions,
  type MessageOutcome,
} from './messages/outgoing-message.ts';

/** How many digits may wait for one slow reader. */
const WAITING_DIGITS = 1000;

/** A telephone call: one session, with what a program does with it. */
export class Call {
  /** Everything else: the layer below. */
  readonly session: Session;
  /** Whose call it is: who was called, or calls. */
  readonly account: ClientAccount;
  private finalStats: MediaStats | undefined;

  /** @internal Calls come from `SipClient`. */
  constructor(session: Session, account: ClientAccount) {
    this.session = session;
    this.account = account;
    session.on('terminated', ({ stats }) => (this.finalStats = stats));
  }

  /** The id of its session, too: `client.findCall(id)`, `sessions.get(id)`. */
  get id(): SessionId {
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

  /**
   * Resolves when it is answered, or is clear that it will not be: with what became of it, as a value; never
   * rejects. For who asks whether somebody is there; `connected` is for who takes it for granted.
   */
  answered(): Promise<AnswerOutcome> {
    return answerOutcome(this.session);
  }

  /** Resolves when it is over, with the reason; never rejects. */
  get ended(): Promise<EndReason> {
    return this.session.ended;
  }

  /**
   * Tells the caller that it rings (180); nothing where the caller gave up. Throws `SESSION_STATE`
   * for a call that is no incoming one, or was answered.
   */
  ring(): void {
    if (!this.isOver) this.session.ring();
  }

  /**
   * Answers an incoming call. Rejects with `SESSION_ENDED` when the caller gave up or no media
   * fits; may be left alone. Throws `SESSION_STATE` as `ring` does.
   */
  answer(): Promise<void> {
    return this.isOver ? this.connected : this.session.answer();
  }

  /**
   * Refuses an incoming call with a status from 300 to 699; default 486 Busy Here. Nothing where
   * the caller gave up. Throws `SESSION_STATE` as `ring` does, `BAD_STATUS`.
   */
  reject(status = 486): void {
    if (!this.isOver) this.session.reject(status);
  }

  /** Ends it, whatever its state: CANCEL, BYE or a refusal. Resolves when it is over. */
  hangUp(): Promise<void> {
    return this.session.hangUp();
  }

  /**
   * Puts the other side on hold, where it hears `music`, or what the program plays and says, and nothing of
   * a page's microphone; resolves when it agreed. Rejects with `CHANGE_REFUSED`, `SESSION_ENDED`, and `SESSION_STATE` before the answer and after the end.
   */
  async hold(options: HoldOptions = {}): Promise<void> {
    await this.session.hold(options);
  }

  /** Takes the other side back; rejects as `hold` does. */
  async resume(): Promise<void> {
    await this.session.resume();
  }

  /**
   * The other side hears silence of us until `unmute`, digits and music on hold apart, without being
   * asked. Rejects with `SESSION_STATE` after the end.
   */
  mute(): Promise<void> {
    return this.session.mute();
  }

  /** Takes `mute` back. */
  unmute(): Promise<void> {
    return this.session.unmute();
  }

  get isMuted(): boolean {
    return this.session.isMuted;
  }

  /**
   * Asks the other side to talk to somebody else instead of us: to `carol`, a number or a URI
   * (blind), or to the other side of another call of ours (attended). Iterate over what it resolves
   * with for the progress, await its `outcome`; both calls end once the two talk. With `bridge` we
   * stay between them where the other side refuses, or always. Rejects with `SESSION_STATE` unless
   * answered, `BAD_TARGET`, and `NO_ROUTE`.
   */
  async transfer(target: string | Call, options: TransferOptions = {}): Promise<Transfer> {
    if (target instanceof Call) return this.session.transfer(target.session, options);
    const { to, ...way } = await this.account.wayTo(target);
    return this.session.transfer(to, { ...options, call: { ...way, ...options.call } });
  }

  /**
   * Sends digits `0-9*#A-D`, 100 ms each with gaps of 100 ms by default, as RFC 4733 events or, where
   * the other side takes none, as tones; `via` chooses, INFO among others. Resolves when they are
   * sent. Rejects with `NO_MEDIA` before the answer and after the end, with what media says
   * (`MEDIA_BAD_DIGITS`, `MEDIA_NO_TELEPHONE_EVENT`, `MEDIA_CLOSED`), and with `DIGITS_REFUSED`.
   */
  async sendDigits(digits: string, options?: SessionDigitOptions): Promise<void> {
    await this.session.sendDigits(digits, options);
  }

  /** Digits as they are heard from now on, until the call ends; at most 1000 wait to be read. */
  digits(): AsyncIterableIterator<string, void, void> {
    const heard = new Inbox<string>(WAITING_DIGITS);
    const unsubscribe = this.session.on('digit', ({ digit }) => void heard.push(digit));
    const stop = (): void => {
      unsubscribe();
      heard.end();
    };
    void this.ended.then(stop);
    return {
      next: () => heard.next(),
      return: () => {
        stop();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /**
   * Sends a text in the call, to whoever is on its other side (RFC 3428). What becomes of it is an
   * outcome. Rejects with `SESSION_STATE` unless answered, `NO_ANSWER`, `SESSION_ENDED` where the call
   * ends meanwhile, `MESSAGE_TOO_LARGE`, and with the signal's reason.
   */
  async message(text: string | Uint8Array, options: MessageOptions = {}): Promise<MessageOutcome> {
    return messageInCall(this.session, text, options);
  }

  /**
   * Plays a tone, a WAV file from disk or from the web, or a stream to the other side: in place of
   * what is played, or behind it. Throws `NO_MEDIA`.
   */
  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.session.play(source, options);
  }

  /**
   * Resolves when everything played and said up to now has left as RTP, or will not any more.
   * Rejects with `NO_MEDIA`, `MEDIA_CLOSED`.
   */
  async mark(name: string): Promise<MarkOutcome> {
    return this.session.mark(name);
  }

  /**
   * Falls silent within one packet: ends what is played, forgets what waits and what was written to
   * `audioOut`, and tells how much of it had left. Rejects as `mark` does.
   */
  async clear(): Promise<Cleared> {
    return this.session.clear();
  }

  /**
   * Records what is heard, in stereo with what is sent on the right: into a file, to a server, or to
   * a program; as WAV or as Opus in Ogg. Rejects with `NO_MEDIA`, and where it cannot write.
   */
  async record(target: RecordTarget, options?: RecordOptions): Promise<Recording> {
    return this.session.record(target, options);
  }

  /** Sends back what is heard, or no longer. Throws `NO_MEDIA`. */
  echo(enabled: boolean): void {
    this.session.echo(enabled);
  }

  /**
   * Whether a human or a machine has answered, from now on: call it once it is answered, and be silent
   * meanwhile. A machine's beep is told as the event `tone` of `call.session`. Rejects with `NO_MEDIA`,
   * `MEDIA_WRONG_STATE` where another detection begins, `MEDIA_CLOSED`.
   */
  async detectAnsweringMachine(options?: AnswererOptions): Promise<AnswererOutcome> {
    return this.session.detectAnsweringMachine(options);
  }

  /**
   * What is heard, in frames of 20 ms at `sampleRate` Hz (one of `SAMPLE_RATES` of media-core, default
   * 8000); it ends with the call. Throws `NO_MEDIA`.
   */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame> {
    return this.session.audioIn(options);
  }

  /** What is said, in frames of any length; whoever is ahead of time waits. Throws `NO_MEDIA`. */
  audioOut(): WritableStream<PcmFrame> {
    return this.session.audioOut();
  }

  /** Packets, loss, jitter and round trip so far, after the end the final ones; none without media. */
  async stats(): Promise<MediaStats | undefined> {
    try {
      return this.finalStats ?? (await this.session.media?.stats());
    } catch (error) {
      const isEnding = StrowgerError.isInstance(error) && error.code === 'MEDIA_CLOSED';
      if (!isEnding) throw error;
      await this.ended;
      return this.finalStats;
    }
  }

  private get isOver(): boolean {
    return this.state === 'terminating' || this.state === 'terminated';
  }
}
