import { Buffer } from 'node:buffer';
import { noContentLength, readContentLength } from './content-length.ts';
import type { Head, LocatedHead } from './head.ts';
import { Headers } from './headers.ts';
import { type Limits, limitsOf } from './limits.ts';
import { locateHead } from './locate-head.ts';
import { Fault, type Refusal } from './refusal.ts';

/** What a framer needs and whom it tells. */
export interface StreamFramerOptions {
  readonly limits?: Partial<Limits>;
  /**
   * One whole message, to be parsed with `framed: true`, and what was located in it, which saves
   * the parser half of its work where it has the same limits.
   */
  readonly onMessage: (bytes: Uint8Array, located: LocatedHead) => void;
  /** CRLF CRLF is a ping, one CRLF at the end of a chunk a pong (RFC 5626 §3.5.1). */
  readonly onKeepAlive?: (kind: 'ping' | 'pong') => void;
  /** The stream cannot be followed further: answer what can be answered, and close it. */
  readonly onRefused: (refusal: Refusal, bytes: Uint8Array) => void;
}

/** A message of which the head is there, and how long it will be. */
interface Measured {
  readonly head: Head;
  readonly length: number;
}

type Told =
  | { readonly type: 'message'; readonly bytes: Buffer; readonly head: Head }
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'refused'; readonly fault: Fault; readonly bytes: Buffer };

const CR = 13;
const LF = 10;
const NOTHING = Buffer.alloc(0);

/**
 * Cuts a stream into messages by Content-Length (RFC 3261 §18.3), however the bytes arrive. Holds
 * at most one unfinished message, twice `messageBytes` at worst; each byte is looked at once.
 */
export class StreamFramer {
  readonly #options: StreamFramerOptions;
  readonly #limits: Limits;
  #store: Buffer = NOTHING;
  #used = 0;
  /** How far the unfinished message was searched for the end of its headers. */
  #searched = 0;
  /** The unfinished message, once its headers are complete. */
  #measured: Measured | undefined;
  #isRefused = false;

  constructor(options: StreamFramerOptions) {
    this.#options = options;
    this.#limits = limitsOf(options.limits, true);
  }

  /** Takes the next bytes of the stream; tells of what they complete. Deaf once it has refused. */
  push(chunk: Uint8Array): void {
    if (this.#isRefused) return;
    const isJoined = this.#used > 0;
    const data = isJoined ? this.#join(chunk) : asBuffer(chunk);
    const told: Told[] = [];
    const rest = this.#cut(data, told);
    if (this.#isRefused || rest === data.length) this.#retain(NOTHING);
    else if (rest > 0 || !isJoined) this.#retain(data.subarray(rest));
    for (const item of told) this.#tell(item);
  }

  /** Bytes that belong to no whole message and no keep-alive yet. */
  get pendingBytes(): number {
    return this.#used;
  }

  /** Takes out what is complete; gives where the unfinished message begins. */
  #cut(data: Buffer, told: Told[]): number {
    let at = 0;
    for (;;) {
      at = this.#searched === 0 ? skipKeepAlive(data, at, told) : at;
      if (at >= data.length || isSplitCrlf(data, at)) return at;
      const measured = this.#measure(data.subarray(at));
      if (measured instanceof Fault) {
        this.#isRefused = true;
        told.push({ type: 'refused', fault: measured, bytes: data.subarray(at) });
        return at;
      }
      if (measured === undefined || at + measured.length > data.length) return at;
      const { head, length } = measured;
      const bytes = data.subarray(at, at + length);
      head.complete(bytes);
      told.push({ type: 'message', bytes, head });
      this.#searched = 0;
      this.#measured = undefined;
      at += length;
    }
  }

  /** The message that begins here; undefined until its headers are complete. */
  #measure(data: Buffer): Measured | undefined | Fault {
    if (this.#measured !== undefined) return this.#measured;
    const blank = data.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3), 'latin1');
    this.#searched = data.length;
    if (blank < 0) return data.length > this.#limits.headBytes ? tooLarge() : undefined;
    const measured = measureHead(data.subarray(0, blank + 4), this.#limits);
    if (!(measured instanceof Fault)) this.#measured = measured;
    return measured;
  }

  #join(chunk: Uint8Array): Buffer {
    const size = this.#used + chunk.length;
    if (size > this.#store.length) {
      const grown = Buffer.allocUnsafe(size * 2);
      this.#store.copy(grown, 0, 0, this.#used);
      this.#store = grown;
    }
    this.#store.set(chunk, this.#used);
    this.#used = size;
    return this.#store.subarray(0, size);
  }

  /** Keeps a copy: what was told of may still refer to the bytes that it came in. */
  #retain(rest: Buffer): void {
    this.#store = rest.length === 0 ? NOTHING : Buffer.from(rest);
    this.#used = rest.length;
  }

  #tell(item: Told): void {
    if (item.type === 'message') this.#options.onMessage(item.bytes, item.head);
    else if (item.type === 'refused') this.#options.onRefused({ ...item.fault }, item.bytes);
    else this.#options.onKeepAlive?.(item.type);
  }
}

/** Head and body together, from a complete head. */
function measureHead(bytes: Buffer, limits: Limits): Measured | Fault {
  const head = locateHead(bytes, limits);
  if (head instanceof Fault) return head;
  const length = readContentLength(Headers.of(head));
  if (length instanceof Fault) return length;
  if (length === undefined) return noContentLength(head.bodyFrom);
  const total = head.bodyFrom + length;
  return total > limits.messageBytes ? tooLarge() : { head, length: total };
}

function tooLarge(): Fault {
  const message = 'the message is too large';
  return new Fault('MESSAGE_TOO_LARGE', 0, 'RFC 3261 §21.5.7', message).deserving(513);
}

/** Passes over CRLFs between messages, two by two where they stand together. */
function skipKeepAlive(data: Buffer, from: number, told: Told[]): number {
  let at = from;
  while (isCrlf(data, at)) {
    if (isCrlf(data, at + 2)) {
      told.push({ type: 'ping' });
      at += 4;
    } else if (isSplitCrlf(data, at + 2)) {
      return at;
    } else {
      told.push({ type: 'pong' });
      at += 2;
    }
  }
  return at;
}

function isCrlf(data: Buffer, at: number): boolean {
  return data[at] === CR && data[at + 1] === LF;
}

/** Whether the data ends between CR and LF, or within a CRLF CRLF. */
function isSplitCrlf(data: Buffer, at: number): boolean {
  if (data[at] !== CR) return false;
  return (
    at + 1 === data.length || (data[at + 1] === LF && data[at + 2] === CR && at + 3 === data.length)
  );
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
