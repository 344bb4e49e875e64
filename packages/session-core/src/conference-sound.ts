import { StrowgerError } from '@strowger/runtime';
import type { ConferenceOptions, ConferencePart, EndedConference } from './conference-options.ts';
import type { MediaBackend, MediaEndpoint } from './media-backend.ts';
import type {
  FinishedRecording,
  RecordFormat,
  Recording,
  StoredRecordTarget,
} from './media-capabilities.ts';
import type { MediaConference, MediaConferenceStats } from './media-conference.ts';

/** @internal What a conference sounds with. */
export interface ConferenceSoundOptions extends Pick<ConferenceOptions, 'loudest' | 'tones'> {
  readonly media: MediaBackend;
  readonly label: string;
  readonly maximum: number;
}

/** @internal The mix of a conference, for as long as somebody is there, and what is recorded of it. */
export class ConferenceSound {
  /** What became of the last recording that was not stopped by hand. */
  outcome: EndedConference['recording'];
  private readonly options: ConferenceSoundOptions;
  private mix: Promise<MediaConference> | undefined;
  private recording: Pick<Recording, 'stop'> | undefined;
  private closing: Promise<void> = Promise.resolve();
  /** Of those who take part without a call. */
  private own: MediaEndpoint[] = [];

  constructor(options: ConferenceSoundOptions) {
    this.options = options;
  }

  /** The mix; opens it where nobody was there. */
  open(): Promise<MediaConference> {
    const { media, label, maximum, loudest, tones } = this.options;
    if (this.mix !== undefined) return this.mix;
    const mix = media.openConference({
      label,
      maximum,
      ...(loudest === undefined ? {} : { loudest }),
      ...(tones === undefined ? {} : { tones }),
    });
    this.mix = mix;
    // who waits for it is told; who comes later finds another
    mix.catch(() => {
      if (this.mix === mix) this.mix = undefined;
    });
    return mix;
  }

  /** Rejects with `NO_MEMBERS` while nobody is there, and as the media backend does. */
  async record(
    target: StoredRecordTarget,
    format?: RecordFormat,
  ): Promise<Pick<Recording, 'stop'>> {
    const recording = await (await this.present()).record(target, format);
    const own = { stop: () => this.stop(recording) };
    this.recording = own;
    return own;
  }

  /** An endpoint that hears the mix, and is heard in it. Rejects as `record` does. */
  async takePart(): Promise<ConferencePart> {
    const { media, label } = this.options;
    const plain = { label, srtp: 'off', ice: 'off', onEvent: () => {} } as const; // never leaves us
    const opened = this.present();
    const mix = await opened;
    const endpoints: MediaEndpoint[] = [];
    const leave = async (): Promise<void> => {
      this.own = this.own.filter((one) => !endpoints.includes(one));
      await closeAll(endpoints);
    };
    try {
      const member = await mix.openMember({ ...plain, waits: true });
      endpoints.push(member.endpoint);
      const own = await media.openEndpoint(plain);
      endpoints.push(own);
      await own.acceptAnswer(await member.endpoint.acceptOffer(await own.createOffer()));
      await member.join();
      if (this.mix !== opened) throw new StrowgerError('NO_MEMBERS', 'everybody has left');
      this.own.push(...endpoints);
      return { media: own, leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  /** Rejects with `NO_MEMBERS` while nobody is there. */
  async stats(): Promise<MediaConferenceStats> {
    return (await this.present()).stats();
  }

  /** Nobody is there any more: what is recorded is completed. */
  close(): void {
    const { mix } = this;
    this.mix = undefined;
    this.closing = this.shut(mix);
  }

  /** Resolves when what was closed is gone. */
  closed(): Promise<void> {
    return this.closing;
  }

  private async shut(mix: Promise<MediaConference> | undefined): Promise<void> {
    const { recording, own } = this;
    this.own = [];
    if (recording) this.outcome = await recording.stop().catch(described);
    const conference = await mix?.catch(() => undefined); // it could not be opened
    await conference?.close();
    await closeAll(own);
  }

  private stop(recording: Pick<Recording, 'stop'>): Promise<FinishedRecording> {
    this.recording = undefined;
    return recording.stop();
  }

  private present(): Promise<MediaConference> {
    return this.mix ?? Promise.reject(new StrowgerError('NO_MEMBERS', 'nobody is there'));
  }
}

function described(error: unknown): { code: string; message: string } {
  if (StrowgerError.isInstance(error)) return { code: error.code, message: error.message };
  return { code: 'MEDIA_FAILED', message: String(error) };
}

async function closeAll(endpoints: readonly MediaEndpoint[]): Promise<void> {
  await Promise.allSettled(endpoints.map((endpoint) => endpoint.close()));
}
