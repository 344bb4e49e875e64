import { Buffer } from 'node:buffer';
import { CLASS_OF } from './characters.ts';
import { Head } from './head.ts';
import { FROM, TO, VIA } from './header-names.ts';
import { type Limits, MAX_HEAD_BYTES } from './limits.ts';
import { NAME_TABLES } from './name-at.ts';
import { locateKey } from './plain-keys.ts';
import { SCAN_HEAD_BINARY } from './scan-head-binary.ts';

/** Places in the module's memory: see wasm/scan-head.wat. */
const COMPACT_AT = 512;
const FIRST_AT = 768;
const NEXT_AT = 1792;
const LENGTHS_AT = 1920;
const BEGINS_AT = 2048;
const WORDS_AT = 2304;
const RESULTS_AT = 4352;
const RESULT_COUNT = 16;
const FIELDS_AT = 4480;
const MESSAGE_AT = 8192;

/** What is longer, or has more fields, is located in TypeScript. */
const MOST_OCTETS = 16_384;
const MOST_FIELDS = 900;

/** Room for the fields of most messages, and for the blank line behind them. */
const ROOM = Array.from({ length: 64 }, () => 0);

/** A key of which only `locateKey` can tell whether it is plain. */
const UNSURE = -2;

/** Finds the fields and the plain keys of a message; undefined where its head is not of the usual shape. */
export type ScanHead = (buffer: Buffer, limits: Limits) => Head | undefined;

/** What wasm/scan-head.wat exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  scan(length: number, maxFields: number, maxField: number, maxHead: number): number;
}

/** What is used of the global, which the types of Node have only as a name space. */
interface WebAssemblyGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    /** The binary is made of the source that exports these. */
    readonly Instance: new (
      module: object,
    ) => { readonly exports: Exports };
  };
}

/**
 * Two thirds of what reading a message costs is looking at each of its octets, which WebAssembly does
 * sixteen at a time: the keys of an INVITE of 1.8 kB take 0.6 of the time that `locateAnyHead` needs.
 * That one stays: it decides on all heads that are unusual, and alone refuses.
 */
export const scanHead: ScanHead = createScanHead();

function createScanHead(): ScanHead {
  let exports: Exports;
  try {
    const { Module, Instance } = (globalThis as unknown as WebAssemblyGlobal).WebAssembly;
    exports = new Instance(new Module(Buffer.from(SCAN_HEAD_BINARY, 'base64'))).exports;
  } catch {
    return () => undefined; // WebAssembly may be switched off, or without SIMD
  }
  const { buffer: memory } = exports.memory;
  writeTables(memory);
  const message = new Uint8Array(memory, MESSAGE_AT, MOST_OCTETS);
  const fields = new Int32Array(memory, FIELDS_AT, MOST_FIELDS);
  const results = new Int32Array(memory, RESULTS_AT, RESULT_COUNT);
  const { scan } = exports;
  return (buffer, limits) => {
    const length = buffer.length < MOST_OCTETS ? buffer.length : MOST_OCTETS;
    message.set(length < buffer.length ? buffer.subarray(0, length) : buffer);
    const { headers, headerBytes, headBytes } = limits;
    const maxFields = headers < MOST_FIELDS ? headers : MOST_FIELDS;
    const maxHead = headBytes < MAX_HEAD_BYTES ? headBytes : MAX_HEAD_BYTES;
    const size = scan(length, maxFields, headerBytes, maxHead);
    if (size < 0) return undefined;
    const places = ROOM.slice(0, size + 1); // of the right size at once: a list that grows is copied
    for (let field = 0; field < size; field++) places[field] = fields[field] ?? 0;
    const bodyFrom = results[0] ?? 0;
    const head = new Head(latin1Slice(buffer, bodyFrom), buffer, limits, places);
    head.take(size, bodyFrom - 2, results[13] !== 0);
    takeResults(head, results);
    return head;
  };
}

/** The results stand in the order of the identities of headers. */
function takeResults(head: Head, results: Int32Array): void {
  head.startLineFrom = results[1] ?? 0;
  head.methodEnd = results[2] ?? -1;
  head.viaParams = results[3] ?? -1;
  head.fromParams = results[4] ?? -1;
  head.toParams = results[5] ?? -1;
  head.callId = results[6] ?? -1;
  head.cseq = results[7] ?? -1;
  head.maxForwards = results[8] ?? -1;
  head.contentLength = results[9] ?? -1;
  head.branch = results[10] ?? -1;
  head.fromTag = results[11] ?? -1;
  head.toTag = results[12] ?? -1;
  if (head.viaParams === UNSURE) head.branch = locateAgain(head, VIA);
  if (head.fromParams === UNSURE) head.fromTag = locateAgain(head, FROM);
  if (head.toParams === UNSURE) head.toTag = locateAgain(head, TO);
}

/** Locates a key in TypeScript; its tag or branch has to be looked for then. */
function locateAgain(head: Head, id: number): -1 {
  const field = head.indexOf(id, 0);
  locateKey(head, id, head.valueAt(field), head.endOf(field));
  return -1;
}

function writeTables(memory: ArrayBuffer): void {
  const { compactIds, first, next, lengths, begins, words } = NAME_TABLES;
  new Uint16Array(memory, 0, CLASS_OF.length).set(CLASS_OF);
  new Uint8Array(memory, COMPACT_AT, compactIds.length).set(compactIds);
  new Uint8Array(memory, FIRST_AT, first.length).set(first);
  new Uint8Array(memory, NEXT_AT, next.length).set(next);
  new Uint8Array(memory, LENGTHS_AT, lengths.length).set(lengths);
  new Uint16Array(memory, BEGINS_AT, begins.length).set(begins);
  new Int32Array(memory, WORDS_AT, words.length).set(words);
}

/**
 * The first octets as text. `latin1Slice` is public in Node.js and absent from its types; `toString`
 * takes twice as long.
 */
export function latin1Slice(buffer: Buffer, end: number): string {
  return (buffer as Buffer & { latin1Slice(from: number, end: number): string }).latin1Slice(
    0,
    end,
  );
}
