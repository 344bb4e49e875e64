import { AUDIO_BINARY } from './audio-binary.ts';
import { PlainFrameMath } from './plain-frame-math.ts';

/**
 * Arithmetic over frames of 16-bit samples that lie in one memory: addresses are in bytes, aligned
 * to 16. Up to 31 bytes behind a frame are read and written, too (see wasm/audio.wat).
 */
export interface FrameMath {
  /** It is replaced where `grow` makes more of it: views are made anew then. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Makes the memory at least so long, in bytes. */
  grow(bytes: number): void;
  /** Adds `count` frames, `stride` bytes apart, into the 32-bit sums at `sums`. */
  sum(sums: number, frames: number, stride: number, count: number, samples: number): void;
  /** Writes for each of the frames the sums without it, saturated. */
  without(
    sums: number,
    frames: number,
    out: number,
    stride: number,
    count: number,
    samples: number,
  ): void;
  /** Multiplies a frame by `gain / 4096`, −8 to 8, saturated. */
  amplify(frame: number, samples: number, gain: number): void;
  /** The sum of the squares. */
  energy(frame: number, samples: number): number;
  /** Samples as 32-bit floats. */
  widen(frame: number, out: number, samples: number): void;
  /**
   * `count` samples, each the product of `taps` floats from `input` on with the filter of its phase;
   * then the phase goes on by `down`, and for every `up` of it the input by one.
   */
  resample(
    input: number,
    filters: number,
    taps: number,
    up: number,
    down: number,
    phase: number,
    out: number,
    count: number,
  ): void;
}

const PAGE_BYTES = 65_536;

/** The fast one where this engine runs it, else plain loops. */
export function frameMath(): FrameMath {
  try {
    return webAssemblyFrameMath();
  } catch {
    return new PlainFrameMath(); // WebAssembly may be switched off, or without SIMD
  }
}

/** What is used of the global, which the types of Node have only as a name space. */
interface WebAssemblyGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    /** The binary is made of the source that exports these. */
    readonly Instance: new (
      module: object,
    ) => { readonly exports: Omit<FrameMath, 'grow' | 'memory'> & { memory: Memory } };
  };
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** Compiled once a thread. */
let compiled: object | undefined;

/** In WebAssembly. Throws where that or its SIMD is missing. */
export function webAssemblyFrameMath(): FrameMath {
  const { Module, Instance } = (globalThis as unknown as WebAssemblyGlobal).WebAssembly;
  compiled ??= new Module(Buffer.from(AUDIO_BINARY, 'base64'));
  const { exports } = new Instance(compiled);
  const { memory } = exports;
  const grow = (bytes: number): void => {
    const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
    if (pages > 0) memory.grow(pages);
  };
  return { ...exports, grow };
}
