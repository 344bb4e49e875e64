import type { ReadBody } from './xml-read.ts';

/** The media type of the `message-summary` package (RFC 3842 §3.5). */
export const MESSAGE_SUMMARY_TYPE = 'application/simple-message-summary';

/** How many messages of one class there are; urgent ones are counted among them too. */
export interface MessageCounts {
  readonly newMessages: number;
  readonly oldMessages: number;
  readonly urgentNew?: number | undefined;
  readonly urgentOld?: number | undefined;
}

/** The classes of RFC 3458 that RFC 3842 §5.2 names. */
export type MessageClass =
  | 'voice-message'
  | 'fax-message'
  | 'pager-message'
  | 'multimedia-message'
  | 'text-message'
  | 'none';

/** The body of the `message-summary` package (RFC 3842): what waits in a mailbox. */
export interface MessageSummary {
  readonly isWaiting: boolean;
  /** The mailbox. */
  readonly account?: string | undefined;
  readonly counts: Readonly<Partial<Record<MessageClass, MessageCounts>>>;
}

const CLASSES: readonly MessageClass[] = [
  'voice-message',
  'fax-message',
  'pager-message',
  'multimedia-message',
  'text-message',
  'none',
];
const MOST_BYTES = 65_536;
const COUNTS = /^(\d{1,9})\s*\/\s*(\d{1,9})(?:\s*\(\s*(\d{1,9})\s*\/\s*(\d{1,9})\s*\))?$/u;

/** Reads a message summary; never throws. Headers of single messages are passed over. */
export function parseMessageSummary(body: string | Uint8Array): ReadBody<MessageSummary> {
  if (body.length > MOST_BYTES) return { ok: false, status: 413, message: 'the body is too large' };
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  let isWaiting: boolean | undefined;
  let account: string | undefined;
  const counts: Partial<Record<MessageClass, MessageCounts>> = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (line.trim() === '' && isWaiting !== undefined) break;
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const kind = CLASSES.find((each) => each === name);
    if (name === 'messages-waiting') isWaiting = value.toLowerCase() === 'yes';
    else if (name === 'message-account') account = value;
    else if (kind !== undefined) {
      const read = COUNTS.exec(value);
      if (read === null) return { ok: false, status: 400, message: `no counts of ${kind}` };
      counts[kind] = countsOf(read);
    }
  }
  if (isWaiting === undefined) {
    return { ok: false, status: 400, message: 'Messages-Waiting is missing' };
  }
  return { ok: true, value: { isWaiting, account, counts } };
}

function countsOf([, fresh, old, urgentNew, urgentOld]: RegExpExecArray): MessageCounts {
  const counts = { newMessages: Number(fresh), oldMessages: Number(old) };
  if (urgentNew === undefined) return counts;
  return { ...counts, urgentNew: Number(urgentNew), urgentOld: Number(urgentOld) };
}

/** Writes a message summary. CR and LF in the account become spaces. */
export function formatMessageSummary({ isWaiting, account, counts }: MessageSummary): string {
  const lines = [`Messages-Waiting: ${isWaiting ? 'yes' : 'no'}`];
  if (account !== undefined) lines.push(`Message-Account: ${account.replaceAll(/[\r\n]+/gu, ' ')}`);
  for (const kind of CLASSES) {
    const count = counts[kind];
    if (count === undefined) continue;
    const { newMessages, oldMessages, urgentNew, urgentOld } = count;
    const urgent = urgentNew === undefined ? '' : ` (${urgentNew}/${urgentOld ?? 0})`;
    const name = kind.replaceAll(/\b[a-z]/gu, (letter) => letter.toUpperCase());
    lines.push(`${name}: ${newMessages}/${oldMessages}${urgent}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}
