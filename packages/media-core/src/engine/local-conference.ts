import { StrowgerError } from '@strowger/runtime';
import type { CoreApi, MemberSettings } from '../core/core-api.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import { storedTargetOf } from './recordings.ts';
import type { MediaEndpoint } from './media-backend.ts';
import type { RecordFormat, Recording, StoredRecordTarget } from './media-capabilities.ts';
import type {
  ConferenceMember,
  ConferenceMemberOptions,
  ConferenceMemberRequest,
  ConferenceRequest,
  MediaConference,
  MediaConferenceStats,
} from './media-conference.ts';

/** What a conference is made of. */
export interface LocalConferenceOptions {
  readonly id: number;
  /** Of the thread where all its members are. */
  readonly api: CoreApi;
  open(request: ConferenceMemberRequest): Promise<{ core: CoreEndpoint; endpoint: MediaEndpoint }>;
}

const DEFAULTS: MemberSettings = {
  role: 'speaker',
  muted: false,
  deaf: false,
  gain: 1,
  hears: [],
};

/** A conference in one of the engine's threads. */
export class LocalConference implements MediaConference {
  private readonly options: LocalConferenceOptions;
  private closed: Promise<void> | undefined;

  private constructor(options: LocalConferenceOptions) {
    this.options = options;
  }

  /** @throws StrowgerError `MEDIA_BAD_CONFERENCE` (rejects). */
  static async open(
    { loudest = 0, tones = false, maximum = 200 }: ConferenceRequest,
    options: LocalConferenceOptions,
  ): Promise<LocalConference> {
    const isFit = Number.isInteger(loudest) && loudest >= 0 && maximum >= 1 && maximum <= 1000;
    if (!isFit) throw bad('loudest is a whole number from 0, maximum 1 to 1000');
    await options.api.openConference({ id: options.id, settings: { loudest, tones, maximum } });
    return new LocalConference(options);
  }

  async openMember(request: ConferenceMemberRequest): Promise<ConferenceMember> {
    this.assertOpen();
    let settings = settingsOf(DEFAULTS, request.member ?? {});
    const { api, id: conference } = this.options;
    const { core, endpoint } = await this.options.open(request);
    const { id } = core;
    let isIn = false;
    const member: ConferenceMember = {
      id,
      endpoint,
      change: async (options) => {
        core.assertAlive();
        settings = settingsOf(settings, options);
        if (isIn) await api.changeMember({ conference, id, settings });
      },
      join: async () => {
        this.assertOpen();
        core.assertAlive();
        if (isIn) return;
        await api.joinConference({ conference, id, settings });
        isIn = true;
      },
      leave: async () => {
        isIn = false;
        if (!core.hasEnded) await api.leaveConference({ conference, id });
      },
    };
    if (request.waits === true) return member;
    try {
      await member.join();
    } catch (error) {
      await core.close();
      throw error;
    }
    return member;
  }

  async record(
    target: StoredRecordTarget,
    { format = 'wav' }: RecordFormat = {},
  ): Promise<Pick<Recording, 'stop'>> {
    this.assertOpen();
    const { api, id } = this.options;
    await api.recordConference({ id, target: storedTargetOf(target), format });
    let stopped: ReturnType<Recording['stop']> | undefined;
    return { stop: () => (stopped ??= api.stopRecordConference({ id })) };
  }

  async stats(): Promise<MediaConferenceStats> {
    this.assertOpen();
    return this.options.api.conferenceStats({ id: this.options.id });
  }

  close(): Promise<void> {
    const { api, id } = this.options;
    // a worker that died has closed it, too
    this.closed ??= api.closeConference({ id }).catch(() => {});
    return this.closed;
  }

  private assertOpen(): void {
    if (this.closed) throw new StrowgerError('MEDIA_CLOSED', 'The conference was closed');
  }
}

function settingsOf(before: MemberSettings, change: ConferenceMemberOptions): MemberSettings {
  const { role, muted, deaf, gain, hears, whispersTo } = change;
  const gains = [gain ?? 1, ...(hears ?? []).map((one) => one.gain)];
  if (!gains.every((one) => one >= 0 && one <= 8)) throw bad('gains are 0 to 8');
  const targets = whispersTo === undefined ? before.whispersTo : (whispersTo ?? undefined);
  return {
    role: role ?? before.role,
    muted: muted ?? before.muted,
    deaf: deaf ?? before.deaf,
    gain: gain ?? before.gain,
    hears: hears ? [...hears] : before.hears,
    ...(targets && { whispersTo: [...targets] }),
  };
}

function bad(message: string): StrowgerError {
  return new StrowgerError('MEDIA_BAD_CONFERENCE', message);
}
