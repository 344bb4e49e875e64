import type { PcmFrame } from '@strowger/session-core';

/** Of a frame of ours: 20 ms. */
const FRAMES_PER_SECOND = 50;
const BYTES = 2;

/**
 * Raw PCM as frames for `call.audioOut()`: 16 bit, little endian, mono, as the standard output of `rec`
 * (sox), `arecord` and `ffmpeg -f s16le` gives it. What is less than 20 ms at the end is left out.
 *
 * @param sampleRate in Hz, as the program was told; default 8000.
 */
export function pcmFrames(
  bytes: AsyncIterable<Uint8Array>,
  { sampleRate = 8000 }: { sampleRate?: number } = {},
): ReadableStream<PcmFrame> {
  const frames = split(bytes, sampleRate);
  return new ReadableStream<PcmFrame>({
    pull: async (controller) => {
      const { value, done } = await frames.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await frames.return(undefined)),
  });
}

/**
 * Frames of `call.audioIn()` as raw PCM of the same kind, for the standard input of `play` (sox), `aplay` and
 * `ffplay -f s16le`: `stream.pipeline(pcmBytes(call.audioIn()), speaker.stdin)`.
 */
export async function* pcmBytes(frames: ReadableStream<PcmFrame>): AsyncGenerator<Uint8Array> {
  for await (const { samples } of frames) {
    const bytes = new Uint8Array(samples.length * BYTES);
    const view = new DataView(bytes.buffer);
    samples.forEach((sample, at) => view.setInt16(at * BYTES, sample, true));
    yield bytes;
  }
}

async function* split(
  bytes: AsyncIterable<Uint8Array>,
  sampleRate: number,
): AsyncGenerator<PcmFrame, undefined> {
  const length = Math.round(sampleRate / FRAMES_PER_SECOND);
  let rest = new Uint8Array();
  let timestamp = 0;
  for await (const chunk of bytes) {
    const whole = joined(rest, chunk);
    const view = new DataView(whole.buffer);
    let from = 0;
    for (; from + length * BYTES <= whole.length; from += length * BYTES) {
      const start = from;
      const samples = Int16Array.from({ length }, (_, at) =>
        view.getInt16(start + at * BYTES, true),
      );
      yield { samples, sampleRate, timestamp };
      timestamp += length;
    }
    rest = whole.slice(from);
  }
  return undefined;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
