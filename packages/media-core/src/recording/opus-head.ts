/** What an Opus stream begins with. */
export interface OpusHead {
  readonly channels: 1 | 2;
  /** Samples at 48 kHz that a decoder drops: what the encoder is late by. */
  readonly preSkip: number;
  /** Of what was encoded; for display only. */
  readonly sampleRate: number;
}

/** The identification header (RFC 7845 §5.1). */
export function opusHead({ channels, preSkip, sampleRate }: OpusHead): Uint8Array {
  const bytes = new Uint8Array(19);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto('OpusHead', bytes);
  bytes[8] = 1;
  bytes[9] = channels;
  view.setUint16(10, preSkip, true);
  view.setUint32(12, sampleRate, true);
  return bytes; // no gain, and the mapping of mono and stereo
}

/** The comment header (RFC 7845 §5.2), with nobody's comments. */
export function opusTags(vendor: string): Uint8Array {
  const name = new TextEncoder().encode(vendor);
  const bytes = new Uint8Array(8 + 4 + name.length + 4);
  new TextEncoder().encodeInto('OpusTags', bytes);
  new DataView(bytes.buffer).setUint32(8, name.length, true);
  bytes.set(name, 12);
  return bytes;
}
