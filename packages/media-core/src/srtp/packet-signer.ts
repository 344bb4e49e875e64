import { createHmac, createSecretKey } from 'node:crypto';
import { GHASH_BINARY } from './ghash-binary.ts';
import { GHASH_ROWS, ghashRows } from './ghash-rows.ts';
import { HMAC_SHA1_BINARY } from './hmac-sha1-binary.ts';
import { PacketSlab } from './packet-slab.ts';

/** A UDP datagram and what is signed behind it. */
const MESSAGE_LENGTH = 65_536 + 64;

/** Signs packets that lie in one place, so that signing allocates nothing. */
export interface PacketSigner {
  /** Where a packet is put: aligned to four bytes, longer than any datagram. */
  readonly message: Uint8Array;
  /** The same memory, in words of this machine. */
  readonly words: Uint32Array;
  /** The last signature: 20 bytes. */
  readonly digest: Uint8Array;
  /** Where signed packets that leave are copied to. */
  readonly slab: PacketSlab;
  /** A key of HMAC-SHA1 (RFC 2104). */
  hmac(key: Uint8Array): HmacKey;
  /** A key of GHASH (NIST SP 800-38D §6.4), of 16 bytes; absent where only `node:crypto` has it. */
  ghash?(key: Uint8Array): GhashKey;
}

/** A key that signs what lies in `message`. */
export interface HmacKey {
  /** Signs the first `length` bytes; what is behind them in `message` is lost. */
  sign(length: number): void;
}

/**
 * A key that makes tags of AES-GCM for what lies in `message`: what is only authenticated begins at
 * `aad`, what is enciphered at `from`.
 */
export interface GhashKey {
  /** Where the block of keystream is put that enciphers the tag, in words of this machine. */
  readonly tagKeystream: Uint32Array;
  /** Writes the tag, of 16 bytes, behind that. */
  seal(aad: number, aadLength: number, from: number, length: number): void;
  /** Whether it stands there already, told in a time that says nothing of where they differ. */
  isSealed(aad: number, aadLength: number, from: number, length: number): boolean;
}

/** The fast one where this engine runs it, else that of `node:crypto`. */
export function packetSigner(): PacketSigner {
  try {
    return new WebAssemblySigner();
  } catch {
    return new NodeSigner(); // WebAssembly may be switched off, or without SIMD
  }
}

/** The plain twin of the fast one, and its oracle in tests. */
export class NodeSigner implements PacketSigner {
  readonly message = new Uint8Array(MESSAGE_LENGTH);
  readonly words = new Uint32Array(this.message.buffer);
  readonly digest = new Uint8Array(20);
  readonly slab = new PacketSlab();

  hmac(bytes: Uint8Array): HmacKey {
    const key = createSecretKey(bytes); // bytes would be imported anew for every packet
    const { message, digest } = this;
    return {
      sign(length) {
        digest.set(createHmac('sha1', key).update(message.subarray(0, length)).digest());
      },
    };
  }
}

/** Places in the memory: see wasm/hmac-sha1.wat and wasm/ghash.wat. */
const HMAC_KEY_AT = 320;
const DIGEST_AT = 360;
const TAG_KEYSTREAM_AT = 480;
const MESSAGE_AT = 1024;
const GHASH_KEY_AT = 69_632;
/** 32-bit words of a key: the states after both pads. */
const HMAC_KEY_WORDS = 10;
const BLOCK_LENGTH = 64;

/** What wasm/hmac-sha1.wat exports. */
interface HmacExports {
  memory: { buffer: ArrayBuffer };
  pad(block: number, to: number): void;
  sign(length: number): void;
}

/** What wasm/ghash.wat exports. */
interface GhashExports {
  seal(aad: number, aadLength: number, from: number, length: number): void;
  isSealed(aad: number, aadLength: number, from: number, length: number): number;
}

/** What is used of the global, which the types of Node have only as a name space. */
interface WebAssemblyGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    /** The binaries are made of the sources that export these. */
    readonly Instance: new (
      module: object,
      imports?: object,
    ) => { readonly exports: HmacExports & GhashExports };
  };
}

/** In WebAssembly: a sixth of the time of `createHmac` for an audio packet. */
export class WebAssemblySigner implements PacketSigner {
  readonly message: Uint8Array;
  readonly words: Uint32Array;
  readonly digest: Uint8Array;
  readonly slab = new PacketSlab();
  private readonly tagKeystream: Uint32Array;
  private readonly hmacModule: HmacExports;
  private readonly ghashModule: GhashExports;
  private readonly hmacKey: Int32Array;
  private readonly ghashKey: Uint8Array;
  /** Whose keys lie in the memory. */
  private loadedHmac: Int32Array | undefined;
  private loadedGhash: Uint8Array | undefined;

  /** Throws where WebAssembly or its SIMD is missing. */
  constructor() {
    const { Module, Instance } = (globalThis as unknown as WebAssemblyGlobal).WebAssembly;
    const load = (binary: string, imports?: object) =>
      new Instance(new Module(Buffer.from(binary, 'base64')), imports).exports;
    this.hmacModule = load(HMAC_SHA1_BINARY);
    const { memory } = this.hmacModule;
    this.ghashModule = load(GHASH_BINARY, { signer: { memory } });
    const { buffer } = memory;
    this.message = new Uint8Array(buffer, MESSAGE_AT, MESSAGE_LENGTH);
    this.words = new Uint32Array(buffer, MESSAGE_AT, MESSAGE_LENGTH / 4);
    this.digest = new Uint8Array(buffer, DIGEST_AT, 20);
    this.tagKeystream = new Uint32Array(buffer, TAG_KEYSTREAM_AT, 4);
    this.hmacKey = new Int32Array(buffer, HMAC_KEY_AT, HMAC_KEY_WORDS);
    this.ghashKey = new Uint8Array(buffer, GHASH_KEY_AT, GHASH_ROWS);
  }

  hmac(bytes: Uint8Array): HmacKey {
    const states = this.padded(bytes);
    return { sign: (length) => this.sign(states, length) };
  }

  ghash(bytes: Uint8Array): GhashKey {
    const rows = ghashRows(bytes);
    const { ghashModule, tagKeystream } = this;
    return {
      tagKeystream,
      seal: (aad, aadLength, from, length) => {
        this.loadGhash(rows);
        ghashModule.seal(aad, aadLength, from, length);
      },
      isSealed: (aad, aadLength, from, length) => {
        this.loadGhash(rows);
        return ghashModule.isSealed(aad, aadLength, from, length) === 1;
      },
    };
  }

  private loadGhash(rows: Uint8Array): void {
    if (this.loadedGhash === rows) return;
    this.loadedGhash = rows;
    this.ghashKey.set(rows);
  }

  private sign(states: Int32Array, length: number): void {
    if (this.loadedHmac !== states) {
      this.loadedHmac = states;
      for (let at = 0; at < HMAC_KEY_WORDS; at++) this.hmacKey[at] = states[at] as number; // in range
    }
    this.hmacModule.sign(length);
  }

  private padded(bytes: Uint8Array): Int32Array {
    for (const [pad, words] of [
      [0x36, 0],
      [0x5c, 5],
    ] as const) {
      const block = this.message.subarray(0, BLOCK_LENGTH).fill(pad);
      for (const [at, byte] of bytes.entries()) block[at] = byte ^ pad;
      this.hmacModule.pad(MESSAGE_AT, HMAC_KEY_AT + 4 * words);
    }
    this.message.fill(0, 0, BLOCK_LENGTH);
    this.loadedHmac = undefined;
    return this.hmacKey.slice();
  }
}
