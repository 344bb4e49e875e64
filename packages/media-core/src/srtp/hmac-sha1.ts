import { createHmac, createSecretKey } from 'node:crypto';
import { HMAC_SHA1_BINARY } from './hmac-sha1-binary.ts';

/** A UDP datagram and what is signed behind it. */
const MESSAGE_LENGTH = 65_536 + 64;

/** HMAC-SHA1 over messages that lie in one place, so that signing allocates nothing (RFC 2104). */
export interface HmacSha1 {
  /** Where a message is put: aligned to four bytes, longer than any datagram. */
  readonly message: Uint8Array;
  /** The last signature: 20 bytes. */
  readonly digest: Uint8Array;
  key(bytes: Uint8Array): HmacKey;
}

/** A key that signs what lies in `message`. */
export interface HmacKey {
  /** Signs the first `length` bytes; what is behind them in `message` is lost. */
  sign(length: number): void;
}

/** The fast one where this engine runs it, else that of `node:crypto`. */
export function hmacSha1(): HmacSha1 {
  try {
    return new WebAssemblyHmacSha1();
  } catch {
    return new NodeHmacSha1(); // WebAssembly may be switched off, or without SIMD
  }
}

/** The plain twin of the fast one, and its oracle in tests. */
export class NodeHmacSha1 implements HmacSha1 {
  readonly message = new Uint8Array(MESSAGE_LENGTH);
  readonly digest = new Uint8Array(20);

  key(bytes: Uint8Array): HmacKey {
    const key = createSecretKey(bytes); // bytes would be imported anew for every packet
    const { message, digest } = this;
    return {
      sign(length) {
        digest.set(createHmac('sha1', key).update(message.subarray(0, length)).digest());
      },
    };
  }
}

/** Places in the module's memory: see wasm/hmac-sha1.wat. */
const KEY_AT = 320;
const DIGEST_AT = 360;
const MESSAGE_AT = 1024;
/** 32-bit words of a key: the states after both pads. */
const KEY_WORDS = 10;
const BLOCK_LENGTH = 64;

/** What wasm/hmac-sha1.wat exports. */
interface Exports {
  memory: { buffer: ArrayBuffer };
  pad(block: number, to: number): void;
  sign(length: number): void;
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

/** In WebAssembly: a sixth of the time of `createHmac` for an audio packet. */
export class WebAssemblyHmacSha1 implements HmacSha1 {
  readonly message: Uint8Array;
  readonly digest: Uint8Array;
  private readonly exports: Exports;
  private readonly state: Int32Array;
  /** Whose key lies in the memory. */
  private loaded: Int32Array | undefined;

  /** Throws where WebAssembly or its SIMD is missing. */
  constructor() {
    const { Module, Instance } = (globalThis as unknown as WebAssemblyGlobal).WebAssembly;
    this.exports = new Instance(new Module(Buffer.from(HMAC_SHA1_BINARY, 'base64'))).exports;
    const { buffer } = this.exports.memory;
    this.message = new Uint8Array(buffer, MESSAGE_AT, MESSAGE_LENGTH);
    this.digest = new Uint8Array(buffer, DIGEST_AT, 20);
    this.state = new Int32Array(buffer, KEY_AT, KEY_WORDS);
  }

  key(bytes: Uint8Array): HmacKey {
    const states = this.padded(bytes);
    return { sign: (length) => this.sign(states, length) };
  }

  private sign(states: Int32Array, length: number): void {
    if (this.loaded !== states) {
      this.loaded = states;
      for (let at = 0; at < KEY_WORDS; at++) this.state[at] = states[at] as number; // in range
    }
    this.exports.sign(length);
  }

  private padded(bytes: Uint8Array): Int32Array {
    for (const [pad, words] of [
      [0x36, 0],
      [0x5c, 5],
    ] as const) {
      const block = this.message.subarray(0, BLOCK_LENGTH).fill(pad);
      for (const [at, byte] of bytes.entries()) block[at] = byte ^ pad;
      this.exports.pad(MESSAGE_AT, KEY_AT + 4 * words);
    }
    this.message.fill(0, 0, BLOCK_LENGTH);
    this.loaded = undefined;
    return this.state.slice();
  }
}
