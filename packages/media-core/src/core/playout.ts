import type { Clock } from '@strowger/runtime';
import { RateReader } from '../audio/index.ts';
import type { AudioDecoder } from '../codec/audio-codec.ts';
import { NO_NOISE, type ReceivedFormat, type StreamCodecs } from '../codec/stream-codecs.ts';
import { Concealment } from '../codec/concealment.ts';
import { ComfortNoise, NOISE_FRAME_MS } from '../noise/index.ts';
import { JitterBuffer } from '../rtp/jitter-buffer.ts';
import type { JitterBufferStats } from '../rtp/jitter-buffer-settings.ts';
import type { PacketDecoder, PushedPacket } from '../rtp/packet-decoder.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { StreamSettings } from './core-api.ts';

/** What adds up from buffer to buffer. */
type Counters = Omit<JitterBufferStats, 'targetMs' | 'delayMs' | 'clockSkewPpm'>;

const NOTHING: Counters = {
  late: 0,
  duplicates: 0,
  overflowed: 0,
  underruns: 0,
  concealedMs: 0,
  recovered: 0,
};

/** Stands for one that may have been closed: nothing is decoded, nor concealed by its means. */
const NO_DECODER: AudioDecoder = { samplesIn: () => 0, decode: () => 0 };

/** What the other side says, as one stream of PCM at the rate of the endpoint, whatever its codec. */
export class Playout {
  private readonly settings: StreamSettings;
  private readonly clock: Clock;
  private formats: readonly (ReceivedFormat | undefined)[] = [];
  private noiseClocks = NO_NOISE;
  private readonly noise = new ComfortNoise();
  /** The other side is silent, and has said how that sounds. */
  private isNoisy = false;
  private format: ReceivedFormat | undefined;
  private buffer: JitterBuffer;
  /** What the buffers before the present one counted: they had other clocks. */
  private counted = NOTHING;
  private sampleRate = 8000;
  private reader: RateReader | undefined;
  private readonly pushed: PushedPacket = { samples: 0, isMisordered: false, beginsPause: false };
  private concealment = new Concealment(8000);
  private readonly decoder: PacketDecoder = {
    decode: (payload, payloadType, out) => this.decode(payload, payloadType, out),
    recover: (next, payloadType, out) =>
      this.formats[payloadType]?.decoder.recover?.(next, out) ?? 0,
    heard: (out, from, to) => this.concealment.heard(out, from, to),
    fill: (out, from, to, isPause) => this.fill(out, from, to, isPause),
  };
  /** Something was heard since the last source began: before that its packets wait for their time. */
  hasBegun = false;
  private readonly readBuffer = (out: Int16Array): number => {
    if (this.buffer.read(out, this.decoder)) this.hasBegun = true;
    return out.length;
  };

  constructor(settings: StreamSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.buffer = this.bufferFor({ clockRate: 8000, sampleRate: 8000 });
  }

  get stats(): JitterBufferStats {
    const { counted } = this;
    const stats = this.buffer.stats;
    return {
      ...stats,
      late: stats.late + counted.late,
      duplicates: stats.duplicates + counted.duplicates,
      overflowed: stats.overflowed + counted.overflowed,
      underruns: stats.underruns + counted.underruns,
      concealedMs: stats.concealedMs + counted.concealedMs,
      recovered: stats.recovered + counted.recovered,
    };
  }

  /** Packets received that were or will not be played. */
  get discarded(): number {
    const { late, duplicates, overflowed } = this.counted;
    return this.buffer.discarded + late + duplicates + overflowed;
  }

  /** What may come in from now on, and the rate at which it is heard. */
  configure({
    formats,
    sampleRate,
    noiseClocks,
  }: Omit<StreamCodecs, 'encoder' | 'clockRate'>): void {
    this.formats = formats;
    this.sampleRate = sampleRate;
    this.noiseClocks = noiseClocks;
    this.isNoisy = false;
    const { format } = this;
    const kept = formats.find((one) => one !== undefined && one.decoder === format?.decoder);
    this.format = kept ?? (format && { ...format, decoder: NO_DECODER });
    this.adaptRate();
  }

  /** Takes a packet, which must not change afterwards. */
  push(packet: Uint8Array, header: RtpHeader, isMisordered: boolean): void {
    const { payloadType, payloadStart, payloadEnd } = header;
    const isNoise = this.noiseClocks.has(payloadType);
    const format = isNoise ? this.besideNoise(payloadType) : this.formats[payloadType];
    if (format === undefined) return;
    this.follow(format);
    const { pushed } = this;
    pushed.samples = isNoise
      ? (NOISE_FRAME_MS * format.sampleRate) / 1000
      : format.decoder.samplesIn(packet.subarray(payloadStart, payloadEnd));
    pushed.isMisordered = isMisordered;
    pushed.beginsPause = isNoise;
    this.buffer.push(packet, header, pushed);
  }

  /** Fills a frame; silence where nothing came. */
  read(out: Int16Array): void {
    if (this.reader === undefined) this.readBuffer(out);
    else this.reader.read(out);
  }

  /** Another source: what waits is forgotten. */
  reset(): void {
    this.buffer.reset();
    this.concealment.reset();
    this.isNoisy = false;
    this.hasBegun = false;
  }

  /** The voice that noise is between: the present one where that has the same clock (RFC 3389 §4). */
  private besideNoise(payloadType: number): ReceivedFormat | undefined {
    const clock = this.noiseClocks.get(payloadType);
    if (this.format !== undefined) {
      return this.format.clockRate === clock ? this.format : undefined;
    }
    return this.formats.find((format) => format?.clockRate === clock);
  }

  private decode(payload: Uint8Array, payloadType: number, out: Int16Array): number {
    this.isNoisy = this.noiseClocks.has(payloadType);
    if (!this.isNoisy) {
      this.noise.reset();
      return this.formats[payloadType]?.decoder.decode(payload, out) ?? 0;
    }
    const samples = (NOISE_FRAME_MS * (this.format?.sampleRate ?? this.sampleRate)) / 1000;
    this.noise.take(payload);
    this.noise.read(out, 0, samples);
    return samples;
  }

  /** What did not come: by the codec's own means, or by those that serve every other codec. */
  private fill(out: Int16Array, from: number, to: number, isPause: boolean): void {
    if (isPause && this.isNoisy) return this.noise.read(out, from, to);
    const { decoder } = this.format ?? {};
    if (decoder?.conceal) return decoder.conceal(out.subarray(from, to));
    if (!isPause) return this.concealment.conceal(out, from, to);
    this.concealment.reset();
    out.fill(0, from, to);
  }

  /** The other side may change between codecs as it likes; one of another clock begins anew. */
  private follow(format: ReceivedFormat): void {
    const { format: before } = this;
    if (format === before) return;
    this.format = format;
    const isSameTime =
      before?.sampleRate === format.sampleRate && before.clockRate === format.clockRate;
    if (isSameTime) return;
    this.counted = this.stats;
    this.buffer = this.bufferFor(format);
    this.concealment = new Concealment(format.sampleRate);
    this.adaptRate();
  }

  private adaptRate(): void {
    const from = this.format?.sampleRate ?? this.sampleRate;
    this.reader =
      from === this.sampleRate ? undefined : new RateReader(this.readBuffer, from, this.sampleRate);
  }

  private bufferFor({ clockRate, sampleRate }: Omit<ReceivedFormat, 'decoder'>): JitterBuffer {
    const { jitterMinimumMs: minimumMs, jitterMaximumMs: maximumMs } = this.settings;
    const now = (): number => this.clock.now();
    return new JitterBuffer({ clockRate, sampleRate, minimumMs, maximumMs, now });
  }
}
