import { endianness } from 'node:os';

/** Whether this machine's own order of octets has to be turned around. */
const IS_TURNED = endianness() === 'BE';

/** Samples as 16-bit little-endian octets, as PCM and AudioSocket carry them. */
export function littleEndian({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  const bytes = Buffer.from(new Uint8Array(buffer, byteOffset, byteLength));
  return IS_TURNED ? bytes.swap16() : bytes;
}

/** The samples of an even number of such octets. */
export function samplesOf(bytes: Buffer): Int16Array {
  const own = Uint8Array.from(bytes); // aligned, as samples have to be
  if (IS_TURNED) Buffer.from(own.buffer).swap16();
  return new Int16Array(own.buffer);
}
