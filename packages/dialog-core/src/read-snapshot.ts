import { StrowgerError } from '@strowger/runtime';
import { NameAddr, parseUri } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import {
  type AckSnapshot,
  type DialogSnapshot,
  type InviteSnapshot,
  SNAPSHOT_VERSION,
  type TimerSnapshot,
} from './dialog-snapshot.ts';
import { SnapshotFields } from './snapshot-fields.ts';

/** One for each version that was ever written; an older one gives what the newest would have been. */
const READERS: ReadonlyMap<number, (fields: SnapshotFields) => DialogSnapshot> = new Map([
  [1, readVersion1],
]);

const MOST_CSEQ = 2 ** 31 - 1;
const MOST_ROUTES = 64;
const MOST_ACKS = 4;
const MOST_CREDENTIALS = 16;
/** RFC 4028 §4, §5. */
const SHORTEST_SECONDS = 90;
const TRANSPORTS: readonly Hop['transport'][] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

/**
 * Reads what may be anything.
 *
 * @throws StrowgerError `SNAPSHOT_CORRUPT` with the field that makes no sense, `SNAPSHOT_VERSION`
 * for a version that nobody here can read.
 */
export function readSnapshot(value: unknown): DialogSnapshot {
  const fields = new SnapshotFields(value);
  const version = fields.number('version', 0, MOST_CSEQ);
  const reader = READERS.get(version);
  if (reader !== undefined) return reader(fields);
  const known = [...READERS.keys()].join(', ');
  const what = `version ${version} of a snapshot cannot be read, only ${known}`;
  throw new StrowgerError('SNAPSHOT_VERSION', what);
}

function readVersion1(fields: SnapshotFields): DialogSnapshot {
  const localTag = fields.text('localTag');
  const remoteTag = fields.text('remoteTag', { mayBeEmpty: true });
  return {
    version: SNAPSHOT_VERSION,
    callId: fields.text('callId'),
    localTag,
    remoteTag,
    role: fields.oneOf('role', ['uac', 'uas']),
    local: readAddress(fields, 'local', localTag),
    remote: readAddress(fields, 'remote', remoteTag),
    remoteTarget: readUri(fields, 'remoteTarget'),
    ...(fields.has('routeSet') ? { routeSet: readRoutes(fields) } : {}),
    localContact: readAddress(fields, 'localContact'),
    localSeq: fields.number('localSeq', 0, MOST_CSEQ),
    remoteSeq: fields.number('remoteSeq', -1, MOST_CSEQ),
    ...(fields.has('hop') ? { hop: readHop(fields.child('hop')) } : {}),
    ...(fields.flag('allowsUpdate') ? { allowsUpdate: true } : {}),
    offer: fields.oneOf('offer', ['initial', 'complete']),
    ...(fields.has('timer') ? { timer: readTimer(fields.child('timer')) } : {}),
    ...(fields.has('acks') ? { acks: fields.children('acks', MOST_ACKS).map(readAck) } : {}),
    ...(fields.has('invite') ? { invite: readInvite(fields.child('invite')) } : {}),
  };
}

/** A From, To or Contact; the tag says whose it is. */
function readAddress(fields: SnapshotFields, name: string, tag?: string): string {
  const text = fields.text(name);
  const parsed = NameAddr.parse(text);
  if (!parsed.ok) throw fields.refusal(name, 'is no address');
  if (tag !== undefined && (parsed.value.tag ?? '') !== tag) {
    throw fields.refusal(name, 'has another tag');
  }
  return text;
}

function readUri(fields: SnapshotFields, name: string): string {
  const text = fields.text(name);
  if (!parseUri(text).ok) throw fields.refusal(name, 'is no URI');
  return text;
}

function readRoutes(fields: SnapshotFields): string[] {
  const routes = fields.texts('routeSet', MOST_ROUTES);
  if (routes.some((route) => !NameAddr.parse(route).ok)) {
    throw fields.refusal('routeSet', 'has an entry that is no address');
  }
  return routes;
}

function readHop(fields: SnapshotFields): Hop {
  return {
    transport: fields.oneOf('transport', TRANSPORTS),
    address: fields.text('address'),
    port: fields.number('port', 1, 65_535),
    ...(fields.has('host') ? { host: fields.text('host') } : {}),
    ...(fields.has('flow') ? { flow: fields.text('flow') } : {}),
  };
}

function readTimer(fields: SnapshotFields): TimerSnapshot {
  return {
    role: fields.oneOf('role', ['refresher', 'watching']),
    seconds: fields.number('seconds', SHORTEST_SECONDS, MOST_CSEQ),
    agreedAt: Math.floor(fields.finite('agreedAt')),
    ...(fields.has('minSeconds')
      ? { minSeconds: fields.number('minSeconds', SHORTEST_SECONDS, MOST_CSEQ) }
      : {}),
  };
}

function readAck(fields: SnapshotFields): AckSnapshot {
  const body = fields.has('body') ? fields.child('body') : undefined;
  return {
    cseq: fields.number('cseq', 0, MOST_CSEQ),
    ...(fields.has('headers') ? { headers: readCredentials(fields) } : {}),
    ...(body === undefined
      ? {}
      : { body: { type: body.text('type'), content: body.bytes('content') } }),
    ...(fields.flag('isOwed') ? { isOwed: true } : {}),
  };
}

function readCredentials(fields: SnapshotFields): [string, string][] {
  return fields.pairs('headers', MOST_CREDENTIALS).map(([name, value]) => {
    if (!CREDENTIALS.has(name)) throw fields.refusal('headers', 'has more than credentials');
    return [name, value];
  });
}

const CREDENTIALS = new Set(['Authorization', 'Proxy-Authorization']);

function readInvite(fields: SnapshotFields): InviteSnapshot {
  const local = fields.child('local');
  return {
    request: fields.bytes('request'),
    hop: readHop(fields.child('hop')),
    local: { address: local.text('address'), port: local.number('port', 0, 65_535) },
    ...(fields.has('response') ? { response: fields.bytes('response') } : {}),
    ...(fields.flag('isOffer') ? { isOffer: true } : {}),
    ...(fields.flag('isEnding') ? { isEnding: true } : {}),
  };
}
