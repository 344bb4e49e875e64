import {
  formatPidf,
  parsePidf,
  PIDF_TYPE,
  type Presence,
  type PresenceTuple,
} from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import type { WatchedPackage } from './watch.ts';

/** Whether somebody can be reached (RFC 3856), and what he says of it. */
export interface PresenceState {
  /** `open`: one way at least leads there; `closed`: none does; `unknown`: nobody says. */
  readonly basic: 'open' | 'closed' | 'unknown';
  /** The first note, in words for people. */
  readonly note?: string;
  /** `away`, `busy`, `on-the-phone` and their kin (RFC 4480 §3.2). */
  readonly activities: readonly string[];
  /** All ways that are told, the best first (RFC 3863 §4.1.5). */
  readonly tuples: readonly PresenceTuple[];
}

/** What we say of ourselves. */
export interface OwnPresence {
  readonly basic: 'open' | 'closed';
  /** In words for people; at most 1000 characters. */
  readonly note?: string;
  /** Names of RFC 4480 §3.2, such as `away` or `on-the-phone`; at most 16. */
  readonly activities?: readonly string[];
}

/** The package `presence` (RFC 3856), in PIDF. */
export const presencePackage: WatchedPackage<PresenceState> = {
  event: 'presence',
  type: PIDF_TYPE,
  read: (body) => {
    const read = parsePidf(body);
    return read.ok ? { ok: true, value: stateOf(read.value) } : read;
  },
  // a server that knows nothing of somebody says nothing
  empty: { basic: 'unknown', activities: [], tuples: [] },
};

/** What a document says in all. */
function stateOf({ tuples, notes, activities = [] }: Presence): PresenceState {
  const best = tuples.toSorted((one, other) => priorityOf(other) - priorityOf(one));
  const isSaid = (basic: string): boolean => best.some((tuple) => tuple.basic === basic);
  const basic = isSaid('open') ? 'open' : isSaid('closed') ? 'closed' : 'unknown';
  const [note] = [...notes, ...best.flatMap((tuple) => tuple.notes)];
  return { basic, ...(note === undefined ? {} : { note }), activities, tuples: best };
}

/** What we say, as a document. Throws `BAD_PRESENCE`. */
export function documentOf(entity: string, tupleId: string, own: OwnPresence): string {
  const { basic, note, activities } = own;
  if ((note?.length ?? 0) > 1000) throw bad('the note has more than 1000 characters');
  if ((activities?.length ?? 0) > 16) throw bad('there are more than 16 activities');
  const wrong = activities?.find((name) => !/^[a-z]+(?:-[a-z]+)*$/u.test(name));
  if (wrong !== undefined) throw bad(`${wrong} is no name of an activity`);
  return formatPidf({
    entity,
    tuples: [{ id: tupleId, basic, notes: note === undefined ? [] : [note] }],
    notes: [],
    activities,
  });
}

/** A tuple without priority comes last (RFC 3863 §4.1.5). */
function priorityOf({ priority = 0 }: PresenceTuple): number {
  return priority;
}

function bad(why: string): StrowgerError {
  return new StrowgerError('BAD_PRESENCE', why);
}
