import { createHash } from 'node:crypto';
import type { OpusEncoderHandle, SampleRate } from 'libopus-wasm';
import type { AudioWriter, Written } from './audio-writer.ts';
import type { ByteSink } from './byte-sink.ts';
import { oggPage, segmentsOf } from './ogg-page.ts';
import { opusHead, opusTags } from './opus-head.ts';

/** What a recording in Opus is made with. */
export interface OggOpusOptions {
  readonly sink: ByteSink;
  /** Tells streams apart that are put one behind the other (RFC 3533 §6). */
  readonly serial: number;
  /** Of the samples; one of Opus' own rates. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** Made by `opusEncoder` for the same rate and channels; the writer's from then on. */
  readonly encoder: OpusEncoderHandle;
}

const FRAME_MS = 20;
const PACKETS_PER_PAGE = 50;
/** Granules of a packet: they count at 48 kHz always. */
const GRANULES = 48 * FRAME_MS;
const COMPLEXITY = 5;

/** Opus in Ogg (RFC 7845): a page each second, so that what a broken recording has can be heard. */
export class OggOpusWriter implements AudioWriter {
  readonly sampleRate: number;
  readonly #options: OggOpusOptions;
  readonly #encoder: OpusEncoderHandle;
  readonly #hash = createHash('sha256');
  readonly #frame: Int16Array;
  /** Granules that a decoder drops at the beginning. */
  readonly #preSkip: number;
  #used = 0;
  #packets: Uint8Array[] = [];
  #segments = 0;
  #sequence = 0;
  #encoded = 0;
  #samples = 0;
  #lost = 0;

  constructor(options: OggOpusOptions) {
    const { channels, sampleRate, serial, encoder } = options;
    this.sampleRate = sampleRate;
    this.#options = options;
    this.#encoder = encoder;
    this.#frame = new Int16Array((sampleRate / 1000) * FRAME_MS * channels);
    this.#preSkip = encoder.getLookahead() * (48_000 / sampleRate);
    const head = opusHead({ channels, preSkip: this.#preSkip, sampleRate });
    const first = { serial, sequence: this.#sequence++, granule: 0n, isFirst: true };
    this.#put(oggPage({ ...first, packets: [head] }));
    const second = { serial, sequence: this.#sequence++, granule: 0n };
    this.#put(oggPage({ ...second, packets: [opusTags('Strowger')] }));
  }

  get where(): string {
    return this.#options.sink.where;
  }

  get lostMs(): number {
    return this.#inMs(this.#lost);
  }

  write(samples: Int16Array): void {
    if (this.#options.sink.isFull) {
      this.#lost += samples.length;
      return;
    }
    this.#samples += samples.length;
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + this.#frame.length - this.#used);
      this.#frame.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === this.#frame.length) this.#encode();
    }
  }

  async close(): Promise<Written> {
    const { sink, channels } = this.#options;
    const { sampleRate } = this;
    // as many granules as there were samples: the rest of the last packet is cut off (RFC 7845 §4.4)
    const last = this.#preSkip + (this.#samples / channels) * (48_000 / sampleRate);
    while (this.#encoded * GRANULES < last) {
      this.#frame.fill(0, this.#used);
      this.#encode();
    }
    this.#flush(BigInt(Math.round(last)), true);
    this.#encoder.free();
    await sink.close();
    return { durationMs: this.#inMs(this.#samples), sha256: this.#hash.digest('hex') };
  }

  #encode(): void {
    this.#used = 0;
    const frameSize = this.#frame.length / this.#options.channels;
    const packet = this.#encoder.encode(this.#frame, { frameSize }).slice();
    const isFull = this.#segments + segmentsOf(packet) > 255;
    if (isFull || this.#packets.length >= PACKETS_PER_PAGE) this.#flush();
    this.#packets.push(packet);
    this.#segments += segmentsOf(packet);
    this.#encoded++;
  }

  #flush(granule = BigInt(this.#encoded * GRANULES), isLast = false): void {
    const { serial } = this.#options;
    const packets = this.#packets;
    this.#packets = [];
    this.#segments = 0;
    this.#put(oggPage({ serial, sequence: this.#sequence++, granule, isLast, packets }));
  }

  #put(page: Uint8Array): void {
    this.#hash.update(page);
    this.#options.sink.write(page);
  }

  #inMs(samples: number): number {
    return Math.round((samples / this.#options.channels / this.sampleRate) * 1000);
  }
}

/** What a recording is encoded with; whoever makes it frees it, or gives it to a writer. */
export async function opusEncoder(sampleRate: number, channels: 1 | 2): Promise<OpusEncoderHandle> {
  const library = await import('libopus-wasm');
  return library.createEncoder({
    channels,
    sampleRate: sampleRate as SampleRate, // `opusRate` gives no others
    application: library.Application.Voip,
    complexity: COMPLEXITY,
    bitrate: channels * (sampleRate > 16_000 ? 40_000 : 24_000),
  });
}

/** The rate at which something of this rate is recorded: Opus knows five. */
export function opusRate(sampleRate: number): number {
  return [8000, 12_000, 16_000, 24_000].find((rate) => rate >= sampleRate) ?? 48_000;
}
