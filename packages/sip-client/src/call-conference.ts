import { StrowgerError } from '@strowger/runtime';
import type {
  AudioSource,
  Conference,
  ConferencePart,
  EndedConference,
  PcmFrame,
  Playback,
  PlayOptions,
  RecordFormat,
  Recording,
  SessionManager,
  StoredRecordTarget,
} from '@strowger/session-core';
import type { Call } from './call.ts';

/** Calls that hear each other and us: a conference on our side (RFC 5359 §2.10, RFC 4579). */
export class CallConference {
  /** Everything else: the layer below. */
  readonly conference: Conference;
  private readonly part: ConferencePart;

  private constructor(conference: Conference, part: ConferencePart) {
    this.conference = conference;
    this.part = part;
  }

  /** @internal */
  static async of(sessions: SessionManager, calls: readonly Call[]): Promise<CallConference> {
    const ids = calls.map(({ session }) => session.id);
    const id = await sessions.setupConferenceBridge(ids, { ends: 'empty' });
    const conference = sessions.conference(id);
    if (conference === undefined) {
      throw new StrowgerError('CONFERENCE_ENDED', 'all calls were hung up meanwhile');
    }
    try {
      return new CallConference(conference, await conference.takePart());
    } catch (error) {
      await conference.end({ atEnd: 'release' });
      throw error;
    }
  }

  /** Resolves when the last call has left, or it was ended. */
  get ended(): Promise<EndedConference> {
    return this.conference.ended;
  }

  /** Brings in another answered call, held or not. Rejects as `Conference.join` does. */
  add(call: Call): Promise<void> {
    return this.conference.join(call.session.id);
  }

  /** Whether nobody hears what this call says. Throws `NO_MEMBER`. */
  mute(call: Call, muted = true): void {
    this.conference.mute(call.session.id, muted);
  }

  /** Lets a call go, which goes on with us alone. Throws `NO_MEMBER`. */
  remove(call: Call): void {
    this.conference.leave(call.session.id);
  }

  /**
   * What all calls say together, at `sampleRate` Hz, 8000 to 48 000; default 8000. One at a time: throws
   * `MEDIA_WRONG_STATE`, and `UNSUPPORTED_SAMPLE_RATE` for a rate that media does not know.
   */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame> {
    return this.part.media.audioIn(options);
  }

  /** What all calls shall hear of us, at the rate of each frame. One at a time: `MEDIA_WRONG_STATE`. */
  audioOut(): WritableStream<PcmFrame> {
    return this.part.media.audioOut();
  }

  /** Plays to all calls, in place of what is played; what fails is told by `finished`. */
  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.part.media.play(source, options);
  }

  /**
   * Records what all say together, we as well, until `stop` or the end. Rejects with `RECORDING_FAILED`,
   * and `NO_MEMBERS` once everybody has left.
   */
  record(target: StoredRecordTarget, format?: RecordFormat): Promise<Pick<Recording, 'stop'>> {
    return this.conference.record(target, format);
  }

  /** We leave: the calls are hung up. */
  async end(): Promise<void> {
    await this.conference.end();
  }
}
