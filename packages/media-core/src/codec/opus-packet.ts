/** The longest packet, in milliseconds (RFC 6716 §3.2.5, R5). */
const LONGEST_MS = 120;

/**
 * How many samples an Opus packet holds at this rate, from its first bytes (RFC 6716 §3.1, §3.2); 0
 * where it is malformed.
 */
export function opusSamples(packet: Uint8Array, sampleRate: number): number {
  const [toc, second] = packet;
  if (toc === undefined) return 0;
  const frames = frameCount(toc & 3, second);
  const durationMs = frames * frameMs(toc >> 3);
  return durationMs > LONGEST_MS ? 0 : (durationMs * sampleRate) / 1000;
}

/** §3.2: one frame, two, two of differing length, or as many as the next byte says. */
function frameCount(code: number, next: number | undefined): number {
  if (code === 0) return 1;
  if (code < 3) return 2;
  return next === undefined ? 0 : next & 0x3f;
}

/** Table 2: what each of the 32 configurations means. */
function frameMs(configuration: number): number {
  if (configuration < 12) return SILK_MS[configuration & 3] as number; // in range: four of them
  if (configuration < 16) return configuration & 1 ? 20 : 10;
  return 2.5 * (1 << (configuration & 3));
}

const SILK_MS = [10, 20, 40, 60];

/** Whether a packet has a copy of the one before it (LBRR, RFC 6716 §4.2.4). */
export function hasOpusCopy(packet: Uint8Array): boolean {
  const [toc, first] = packet;
  if (toc === undefined || first === undefined || (toc & 3) !== 0) return false;
  const configuration = toc >> 3;
  if (configuration >= 16) return false; // CELT knows none
  const frames = Math.max(1, frameMs(configuration) / 20);
  const isStereo = (toc & 4) !== 0;
  const flags = isStereo ? 1 | (1 << (frames + 1)) : 1;
  return ((first >> (7 - frames - (isStereo ? frames + 1 : 0))) & flags) !== 0;
}
