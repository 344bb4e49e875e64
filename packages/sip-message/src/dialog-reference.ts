import { isToken } from './characters.ts';
import type { DialogReference, TargetDialog } from './extension-types.ts';
import { readCallId } from './header-values.ts';
import { readParams } from './read-params.ts';
import type { Reader } from './reader.ts';
import { Fault } from './refusal.ts';

/** Reads Replaces: Call-ID and both tags are mandatory, `early-only` is a flag (RFC 3891 §6.1). */
export function readReplaces(reader: Reader): DialogReference | Fault {
  const read = readReference(reader, 'to-tag', 'from-tag');
  if (read instanceof Fault) return read;
  const { callId, first, second, isEarlyOnly } = read;
  const reference = { callId, toTag: first, fromTag: second };
  return isEarlyOnly ? { ...reference, isEarlyOnly } : reference;
}

/** Reads Join (RFC 3911 §7.1). */
export function readJoin(reader: Reader): DialogReference | Fault {
  const read = readReference(reader, 'to-tag', 'from-tag');
  if (read instanceof Fault) return read;
  return { callId: read.callId, toTag: read.first, fromTag: read.second };
}

/** Reads Target-Dialog (RFC 4538 §4). */
export function readTargetDialog(reader: Reader): TargetDialog | Fault {
  const read = readReference(reader, 'local-tag', 'remote-tag');
  if (read instanceof Fault) return read;
  return { callId: read.callId, localTag: read.first, remoteTag: read.second };
}

interface Reference {
  readonly callId: string;
  readonly first: string;
  readonly second: string;
  readonly isEarlyOnly: boolean;
}

/** A Call-ID and two tags, each exactly once: a parameter that occurs twice is refused. */
function readReference(reader: Reader, first: string, second: string): Reference | Fault {
  const callId = readCallId(reader);
  if (callId instanceof Fault) return callId;
  const at = reader.pos;
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  const tags = [params.get(first) ?? '', params.get(second) ?? ''] as const;
  if (!tags.every(isToken)) {
    const words = `a dialog is not named by its Call-ID, ${first} and ${second}`;
    return reader.fault('BAD_DIALOG_REFERENCE', words, at);
  }
  return { callId, first: tags[0], second: tags[1], isEarlyOnly: params.has('early-only') };
}

/** Spells the value of Replaces or Join. */
export function formatDialogReference(value: object): string | undefined {
  if (!('toTag' in value && 'fromTag' in value && 'callId' in value)) return undefined;
  const early = 'isEarlyOnly' in value && value.isEarlyOnly === true ? ';early-only' : '';
  return `${value.callId};to-tag=${value.toTag};from-tag=${value.fromTag}${early}`;
}

/** Spells the value of Target-Dialog. */
export function formatTargetDialog(value: object): string | undefined {
  if (!('localTag' in value && 'remoteTag' in value && 'callId' in value)) return undefined;
  return `${value.callId};local-tag=${value.localTag};remote-tag=${value.remoteTag}`;
}
