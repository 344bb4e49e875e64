import { type Runtime, StrowgerError } from '@strowger/runtime';
import type { CodecLibrary } from '../codec/codec-library.ts';
import type { CoreError, CoreEvent, RecordCommand, Recorded } from './core-api.ts';
import { heardFormats, Overhearing } from './overhearing.ts';
import { Recorder } from './recorder.ts';
import type { RtpSession } from './rtp-session.ts';
import { messageOf } from './stream-failure.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** What a recorder of a relay's end needs. */
export interface RelayRecorderOptions {
  readonly runtime: Runtime;
  readonly ticker: Ticker;
  readonly codecs: CodecLibrary;
  /** Of the end that it belongs to. */
  readonly session: RtpSession;
  readonly tell: (event: CoreEvent) => void;
  /** Whether the peer of that end hears nothing of the other one. */
  isMuted(): boolean;
}

interface Heard {
  readonly session: RtpSession;
  readonly listening: Overhearing;
  /** At the rate of the recording. */
  readonly frame: Int16Array;
  /** Counts what was agreed since it began. */
  round: number;
}

const PERIOD_MS = 20;

/**
 * Records what passes an end of a relay, as an endpoint's recorder does: what its peer says, and in
 * stereo on the right what the peer of the other end says to it: silence while it is muted. Nothing is
 * decoded but for that.
 */
export class RelayRecorder implements Ticked {
  readonly periodMs = PERIOD_MS;
  readonly recorder: Recorder;
  private readonly options: RelayRecorderOptions;
  private sides: readonly Heard[] = [];
  private sampleRate = 8000;
  /** Why it ended before it was to. */
  private failure: StrowgerError | undefined;

  constructor(options: RelayRecorderOptions) {
    const { runtime, tell } = options;
    this.options = options;
    this.recorder = new Recorder(runtime, (recording, bytes) =>
      tell({ type: 'recorded', recording, bytes }),
    );
  }

  /**
   * Records from the next frame on, at the highest rate that either side has now. Rejects as
   * `Recorder.start`, and with `MEDIA_WRONG_STATE` before anything was agreed,
   * `MEDIA_CODEC_UNAVAILABLE`.
   */
  async start(command: RecordCommand, other: RtpSession | undefined): Promise<void> {
    const { session, ticker } = this.options;
    const isStereo = command.channels === 'stereo';
    const sessions = [session, ...(isStereo && other !== undefined ? [other] : [])];
    if (isStereo !== sessions.length > 1 || sessions.some(({ agreed }) => agreed === undefined)) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'Nothing was agreed at both ends yet');
    }
    const sides = await this.listenTo(sessions);
    try {
      await this.recorder.start({ ...command, sampleRate: this.sampleRate });
    } catch (error) {
      for (const { listening } of sides) listening.close();
      throw error;
    }
    this.sides = sides;
    this.failure = undefined;
    for (const { session: heard, listening } of sides) heard.received.add(listening);
    ticker.add(this);
  }

  private async listenTo(sessions: readonly RtpSession[]): Promise<readonly Heard[]> {
    const { runtime, codecs } = this.options;
    const formats = await Promise.all(
      sessions.flatMap(({ agreed }) => (agreed ? [heardFormats(agreed.media, codecs)] : [])),
    );
    this.sampleRate = Math.max(...formats.map(({ sampleRate }) => sampleRate));
    const samples = (PERIOD_MS * this.sampleRate) / 1000;
    return sessions.map((session, index) => {
      const listening = new Overhearing(session.settings, runtime.clock);
      const heard = formats[index];
      if (heard) listening.configure(heard, this.sampleRate);
      return { session, listening, frame: new Int16Array(samples), round: 0 };
    });
  }

  /** Something else was agreed at an end: what comes there is decoded anew, at the same rate. */
  async follow(changed: RtpSession): Promise<void> {
    const side = this.sides.find(({ session }) => session === changed);
    if (side === undefined || changed.agreed === undefined) return;
    const round = ++side.round;
    try {
      const formats = await heardFormats(changed.agreed.media, this.options.codecs);
      if (round === side.round && this.sides.includes(side)) {
        side.listening.configure(formats, this.sampleRate);
      } else {
        for (const format of formats.formats) format?.decoder.close?.(); // it was overtaken
      }
    } catch {
      // what cannot be decoded is silence in the recording; the call goes on
    }
  }

  tick(skipped: number): void {
    for (let frames = 0; frames <= skipped; frames++) {
      for (const { listening, frame } of this.sides) listening.read(frame);
      const [left, right] = this.sides;
      if (this.options.isMuted()) right?.frame.fill(0);
      if (left) this.recorder.take(left.frame, right?.frame, this.sampleRate);
    }
  }

  /** The call goes on; the recording ends where it was, and says why. */
  failed(error: unknown): void {
    this.leave();
    this.failure = new StrowgerError('RECORDING_FAILED', messageOf(error));
  }

  async stop(): Promise<Recorded> {
    this.leave();
    const recorded = await this.recorder.stop();
    if (this.failure !== undefined) throw this.failure;
    return recorded;
  }

  /** Resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.leave();
    const recorded = await this.recorder.close();
    const { failure } = this;
    if (recorded === undefined || failure === undefined) return recorded;
    return { code: failure.code, message: failure.message };
  }

  private leave(): void {
    this.options.ticker.remove(this);
    for (const { session, listening } of this.sides) {
      session.received.remove(listening);
      listening.close();
    }
    this.sides = [];
  }
}
