import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answerChallenge, type SipResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { byTcp, byUdp, isAlive, serve, type Stranger } from './server.ts';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly expected_status: readonly (number | 'process' | 'drop' | '-')[];
}

const FALLBACK = fileURLToPath(new URL('../../../../shared/cases', import.meta.url));

/** Where we give another answer than the index names, and why that is right. */
const OTHERWISE: Readonly<Record<string, { readonly status: readonly number[]; why: string }>> = {
  badinv01: { status: [0], why: 'its Via is broken: an answer has nowhere to go' },
  baddn: { status: [0], why: 'its headers do not end, which is no whole message' },
  badvers: { status: [0, 505], why: 'its Via is of SIP/7.0, which says not where an answer goes' },
  sdp01: { status: [406, 400, 404, 480], why: 'the callee is looked for before the offer is read' },
};
/** What a stream does not end is waited for, and nobody can tell where the next begins. */
const UNENDING = new Set(['clerr', 'dblreq', 'inv2543', 'ncl', 'mcl01']);

function cases(): { item: Case; bytes: Buffer }[] {
  const folder = process.env['STROWGER_CASES'];
  const root = `${folder ?? FALLBACK}/rfc4475`;
  if (!existsSync(root)) {
    if (process.env['CI'] === 'true' && folder !== 'none') throw new Error(`${root} is absent`);
    console.log(`RFC 4475 on the wire skipped: ${root} is absent (set STROWGER_CASES)`);
    return [];
  }
  const index = JSON.parse(readFileSync(`${root}/index.json`, 'utf8')) as { cases: Case[] };
  return index.cases.map((item) => ({ item, bytes: readFileSync(`${root}/${item.file}`) }));
}

/** What the message is answered with, by who has the password where it is asked for. */
async function answerTo(bytes: Buffer, by: typeof byUdp): Promise<number[]> {
  const text = bytes.toString('latin1');
  const users = [...new Set(['From', 'To'].map((name) => userOf(text, name)))];
  const transport = { forceRport: true };
  const server = await serve({ transport, domain: 'example.com', users });
  const stranger = await by(server);
  stranger.send(bytes);
  const [challenge] = await stranger.settled();
  const asked = challenge?.message;
  if (asked !== undefined && [401, 407].includes(asked.status)) await prove(stranger, text, asked);
  await isAlive(server);
  return stranger.answers.map(({ status }) => status);
}

async function prove(stranger: Stranger, text: string, asked: SipResponse): Promise<void> {
  const isProxy = asked.status === 407;
  const [challenge] = asked.headers.get(isProxy ? 'proxy-authenticate' : 'www-authenticate') ?? [];
  const [method = '', uri = ''] = text.split(' ', 2);
  const username = userOf(text, method === 'REGISTER' ? 'To' : 'From');
  if (challenge === undefined) throw new Error('nothing is asked');
  const secret = { username, password: `pw-${username}`, method, uri, cnonce: 'c', nonceCount: 1 };
  const answer = answerChallenge(challenge, secret);
  if (!answer.ok) throw new Error(answer.refusal.message);
  const name = isProxy ? 'Proxy-Authorization' : 'Authorization';
  const again = text
    .replace(/^Authorization:.*\r\n/im, '')
    .replace(/branch=z9hG4bK/i, 'branch=z9hG4bKagain')
    .replace(/^CSeq\s*:\s*\d+/im, 'CSeq: 77')
    .replace('\r\n', `\r\n${name}: ${answer.value}\r\n`);
  stranger.send(Buffer.from(again, 'latin1'));
  await stranger.settled();
}

function userOf(text: string, name: string): string {
  const compact = name[0] ?? '';
  const field = new RegExp(`^(?:${name}|${compact})\\s*:[^\\r]*?sips?:([^@>\\r]+)@`, 'im');
  const user = field.exec(text)?.[1] ?? 'nobody';
  // no quoted string holds a NUL (RFC 3261 §25.1), so that nobody can log in by such a name
  return /%(?![0-9a-f]{2})|%00/i.test(user) ? 'nobody' : decodeURIComponent(user);
}

describe('RFC 4475 on the wire', () => {
  const all = cases();
  if (all.length === 0) it('has nothing to send here', () => expect(all).toEqual([]));
  for (const { item, bytes } of all) {
    it.each([
      ['UDP', byUdp],
      ['TCP', byTcp],
    ])(`${item.name} by %s is answered as it deserves`, async (transport, by) => {
      const statuses = await answerTo(bytes, by);
      const allowed = item.expected_status;
      const other = OTHERWISE[item.name]?.status ?? [];
      if (transport === 'TCP' && UNENDING.has(item.name)) return;
      const last = statuses.at(-1) ?? 0;
      const isAnswer = allowed.includes('drop') || allowed.includes('-') ? last === 0 : last > 0;
      const isFree = allowed.includes('process') || !allowed.some((one) => Number(one) > 0);
      const verdict =
        other.includes(last) || (isFree ? isAnswer : statuses.some((one) => allowed.includes(one)));
      expect(`${verdict} ${statuses.join()}`).toBe(`true ${statuses.join()}`);
    });
  }
});
