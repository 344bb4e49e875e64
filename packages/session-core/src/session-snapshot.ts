import { type DialogSnapshot, SnapshotFields } from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import type { MediaDirection } from './media-backend.ts';
import { refusedBy } from './refused-input.ts';
import type { Session } from './session.ts';
import type { SessionMachineState } from './session-machine.ts';
import { type SessionId, sessionId } from './session-state.ts';

/** The version that `Session.snapshot` writes; `SessionManager.restore` reads all up to this one. */
export const SESSION_SNAPSHOT_VERSION = 1;

/**
 * An answered session as plain JSON: what another process needs to go on with it. Media dies with its
 * process and is offered anew, so all that is kept of it is what was agreed. What is absent is as its
 * comment says.
 */
export interface SessionSnapshot {
  readonly version: typeof SESSION_SNAPSHOT_VERSION;
  readonly id: SessionId;
  readonly direction: 'incoming' | 'outgoing';
  /** Wall time in milliseconds since 1970. */
  readonly createdAt: number;
  readonly answeredAt: number;
  /** Of the last completed negotiation, as seen from here. */
  readonly agreed: MediaDirection;
  /** What we want: `sendonly` while we hold. */
  readonly wanted: MediaDirection;
  /** Media was encrypted by keys of this kind, and has to be again; absent: it was not. */
  readonly secured?: 'sdes' | 'dtls';
  /** Our side is muted; absent: it is not. */
  readonly muted?: true;
  /** The UUIDs of Session-ID (RFC 7989). */
  readonly localUuid: string;
  /** Absent: the peer said none. */
  readonly remoteUuid?: string;
  /** The call that it is a leg of (`linkSessionToCall`); absent: none. */
  readonly linkedTo?: string;
  readonly dialog: DialogSnapshot;
}

/** @internal What `Session.snapshot` writes; throws `SESSION_STATE`. */
export function takeSessionSnapshot(
  session: Session,
  inside: {
    readonly state: SessionMachineState;
    readonly keying: 'sdes' | 'dtls' | undefined;
    readonly linkedTo: string | undefined;
  },
): SessionSnapshot {
  const { state, keying, linkedTo } = inside;
  const { id, direction, dialog, createdAt, answeredAt = createdAt } = session;
  if (!('wanted' in state) || dialog === undefined) {
    throw refusedBy('SESSION_STATE', { input: 'snapshot', state: state.name, allowed: [] });
  }
  const { local, remote } = session.identifiers;
  return {
    version: SESSION_SNAPSHOT_VERSION,
    id,
    direction,
    createdAt,
    answeredAt,
    agreed: state.direction,
    wanted: state.wanted,
    ...(keying === undefined ? {} : { secured: keying }),
    ...(session.isMuted ? { muted: true as const } : {}),
    localUuid: local,
    ...(remote === undefined ? {} : { remoteUuid: remote }),
    ...(linkedTo === undefined ? {} : { linkedTo }),
    dialog: dialog.snapshot(),
  };
}

const DIRECTIONS: readonly MediaDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const LATEST = 2 ** 53 - 1;

/**
 * @internal Reads what may be anything; the dialog is the dialog layer's to read.
 *
 * @throws StrowgerError `SNAPSHOT_CORRUPT` with the field that makes no sense, `SNAPSHOT_VERSION`.
 */
export function readSessionSnapshot(value: unknown): SessionSnapshot {
  const fields = new SnapshotFields(value);
  const version = fields.number('version', 0, LATEST);
  if (version !== SESSION_SNAPSHOT_VERSION) {
    const what = `version ${version} of a session cannot be read, only ${SESSION_SNAPSHOT_VERSION}`;
    throw new StrowgerError('SNAPSHOT_VERSION', what);
  }
  return {
    version: SESSION_SNAPSHOT_VERSION,
    id: sessionId(fields.text('id')),
    direction: fields.oneOf('direction', ['incoming', 'outgoing']),
    createdAt: fields.number('createdAt', 0, LATEST),
    answeredAt: fields.number('answeredAt', 0, LATEST),
    agreed: fields.oneOf('agreed', DIRECTIONS),
    wanted: fields.oneOf('wanted', DIRECTIONS),
    ...(fields.has('secured') ? { secured: fields.oneOf('secured', ['sdes', 'dtls']) } : {}),
    ...(fields.flag('muted') ? { muted: true as const } : {}),
    localUuid: uuid(fields, 'localUuid'),
    ...(fields.has('remoteUuid') ? { remoteUuid: uuid(fields, 'remoteUuid') } : {}),
    ...(fields.has('linkedTo') ? { linkedTo: fields.text('linkedTo') } : {}),
    dialog: readDialog(fields),
  };
}

/** As far as a session looks into it; `DialogLayer.restore` reads all of it. */
function readDialog(fields: SnapshotFields): DialogSnapshot {
  const dialog = fields.child('dialog');
  for (const name of ['callId', 'localTag', 'local', 'remote']) dialog.text(name);
  return fields.plain('dialog') as DialogSnapshot; // its layer refuses what is none
}

function uuid(fields: SnapshotFields, name: string): string {
  const text = fields.text(name);
  if (/^[0-9a-f]{32}$/u.test(text)) return text;
  throw fields.refusal(name, 'is no UUID of 32 hexadecimal digits');
}
