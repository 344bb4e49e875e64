import type { EndpointRequest, MediaEndpoint } from './media-backend.ts';
import type { RecordFormat, Recording, StoredRecordTarget } from './media-capabilities.ts';

/** What a conference is opened with. */
export interface ConferenceRequest {
  /** For logs and statistics. */
  readonly label: string;
  /** So many of the loudest are heard; default 0: all. */
  readonly loudest?: number;
  /** Whether a short tone says that someone joined or left; default not. */
  readonly tones?: boolean;
  /** So many members at most, 1–1000; default 200. */
  readonly maximum?: number;
}

/** How a member hears and is heard; what is absent stays as it was. */
export interface ConferenceMemberOptions {
  /** A listener is not heard. Default `speaker`. */
  readonly role?: 'speaker' | 'listener';
  /** Not heard. */
  readonly muted?: boolean;
  /** Hears nothing. */
  readonly deaf?: boolean;
  /** How loud all others hear this member: 0 to 8 times, default 1. */
  readonly gain?: number;
  /** How loud this member hears others, 0 to 8 times, by their ids; whoever is absent: once. */
  readonly hears?: readonly { readonly member: number; readonly gain: number }[];
  /** Ids of those alone who hear this member: a coach. `null`: all do again. */
  readonly whispersTo?: readonly number[] | null;
}

/** An endpoint that is opened as a member. */
export interface ConferenceMemberRequest extends EndpointRequest {
  readonly member?: ConferenceMemberOptions;
  /** Whether it stays on its own until `join`: in a lobby, or before its call is answered. */
  readonly waits?: boolean;
}

/** One member of a conference. */
export interface ConferenceMember {
  /** Known to the other members by it. */
  readonly id: number;
  /** Its media; closing it leaves the conference. What it plays goes before the others. */
  readonly endpoint: MediaEndpoint;
  change(options: ConferenceMemberOptions): Promise<void>;
  /** Comes in where it waits, or has left; rejects with `MEDIA_CONFERENCE_FULL`. Idempotent. */
  join(): Promise<void>;
  /** The endpoint stays, on its own. */
  leave(): Promise<void>;
}

/** What a conference is like now. */
export interface MediaConferenceStats {
  readonly members: number;
  /** Of the mix, in Hz: the highest that two members have. */
  readonly sampleRate: number;
  /** Ids of members who speak, the loudest first. */
  readonly speaking: readonly number[];
  /** The longest that mixing one frame ever took. */
  readonly slowestMixMs: number;
}

/** Endpoints that hear each other: each all others, without itself. */
export interface MediaConference {
  /** Rejects as `openEndpoint` does, and with `MEDIA_CONFERENCE_FULL`, `MEDIA_BAD_CONFERENCE`. */
  openMember(request: ConferenceMemberRequest): Promise<ConferenceMember>;
  /** Records what all say together. Rejects as `MediaEndpoint.record` does. */
  record(target: StoredRecordTarget, options?: RecordFormat): Promise<Pick<Recording, 'stop'>>;
  stats(): Promise<MediaConferenceStats>;
  /** Members stay as endpoints on their own; a recording is completed. Idempotent. */
  close(): Promise<void>;
}
