import { StrowgerError } from '@strowger/runtime';
import type {
  ConferenceMember,
  ConferenceMemberOptions,
  ConferenceMemberRequest,
  MediaConference,
  MediaConferenceStats,
  PcmFrame,
  Recording,
} from '@strowger/session-core';
import type { FakeMediaEndpoint } from './fake-media-endpoint.ts';

interface Seat {
  readonly endpoint: FakeMediaEndpoint;
  settings: ConferenceMemberOptions;
}

/** A conference without a mixer: what one member says is passed on to each who may hear it. */
export class FakeConference implements MediaConference {
  private readonly seats = new Map<number, Seat>();
  private readonly maximum: number;
  private readonly open: (request: ConferenceMemberRequest) => Promise<FakeMediaEndpoint>;
  private ids = 0;
  private isClosed = false;

  constructor(
    maximum: number,
    open: (request: ConferenceMemberRequest) => Promise<FakeMediaEndpoint>,
  ) {
    this.maximum = maximum;
    this.open = open;
  }

  /** What each member was told to be like, by its id. */
  get settings(): ReadonlyMap<number, ConferenceMemberOptions> {
    return new Map([...this.seats].map(([id, { settings }]) => [id, settings]));
  }

  async openMember(request: ConferenceMemberRequest): Promise<ConferenceMember> {
    if (this.isClosed) throw closed();
    const endpoint = await this.open(request);
    const id = ++this.ids;
    const seat: Seat = { endpoint, settings: request.member ?? {} };
    const member: ConferenceMember = {
      id,
      endpoint,
      change: async (options) => {
        seat.settings = { ...seat.settings, ...options };
      },
      join: async () => this.seat(id, seat),
      leave: async () => this.unseat(id, seat),
    };
    if (request.waits === true) return member;
    try {
      this.seat(id, seat);
    } catch (error) {
      await endpoint.close();
      throw error;
    }
    return member;
  }

  /** Rejects with `MEDIA_UNSUPPORTED`: a fake writes no files. */
  record(): Promise<Pick<Recording, 'stop'>> {
    return Promise.reject(new StrowgerError('MEDIA_UNSUPPORTED', 'The fake writes no files'));
  }

  async stats(): Promise<MediaConferenceStats> {
    if (this.isClosed) throw closed();
    return { members: this.seats.size, sampleRate: 8000, speaking: [], slowestMixMs: 0 };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const [id, seat] of this.seats) this.unseat(id, seat);
  }

  private seat(id: number, seat: Seat): void {
    if (this.isClosed) throw closed();
    if (!this.seats.has(id) && this.seats.size >= this.maximum) {
      throw new StrowgerError('MEDIA_CONFERENCE_FULL', 'The conference has no room');
    }
    this.seats.set(id, seat);
    seat.endpoint.joinMix({
      hear: (frame) => this.pass(id, seat, frame),
      left: () => void this.seats.delete(id),
    });
  }

  private unseat(id: number, { endpoint }: Seat): void {
    this.seats.delete(id);
    endpoint.joinMix(undefined);
  }

  private pass(from: number, { settings }: Seat, frame: PcmFrame): void {
    if (settings.muted === true || settings.role === 'listener') return;
    for (const [id, listener] of this.seats) {
      const isMeant = settings.whispersTo?.includes(id) ?? true;
      if (id !== from && isMeant && listener.settings.deaf !== true) listener.endpoint.say(frame);
    }
  }
}

function closed(): StrowgerError {
  return new StrowgerError('MEDIA_CLOSED', 'The conference was closed');
}
