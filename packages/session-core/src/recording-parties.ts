import {
  formatRecordingMetadata,
  RECORDING_METADATA_TYPE,
  type RecordedParticipant,
} from '@strowger/dialog-core';
import type { Random } from '@strowger/runtime';
import type { BodyPartInit } from '@strowger/sip-message';
import type { MediaDirection, RecordedStream } from './media-backend.ts';
import type { Session } from './session.ts';

/** One party of a call that is recorded. */
export interface RecordedParty {
  /** The same as long as it is the same party: the id of its session, for example. */
  readonly id: string;
  /** Its address of record. */
  readonly aor: string;
  readonly name?: string | undefined;
  /** Where what it says is found. */
  readonly stream: Pick<RecordedStream, 'of' | 'flow'>;
  /** What it does now, as it sees it: `recvonly` where it is held. */
  readonly direction: MediaDirection;
  /** Session-ID of its dialog (RFC 7989). */
  readonly sipSessionId?: string | undefined;
}

/** Of parties that have left the call, the last ones go on to be told. */
const MOST_FORMER = 16;

interface Known {
  readonly id: string;
  readonly party: RecordedParty;
  readonly since: number;
}

/** @internal What a recording server is told of the parties: each has an id for good. */
export class RecordingParties {
  private readonly random: Random;
  private readonly sessionId: string;
  private readonly since: number;
  private readonly streamIds: string[] = [];
  private known: readonly Known[] = [];
  private former: readonly RecordedParticipant[] = [];

  /** @param wall the present moment, in milliseconds since 1970. */
  constructor(random: Random, wall: number) {
    this.random = random;
    this.since = wall;
    this.sessionId = this.newId();
  }

  /** The whole truth as the part of a body (RFC 7866 §9.1). */
  describe(parties: readonly RecordedParty[], wall: number): BodyPartInit {
    this.follow(parties, wall);
    const streams = parties.map((_, index) => ({
      id: (this.streamIds[index] ??= this.newId()),
      label: labelOf(index),
    }));
    const participants = this.known.map(({ id, party, since }, index): RecordedParticipant => {
      const own = streams[index]?.id;
      const others = streams.filter((stream) => stream.id !== own);
      const { aor, name, direction } = party;
      const sends = direction === 'sendrecv' || direction === 'sendonly';
      const receives = direction === 'sendrecv' || direction === 'recvonly';
      return {
        id,
        aor,
        name,
        since,
        sends: sends && own !== undefined ? [own] : [],
        receives: receives ? others.map((stream) => stream.id) : [],
      };
    });
    const ids = parties.flatMap(({ sipSessionId }) => sipSessionId ?? []);
    const body = formatRecordingMetadata({
      mode: 'complete',
      session: { id: this.sessionId, sipSessionIds: ids, since: this.since },
      participants: [...participants, ...this.former],
      streams,
    });
    const type = ['Content-Type', RECORDING_METADATA_TYPE] as const;
    return { headers: [type, ['Content-Disposition', 'recording-session']], body };
  }

  private follow(parties: readonly RecordedParty[], wall: number): void {
    const { known } = this;
    const left = known.filter(({ party }) => !parties.some(({ id }) => id === party.id));
    const gone = left.map(({ id, party: { aor, name }, since }) => {
      return { id, aor, name, since, until: wall, sends: [], receives: [] };
    });
    this.former = [...this.former, ...gone].slice(-MOST_FORMER);
    this.known = parties.map((party) => {
      const before = known.find((one) => one.party.id === party.id);
      return { id: before?.id ?? this.newId(), since: before?.since ?? wall, party };
    });
  }

  /** RFC 7865 §6.10. */
  private newId(): string {
    return btoa(String.fromCharCode(...this.random.bytes(16)));
  }
}

/** @internal How the line of a party is labelled, by its place. */
export function labelOf(index: number): string {
  return String(index + 1);
}

/** The peer of a session as a party: who it is, and what it does; `stream`: where it is heard. */
export function partyOf(session: Session, stream: RecordedParty['stream']): RecordedParty {
  const { id, remote, mediaDirection = 'sendrecv', identity } = session;
  return {
    id,
    aor: remote.uri.toString(),
    name: remote.displayName,
    stream,
    direction: MIRRORED[mediaDirection],
    sipSessionId: identity.value,
  };
}

/** @internal Both parties of a session that talks to us: the peer, and we. */
export function partiesOf(session: Session): readonly RecordedParty[] {
  const { media: of, mediaDirection: direction = 'inactive', id, local } = session;
  if (of === undefined) return [];
  const { uri, displayName: name } = local;
  return [
    partyOf(session, { of, flow: 'received' }),
    { id: `${id} local`, aor: uri.toString(), name, stream: { of, flow: 'sent' }, direction },
  ];
}

/** A direction as the other side sees it. */
const MIRRORED: Readonly<Record<MediaDirection, MediaDirection>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};
