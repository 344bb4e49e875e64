import type { MessageTrace } from '@strowger/sip-client';
import { bad, type Finding, good, skipped } from './finding.ts';

/** What we offer by default, by its names in SDP. */
const OURS = ['pcmu', 'pcma', 'g722', 'opus'];
/** Static payload types (RFC 3551 §6). */
const STATIC: Readonly<Record<string, string>> = {
  '0': 'pcmu',
  '8': 'pcma',
  '9': 'g722',
  '18': 'g729',
};

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

/** Encodings of the first audio line, in its order. */
export function codecsIn(description: string): string[] {
  const lines = description.split(/\r?\n/);
  const audio = lines.find((line) => line.startsWith('m=audio '));
  const types = audio?.split(' ').slice(3) ?? [];
  const maps = new Map(
    lines
      .filter((line) => line.startsWith('a=rtpmap:'))
      .map((line) => line.slice('a=rtpmap:'.length).split(' '))
      .map(([type = '', encoding = '']) => [type, (encoding.split('/')[0] ?? '').toLowerCase()]),
  );
  return types
    .map((type) => maps.get(type) ?? STATIC[type] ?? '')
    .filter((name) => name !== '' && name !== 'telephone-event');
}
