import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  applyAnswer,
  type LocalMedia,
  type MediaDescription,
  negotiateAnswer,
  readDescription,
} from '../src/index.ts';

/**
 * Rounds of RFC 3264 §10 and RFC 4317 §2 as another project wrote them down. Compared by meaning,
 * and for what this package speaks: it takes the first audio line and refuses video and a second
 * audio line, where those cases go on with them.
 */
interface Round {
  readonly type: 'LOCAL_OFFER' | 'REMOTE_OFFER';
  readonly local_offer?: string;
  readonly remote_answer?: string;
  readonly expected_active_local?: string;
  /** In a REMOTE_OFFER the suite has the two exchanged: this is what the other side offers. */
  readonly local_capabilities?: string;
  /** And this is what we have. */
  readonly remote_offer?: string;
  readonly expected_local_answer?: string;
}

const fallback = join(import.meta.dirname, '../../../../shared/cases');
const folder = process.env['STROWGER_CASES'] ?? fallback;
const file = join(folder, 'sdp_offer_answer', 'index.json');
const isThere = existsSync(file);
if (!isThere) {
  const reason = `sdp_offer_answer is skipped: ${file} is not there (STROWGER_CASES)`;
  if (process.env['CI'] === 'true' && folder !== 'none') throw new Error(reason);
  console.warn(reason);
}
// The file is the suite's own; a case of another form fails the test that reads it.
const cases: readonly { title: string; rounds: readonly Round[] }[] = isThere
  ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: [] }).cases
  : [];

function linesOf(sdp = ''): readonly MediaDescription[] {
  const read = readDescription(sdp);
  if (!read.ok) throw new Error(read.reason.message);
  return read.description.media;
}

const firstAudio = (lines: readonly MediaDescription[]) =>
  lines.findIndex((line) => line.kind === 'audio' && line.port > 0);

function checkOurOffer({ local_offer = '', remote_answer = '', expected_active_local }: Round) {
  const applied = applyAnswer({ offer: local_offer, answer: remote_answer });
  if (!applied.ok) throw new Error(applied.reason.message);
  const expected = linesOf(expected_active_local);
  const line = expected[firstAudio(linesOf(local_offer))];
  const remote = linesOf(remote_answer)[firstAudio(linesOf(local_offer))];
  expect(linesOf(remote_answer)).toHaveLength(expected.length);
  expect(applied.media.receive.map((one) => String(one.payloadType))).toEqual(line?.formats);
  expect(applied.media.direction).toBe(line?.direction);
  expect(applied.media.remote.port).toBe(remote?.port);
}

function checkOurAnswer({ local_capabilities = '', remote_offer = '', ...round }: Round) {
  const codecs = linesOf(remote_offer).flatMap((line) =>
    line.kind === 'audio' ? line.codecs : [],
  );
  const local: LocalMedia = {
    address: '192.0.2.1',
    port: 4000,
    codecs,
    direction: 'sendrecv',
    sessionId: '1',
    version: 1,
  };
  const answered = negotiateAnswer({ offer: local_capabilities, local });
  if (!answered.ok) throw new Error(answered.reason.message);
  const [offered, ours] = [linesOf(local_capabilities), linesOf(answered.answer)];
  const audio = firstAudio(offered);
  expect(ours.map((line) => line.port > 0)).toEqual(offered.map((_, index) => index === audio));
  if (!round.expected_local_answer) return;
  const expected = linesOf(round.expected_local_answer);
  expect(ours).toHaveLength(expected.length);
  expect(ours[audio]?.formats).toEqual(expected[audio]?.formats);
  expect(ours[audio]?.direction).toBe(expected[audio]?.direction);
}

describe.skipIf(!isThere)('the rounds of sdp_offer_answer (RFC 3264 §10, RFC 4317 §2)', () => {
  for (const { title, rounds } of cases) {
    it.each(rounds.map((round, index) => [index + 1, round] as const))(
      `${title}, round %i`,
      (_, round) => (round.type === 'LOCAL_OFFER' ? checkOurOffer(round) : checkOurAnswer(round)),
    );
  }
});
