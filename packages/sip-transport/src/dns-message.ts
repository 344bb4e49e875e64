import { type Answer, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from './dns-resolver.ts';
import { canonicalAddress, familyOf } from './ip-address.ts';

/** What is asked: a type of record, and a name without its final dot. */
export interface DnsQuestion {
  readonly type: keyof DnsResolver;
  readonly name: string;
}

/** A record of any of the types that are asked for. */
export type DnsRecord = string | NaptrRecord | SrvRecord;

/** What a server's datagram or message means for a question. */
export type DnsReply =
  /** No answer to this question, or none that can be read: as if it had not come. */
  | { readonly kind: 'foreign' }
  /** The answer did not fit: ask again by TCP (RFC 1035 §4.2.1). */
  | { readonly kind: 'truncated' }
  /** The server does not understand the question's form: EDNS may be why (RFC 6891 §7). */
  | { readonly kind: 'misunderstood' }
  /** The server cannot or does not want to answer. */
  | { readonly kind: 'refused'; readonly code: number }
  | { readonly kind: 'answer'; readonly answer: DnsAnswer<DnsRecord> };

const TYPES = { naptr: 'NAPTR', srv: 'SRV', a: 'A', aaaa: 'AAAA' } as const;

/** Records that are read of one answer: a name led to by a thousand would cost too much time. */
const MOST_ANSWERS = 128;
const MOST_AUTHORITIES = 8;
const LONGEST_CHAIN = 16;

/** What a datagram may hold without being cut to pieces on its way (RFC 9715 §3.1). */
const UDP_BYTES = 1232;

/** Whether a name can be asked for at all (RFC 1035 §2.3.4). */
export function isDnsName(name: string): boolean {
  const labels = name.split('.');
  return name.length <= 253 && labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label));
}

/** The bytes of a question (RFC 1035 §4.1), with EDNS unless a server could not read it. */
export function encodeQuestion(
  { type, name }: DnsQuestion,
  { id, edns }: { id: number; edns: boolean },
): Uint8Array {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: TYPES[type], name, class: 'IN' }],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: UDP_BYTES,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [],
  });
}

/** Reads what came back for a question that was asked under this identifier. Never throws. */
export function readReply(bytes: Uint8Array, question: DnsQuestion, id: number): DnsReply {
  const head = headOf(bytes);
  if (head === undefined || head.id !== id || !head.isResponse) return { kind: 'foreign' };
  if (head.code === 1 || head.code === 4) return { kind: 'misunderstood' };
  const message = read(bytes);
  const [asked, another] = message?.questions ?? [];
  if (message === undefined || asked === undefined || another !== undefined) {
    return { kind: 'foreign' };
  }
  if (asked.type !== TYPES[question.type] || !isSame(asked.name, question.name)) {
    return { kind: 'foreign' };
  }
  if (head.isTruncated) return { kind: 'truncated' };
  if (head.code !== 0 && head.code !== 3) return { kind: 'refused', code: head.code };
  return { kind: 'answer', answer: answerOf(question, message) };
}

interface Head {
  readonly id: number;
  readonly isResponse: boolean;
  readonly isTruncated: boolean;
  readonly code: number;
}

function headOf(bytes: Uint8Array): Head | undefined {
  if (bytes.length < 12) return undefined;
  const [idHigh = 0, idLow = 0, flagsHigh = 0, flagsLow = 0] = bytes;
  return {
    id: (idHigh << 8) | idLow,
    isResponse: (flagsHigh & 0xf8) === 0x80, // a response, and to a standard query
    isTruncated: (flagsHigh & 0x02) !== 0,
    code: flagsLow & 0x0f,
  };
}

interface Message {
  readonly questions: readonly { type: string; name: string }[];
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

/** As much of a message as is needed: never more records than can be read in a moment. */
function read(bytes: Uint8Array): Message | undefined {
  const copy = Buffer.from(bytes);
  const answers = copy.readUInt16BE(6);
  const isLong = answers > MOST_ANSWERS;
  copy.writeUInt16BE(Math.min(copy.readUInt16BE(4), 2), 4);
  copy.writeUInt16BE(Math.min(answers, MOST_ANSWERS), 6);
  copy.writeUInt16BE(isLong ? 0 : Math.min(copy.readUInt16BE(8), MOST_AUTHORITIES), 8);
  copy.writeUInt16BE(0, 10);
  try {
    const { questions = [], answers: found = [], authorities = [] } = decode(copy);
    return { questions, answers: found, authorities };
  } catch {
    return undefined;
  }
}

/** The records that the name, or what it is an alias of, has (RFC 1034 §3.6.2). */
function answerOf({ type, name }: DnsQuestion, message: Message): DnsAnswer<DnsRecord> {
  const owners = new Set([name.toLowerCase()]);
  let owner = name.toLowerCase();
  let seconds = Number.POSITIVE_INFINITY;
  while (owners.size <= LONGEST_CHAIN) {
    const alias = message.answers.find((one) => one.type === 'CNAME' && isSame(one.name, owner));
    if (alias?.type !== 'CNAME') break;
    seconds = Math.min(seconds, lifeOf(alias));
    owner = alias.data.toLowerCase();
    if (owners.has(owner)) return { records: [] }; // it leads back to itself
    owners.add(owner);
  }
  const records: DnsRecord[] = [];
  for (const one of message.answers) {
    const record = isSame(one.name, owner) ? recordOf(type, one) : undefined;
    if (record === undefined || one.type === 'OPT') continue;
    records.push(record);
    seconds = Math.min(seconds, lifeOf(one));
  }
  return records.length === 0 ? nothing(message) : { records, ttlMs: 1000 * seconds };
}

/** How long "there is none" holds: the SOA record says (RFC 2308 §5). */
function nothing({ authorities }: Message): DnsAnswer<DnsRecord> {
  const start = authorities.find((one) => one.type === 'SOA');
  if (start?.type !== 'SOA') return { records: [] };
  return { records: [], ttlMs: 1000 * Math.min(lifeOf(start), start.data.minimum ?? 0) };
}

function recordOf(type: DnsQuestion['type'], record: Answer): DnsRecord | undefined {
  if (record.type !== TYPES[type]) return undefined;
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return familyOf(record.data) === undefined ? undefined : canonicalAddress(record.data);
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = record.data;
      return { priority, weight, port, target };
    }
    case 'NAPTR': {
      const { order, preference, flags, services: service, regexp, replacement } = record.data;
      // RFC 3263 §4.1 has no use for one that rewrites
      return regexp === '' ? { order, preference, flags, service, replacement } : undefined;
    }
    default:
      return undefined;
  }
}

/** Seconds; a time with the highest bit set is none (RFC 2181 §8). */
function lifeOf({ ttl = 0 }: { ttl?: number | undefined }): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
