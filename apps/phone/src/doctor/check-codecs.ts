import { readDescription, TELEPHONE_EVENT } from '@strowger/media-core';
import type { MessageTrace } from '@strowger/sip-client';
import { bad, doubtful, type Finding, good, skipped } from './finding.ts';

/** What we offer by default, by its names in SDP. */
const OURS = ['pcmu', 'pcma', 'g722', 'opus'];
/**
 * What the server can encode: by the description in its answer to OPTIONS (RFC 3261 §11.2), else by
 * what it agreed to in the test call.
 */
export function checkCodecs(traces: readonly MessageTrace[], agreed: string | undefined): Finding {
  const described = traces.findLast(
    ({ direction, message }) =>
      direction === 'received' &&
      message.kind === 'response' &&
      message.cseq.method === 'OPTIONS' &&
      message.body.length > 0,
  );
  if (described !== undefined) {
    const theirs = codecsIn(described.message.text());
    if (theirs === undefined) {
      const remedy = 'have it mended; calls may work all the same';
      return doubtful('codecs', 'the description of the server cannot be read', remedy);
    }
    const common = theirs.filter((codec) => OURS.includes(codec));
    const found = `the server has ${theirs.join(', ') || 'none'}; in common ${common.join(', ') || 'none'}`;
    if (common.length > 0) return good('codecs', found);
    return bad('codecs', found, `have one of ${OURS.join(', ')} allowed for this account`);
  }
  if (agreed !== undefined) return good('codecs', `agreed on ${agreed} in the test call`);
  if (traces.some(({ message }) => message.kind === 'response' && message.status === 488)) {
    const remedy = `have one of ${OURS.join(', ')} allowed for this account, or change --srtp`;
    return bad('codecs', 'the server refused our offer (488)', remedy);
  }
  return skipped('codecs', 'no description of the server to compare with');
}

/** Encodings of the first audio line, in its order; `undefined` where it cannot be read. */
export function codecsIn(description: string): string[] | undefined {
  const read = readDescription(description);
  if (!read.ok) return undefined;
  const audio = read.description.media.find(({ kind }) => kind === 'audio');
  const names = audio?.codecs.map(({ name }) => name) ?? [];
  return names.filter((name) => name !== TELEPHONE_EVENT);
}
