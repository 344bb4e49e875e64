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

interface Otherwise {
  /** By UDP, by TCP, or by both. */
  readonly over: 'UDP' | 'TCP' | 'both';
  /** The last status; 0 for none. */
  readonly status: readonly number[];
  readonly why: string;
}

/** Where we give another answer than the index names, and why that is right. */
const OTHERWISE: Readonly<Record<string, Otherwise>> = {
  clerr: { over: 'TCP', status: [0], why: 'a stream waits for the rest of the body' },
  baddn: { over: 'TCP', status: [0], why: 'a stream waits for the rest of the headers' },
};
/** What a stream cannot be followed after, so that it is closed once what came before is answered. */
const UNFOLLOWABLE = new Set(['dblreq', 'inv2543', 'ncl', 'mcl01']);

interface Sent {
  readonly item: Case;
  readonly bytes: Buffer;
}

function cases(): Sent[] {
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
async function answerTo(
  { item, bytes }: Sent,
  by: typeof byUdp,
): Promise<{ statuses: number[]; isClosed: boolean }> {
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
  while (by === byTcp && UNFOLLOWABLE.has(item.name) && !stranger.isClosed()) await isAlive(server);
  return { statuses: stranger.answers.map(({ status }) => status), isClosed: stranger.isClosed() };
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

const all = cases();

if (all.length === 0)
  it('there are no torture messages to send here', () => expect(all).toEqual([]));

describe('RFC 4475 on the wire', { skip: all.length === 0 }, () => {
  for (const { item, bytes } of all) {
    it.each([
      ['UDP', byUdp],
      ['TCP', byTcp],
    ] as const)(`${item.name} by %s is answered as it deserves`, async (transport, by) => {
      const { statuses, isClosed } = await answerTo({ item, bytes }, by);
      const other = OTHERWISE[item.name];
      const isOther = other !== undefined && [transport, 'both'].includes(other.over);
      const allowed = isOther ? other.status : statusesOf(item);
      const last = statuses.at(-1) ?? 0;
      const verdict = allowed === 'answered' ? last > 0 : allowed.includes(last);
      expect(`${verdict} ${statuses.join()}`).toBe(`true ${statuses.join()}`);
      if (transport === 'TCP') expect(isClosed).toBe(UNFOLLOWABLE.has(item.name));
    });
  }
});

/** The final statuses that the index allows; 0 for none. */
function statusesOf({ expected_status: expected }: Case): readonly number[] | 'answered' {
  if (expected.includes('process')) return 'answered';
  return expected.map((one) => (typeof one === 'number' ? one : 0));
}
