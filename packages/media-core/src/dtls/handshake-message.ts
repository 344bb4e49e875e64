import { TlsReader, concat, uint } from './tls-bytes.ts';

/** Types of handshake messages (RFC 5246 §7.4, RFC 6347 §4.3.2). */
export const MESSAGES = {
  0: 'helloRequest',
  1: 'clientHello',
  2: 'serverHello',
  3: 'helloVerifyRequest',
  11: 'certificate',
  12: 'serverKeyExchange',
  13: 'certificateRequest',
  14: 'serverHelloDone',
  15: 'certificateVerify',
  16: 'clientKeyExchange',
  20: 'finished',
} as const;

const NUMBERS = new Map(Object.entries(MESSAGES).map(([number, name]) => [name, Number(number)]));

/** Its name in the RFC, as a word. */
export type MessageName = (typeof MESSAGES)[keyof typeof MESSAGES];

const MESSAGE_HEADER = 12;
/** A chain of certificates with large keys has some kilobytes. */
const LONGEST_MESSAGE = 16_384;
/** Messages that may come before their turn; a flight has at most six. */
const MOST_AHEAD = 8;
const LARGEST_FRAGMENT = 1100;

/** A handshake message, whole. */
export interface HandshakeMessage {
  /** `undefined`: one that nobody here knows. */
  readonly name: MessageName | undefined;
  readonly body: Uint8Array;
  /** As the hashes of a handshake see it: never fragmented (RFC 6347 §4.2.6). */
  readonly framed: Uint8Array;
}

/** A message as it stands in the hashes; `fragments` makes records of it. */
export function frameMessage(name: MessageName, sequence: number, body: Uint8Array): Uint8Array {
  return framed(NUMBERS.get(name) ?? 0, sequence, body);
}

/** The fragments that a framed message leaves in. */
export function fragments(message: Uint8Array): Uint8Array[] {
  const head = message.subarray(0, 6);
  const body = message.subarray(MESSAGE_HEADER);
  const made: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < body.length; at += LARGEST_FRAGMENT) {
    const part = body.subarray(at, at + LARGEST_FRAGMENT);
    made.push(concat(head, uint(3, at), uint(3, part.length), part));
  }
  return made;
}

interface Reassembly {
  readonly type: number;
  readonly body: Uint8Array;
  readonly isThere: Uint8Array;
  missing: number;
}

/** What a message is, framed or as a fragment; `undefined`: one that nobody here knows. */
export function messageName([type = -1]: Uint8Array): MessageName | undefined {
  // a number of the table, or none of it
  return MESSAGES[type as keyof typeof MESSAGES] as MessageName | undefined;
}

/** The number of a message, framed or as a fragment (RFC 6347 §4.2.2); 0 where it is cut off. */
export function messageNumber(message: Uint8Array): number {
  return ((message[4] ?? 0) << 8) | (message[5] ?? 0);
}

/** Puts fragments together and messages in order (RFC 6347 §4.2.2), within limits. */
export class HandshakeInbox {
  private next: number;
  private readonly partial = new Map<number, Reassembly>();

  /** @param first the number of the first message (RFC 6347 §4.2.2). */
  constructor(first = 0) {
    this.next = first;
  }

  /** Where the message of a number stands: taken, the next in turn, or later than that. */
  turnOf(number: number): 'taken' | 'next' | 'later' {
    if (number === this.next) return 'next';
    return number < this.next ? 'taken' : 'later';
  }

  /** Takes the fragments of a record: `repeated` where all of it was known already. */
  take(record: Uint8Array): 'new' | 'repeated' {
    const reader = new TlsReader(record);
    let isNew = false;
    while (reader.left > 0) {
      const type = reader.uint(1);
      const length = reader.uint(3);
      const sequence = reader.uint(2);
      const offset = reader.uint(3);
      const part = reader.vector(3);
      const isWanted = sequence >= this.next && sequence < this.next + MOST_AHEAD;
      if (!isWanted || length > LONGEST_MESSAGE || offset + part.length > length) continue;
      isNew = this.keep(sequence, { type, length, offset }, part) || isNew;
    }
    return isNew ? 'new' : 'repeated';
  }

  /** The next message in order, once it is whole. */
  shift(): HandshakeMessage | undefined {
    const message = this.partial.get(this.next);
    if (message === undefined || message.missing > 0) return undefined;
    this.partial.delete(this.next);
    const { type, body } = message;
    const whole = framed(type, this.next++, body);
    return { name: messageName(whole), body, framed: whole };
  }

  private keep(
    sequence: number,
    { type, length, offset }: { type: number; length: number; offset: number },
    part: Uint8Array,
  ): boolean {
    const known = this.partial.get(sequence);
    const one = known ?? {
      type,
      body: new Uint8Array(length),
      isThere: new Uint8Array(length),
      missing: length,
    };
    if (one.type !== type || one.body.length !== length) return false;
    this.partial.set(sequence, one);
    const before = one.missing;
    for (const [at, byte] of part.entries()) {
      if (one.isThere[offset + at] === 1) continue;
      one.isThere[offset + at] = 1;
      one.body[offset + at] = byte;
      one.missing--;
    }
    return known === undefined || one.missing < before;
  }
}

function framed(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const length = uint(3, body.length);
  return concat(uint(1, type), length, uint(2, sequence), uint(3, 0), length, body);
}
