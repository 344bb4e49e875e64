import type { Endpoint } from '@strowger/runtime';
import {
  ATTRIBUTES,
  errorCode,
  METHODS,
  readUint32,
  readUtf8,
  type StunMessage,
  uint32,
  utf8,
  writeStun,
  xorAddress,
} from '../stun/index.ts';
import { candidatePriority } from './candidates.ts';

/** What one side is known by in checks (RFC 8445 §7.2.2). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly pwd: string;
}

/** A check as it goes out (RFC 8445 §7.1). */
export interface Check {
  readonly transaction: Uint8Array;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  readonly isControlling: boolean;
  /** 8 bytes. */
  readonly tieBreaker: Uint8Array;
  readonly nominates: boolean;
}

export function writeCheck({ transaction, local, remote, ...check }: Check): Uint8Array {
  const { username, priority, useCandidate, controlling, controlled } = ATTRIBUTES;
  return writeStun({
    kind: 'request',
    method: METHODS.binding,
    transaction,
    attributes: [
      [username, utf8(`${remote.ufrag}:${local.ufrag}`)],
      [priority, uint32(candidatePriority('prflx'))],
      [check.isControlling ? controlling : controlled, check.tieBreaker],
      ...(check.nominates ? [[useCandidate, new Uint8Array(0)] as const] : []),
    ],
    key: utf8(remote.pwd),
    hasFingerprint: true,
  });
}

/** A check that came in, once it is known to be the other side's. */
export interface ReceivedCheck {
  readonly priority: number;
  readonly nominates: boolean;
  /** Which role they believe to have, and with what right. */
  readonly role: 'controlling' | 'controlled' | undefined;
  readonly tieBreaker: Uint8Array;
}

export function readCheck({ attributes }: StunMessage): ReceivedCheck {
  const controlling = attributes.get(ATTRIBUTES.controlling);
  const controlled = attributes.get(ATTRIBUTES.controlled);
  const role = controlling ? 'controlling' : controlled && 'controlled';
  return {
    priority: readUint32(attributes.get(ATTRIBUTES.priority)) ?? 0,
    nominates: attributes.has(ATTRIBUTES.useCandidate),
    role,
    tieBreaker: controlling ?? controlled ?? new Uint8Array(8),
  };
}

/** For whom a check is: the first half of its user name. */
export function addressee({ attributes }: StunMessage): string | undefined {
  return readUtf8(attributes.get(ATTRIBUTES.username))?.split(':')[0];
}

/** Whose name stands behind it: the other side's own (RFC 8445 §7.2.2). */
export function senderOf({ attributes }: StunMessage): string | undefined {
  return readUtf8(attributes.get(ATTRIBUTES.username))?.split(':')[1];
}

/** Attributes of a request that one has to understand and that nobody here does. */
export function unknownIn({ attributes }: StunMessage): number[] {
  const known: readonly number[] = Object.values(ATTRIBUTES);
  return [...attributes.keys()].filter((type) => type < 0x8000 && !known.includes(type));
}

/** Tells the other side where it was seen, which is that it was heard. */
export function writeSuccess(request: StunMessage, from: Endpoint, { pwd }: IceCredentials) {
  const { transaction, method } = request;
  return writeStun({
    kind: 'success',
    method,
    transaction,
    attributes: [[ATTRIBUTES.xorMappedAddress, xorAddress(from, transaction)]],
    key: utf8(pwd),
    hasFingerprint: true,
  });
}

/** A refusal; signed where the request was. */
export function writeError(
  { transaction, method }: StunMessage,
  { code, phrase, unknown = [] }: { code: number; phrase: string; unknown?: readonly number[] },
  credentials?: IceCredentials,
): Uint8Array {
  const list = Uint8Array.from(unknown.flatMap((type) => [type >>> 8, type & 0xff]));
  return writeStun({
    kind: 'error',
    method,
    transaction,
    attributes: [
      [ATTRIBUTES.errorCode, errorCode(code, phrase)],
      ...(list.length > 0 ? [[ATTRIBUTES.unknownAttributes, list] as const] : []),
    ],
    key: credentials && utf8(credentials.pwd),
    hasFingerprint: true,
  });
}
