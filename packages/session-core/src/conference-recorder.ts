import { StrowgerError } from '@strowger/runtime';
import type { EndedConference } from './conference-options.ts';
import type { FinishedRecording, MediaConference, Recording } from './media-backend.ts';

/** @internal What a conference records: one file at a time, complete when its media is closed. */
export class ConferenceRecorder {
  /** What became of the last one that was not stopped by hand. */
  outcome: EndedConference['recording'];
  private current: Pick<Recording, 'stop'> | undefined;

  async start(media: MediaConference, path: string): Promise<Pick<Recording, 'stop'>> {
    const recording = await media.record(path);
    const own = { stop: () => this.stop(recording) };
    this.current = own;
    return own;
  }

  async complete(): Promise<void> {
    this.outcome = await this.current?.stop().catch((error: unknown) => described(error));
  }

  private stop(recording: Pick<Recording, 'stop'>): Promise<FinishedRecording> {
    this.current = undefined;
    return recording.stop();
  }
}

function described(error: unknown): { code: string; message: string } {
  if (StrowgerError.isInstance(error)) return { code: error.code, message: error.message };
  return { code: 'MEDIA_FAILED', message: String(error) };
}
