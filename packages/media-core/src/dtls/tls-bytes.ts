import { DtlsFault } from './dtls-fault.ts';

/** Reads the presentation language of TLS (RFC 5246 §4). What is short faults with `decode_error`. */
export class TlsReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** How much is left to read. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** An unsigned number of so many bytes, 1–6. */
  uint(length: number): number {
    let value = 0;
    for (const byte of this.take(length)) value = value * 256 + byte;
    return value;
  }

  /** So many bytes as they are, without a copy. */
  take(length: number): Uint8Array {
    if (length > this.left) throw new DtlsFault('decode_error', 'A message ends too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Bytes with their number, of `prefix` bytes, before them. */
  vector(prefix: number): Uint8Array {
    return this.take(this.uint(prefix));
  }

  /** The same as a list of numbers of `size` bytes. */
  numbers(prefix: number, size: number): number[] {
    const list = new TlsReader(this.vector(prefix));
    const numbers: number[] = [];
    while (list.left > 0) numbers.push(list.uint(size));
    return numbers;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) throw new DtlsFault('decode_error', 'A message is too long');
  }
}

/** A number of `length` bytes, 1–6, most significant first. */
export function uint(length: number, value: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256)) {
    bytes[at] = rest % 256;
  }
  return bytes;
}

/** Parts behind each other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Parts behind each other, with the number of their bytes, of `prefix` bytes, before them. */
export function vector(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const whole = concat(...parts);
  return concat(uint(prefix, whole.length), whole);
}
