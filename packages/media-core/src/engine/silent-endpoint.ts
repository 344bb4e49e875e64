import { StrowgerError } from '@strowger/runtime';
import type { AnswererOutcome } from '../speech/index.ts';
import type {
  AudioSource,
  Cleared,
  DigitOptions,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
  Recording,
  RecordOptions,
  RecordTarget,
} from './media-capabilities.ts';

/** What has no audio of its own: nothing can be played, heard or said there. */
export abstract class SilentEndpoint {
  private readonly what: string;

  /** @param what it is, for those who ask more of it. */
  constructor(what: string) {
    this.what = what;
  }

  play(_source: AudioSource, _options?: PlayOptions): Playback {
    throw this.unsupported();
  }

  async mark(): Promise<MarkOutcome> {
    throw this.unsupported();
  }

  async clear(): Promise<Cleared> {
    throw this.unsupported();
  }

  async record(_target: RecordTarget, _options?: RecordOptions): Promise<Recording> {
    throw this.unsupported();
  }

  async sendDigits(_digits: string, _options?: DigitOptions): Promise<void> {
    throw this.unsupported();
  }

  echo(): void {
    throw this.unsupported();
  }

  async mute(_muted: boolean): Promise<void> {
    throw this.unsupported();
  }

  async detectAnsweringMachine(): Promise<AnswererOutcome> {
    throw this.unsupported();
  }

  audioIn(): ReadableStream<PcmFrame> {
    throw this.unsupported();
  }

  audioOut(): WritableStream<PcmFrame> {
    throw this.unsupported();
  }

  private unsupported(): StrowgerError {
    return new StrowgerError('MEDIA_UNSUPPORTED', `${this.what} has no audio of its own`);
  }
}
