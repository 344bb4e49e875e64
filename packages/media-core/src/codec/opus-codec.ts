import type { Bandwidth, OpusDecoderHandle, OpusEncoderHandle, SampleRate } from 'libopus-wasm';
import type { AudioDecoder, AudioEncoder, CodecFactory, CodecSession } from './audio-codec.ts';
import { hasOpusCopy, opusSamples } from './opus-packet.ts';
import { opusParameters } from './opus-parameters.ts';

/** Losses that forward error correction is made for, in per cent. */
const EXPECTED_LOSS = 10;
/** What DTX leaves of a frame in a pause, which need not be sent (RFC 6716 §2.1.9, RFC 7587 §3.1.3). */
const NOTHING_LENGTH = 2;
/** Of the higher ones the ear gains little, and each costs a good part more. */
const COMPLEXITY = 5;

/** Opus (RFC 7587) in mono, by libopus in WebAssembly, which is loaded when it is first needed. */
export const opus: CodecFactory = {
  async createEncoder(session) {
    const library = await import('libopus-wasm');
    const { bitrate, playbackRate, fec, dtx, constant } = opusParameters(session.fmtp);
    const encoder = await library.createEncoder({
      channels: 1,
      sampleRate: rateOf(session),
      application: library.Application.Voip,
      complexity: COMPLEXITY,
      maxBandwidth: bandwidthFor(playbackRate, library.Bandwidth),
      packetLossPercent: fec ? EXPECTED_LOSS : 0,
      bitrate,
      fec,
      dtx,
      vbr: !constant,
    });
    return new OpusEncoder(encoder);
  },
  createDecoder: (session) => new OpusDecoder(rateOf(session)),
};

class OpusEncoder implements AudioEncoder {
  private readonly handle: OpusEncoderHandle;

  constructor(handle: OpusEncoderHandle) {
    this.handle = handle;
  }

  encode(samples: Int16Array, out: Uint8Array): number {
    const packet = this.handle.encode(samples, { frameSize: samples.length });
    if (packet.length <= NOTHING_LENGTH) return 0;
    out.set(packet);
    return packet.length;
  }

  close(): void {
    this.handle.free();
  }
}

/**
 * Comes to life with the first packet: most endpoints that could be sent Opus never are, and need not
 * hold its memory. It is ready before that packet is played.
 */
class OpusDecoder implements AudioDecoder {
  private readonly sampleRate: SampleRate;
  private handle: OpusDecoderHandle | undefined;
  private isOpening = false;
  private isClosed = false;

  constructor(sampleRate: SampleRate) {
    this.sampleRate = sampleRate;
  }

  samplesIn(payload: Uint8Array): number {
    if (!this.isOpening) {
      this.isOpening = true;
      this.open().catch(() => {}); // then all of it is silence
    }
    return opusSamples(payload, this.sampleRate);
  }

  decode(payload: Uint8Array, out: Int16Array): number {
    return this.write(
      out,
      () => this.handle?.decode(payload),
      opusSamples(payload, this.sampleRate),
    );
  }

  conceal(out: Int16Array): void {
    // libopus goes on in steps of 2.5 ms, at most 120 ms at once
    const step = this.sampleRate / 400;
    for (let at = 0; at < out.length; at += 48 * step) {
      const part = out.subarray(at, at + 48 * step);
      const length = Math.ceil(part.length / step) * step;
      this.write(part, () => this.handle?.decodePacketLoss(length), part.length);
    }
  }

  recover(next: Uint8Array, out: Int16Array): number {
    const isWhole = out.length % (this.sampleRate / 400) === 0;
    if (!isWhole || this.handle === undefined || !hasOpusCopy(next)) return 0;
    const options = { decodeFec: true, frameSize: out.length };
    return this.write(out, () => this.handle?.decode(next, options), out.length);
  }

  close(): void {
    this.isClosed = true;
    this.handle?.free();
    this.handle = undefined;
  }

  /** What cannot be decoded, be it malformed or too early, is silence. */
  private write(out: Int16Array, make: () => Int16Array | undefined, length: number): number {
    try {
      const samples = make();
      if (samples !== undefined) {
        out.set(samples.subarray(0, out.length));
        return Math.min(samples.length, out.length);
      }
    } catch {
      // whatever a peer sends
    }
    out.fill(0, 0, length);
    return Math.min(length, out.length);
  }

  private async open(): Promise<void> {
    const { createDecoder } = await import('libopus-wasm');
    const handle = await createDecoder({ channels: 1, sampleRate: this.sampleRate });
    if (this.isClosed) handle.free();
    else this.handle = handle;
  }
}

function rateOf({ sampleRate }: CodecSession): SampleRate {
  return sampleRate as SampleRate; // the built-in table says 48 000
}

/** RFC 7587 §6.1, `maxplaybackrate`: what is above would be thrown away. */
function bandwidthFor(rate: number, bandwidths: typeof Bandwidth): Bandwidth {
  if (rate <= 8000) return bandwidths.Narrowband;
  if (rate <= 12_000) return bandwidths.Mediumband;
  if (rate <= 16_000) return bandwidths.Wideband;
  return rate <= 24_000 ? bandwidths.Superwideband : bandwidths.Fullband;
}
