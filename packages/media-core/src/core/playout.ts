import { RateReader } from '../audio/index.ts';
import type { ReceivedFormat } from '../codec/stream-codecs.ts';
import {
  JitterBuffer,
  type JitterBufferStats,
  type PayloadDecoder,
  type PushedPacket,
} from '../rtp/jitter-buffer.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { StreamSettings } from './core-api.ts';

const NOTHING = { late: 0, duplicates: 0, overflowed: 0, underruns: 0 };

/** What the other side says, as one stream of PCM at the rate of the endpoint, whatever its codec. */
export class Playout {
  private readonly settings: StreamSettings;
  private formats: readonly (ReceivedFormat | undefined)[] = [];
  private format: ReceivedFormat | undefined;
  private buffer: JitterBuffer;
  /** What the buffers before the present one counted: they had other clocks. */
  private counted: Omit<JitterBufferStats, 'targetMs'> = NOTHING;
  private sampleRate = 8000;
  private reader: RateReader | undefined;
  private readonly pushed: PushedPacket = { samples: 0, isMisordered: false };
  private readonly decode: PayloadDecoder = (payload, payloadType, out) =>
    this.formats[payloadType]?.decoder.decode(payload, out) ?? 0;
  private readonly readBuffer = (out: Int16Array): number => {
    this.buffer.read(out, this.decode);
    return out.length;
  };

  constructor(settings: StreamSettings) {
    this.settings = settings;
    this.buffer = this.bufferFor({ clockRate: 8000, sampleRate: 8000 });
  }

  get stats(): JitterBufferStats {
    const { targetMs, late, duplicates, overflowed, underruns } = this.buffer.stats;
    return {
      targetMs,
      late: late + this.counted.late,
      duplicates: duplicates + this.counted.duplicates,
      overflowed: overflowed + this.counted.overflowed,
      underruns: underruns + this.counted.underruns,
    };
  }

  /** Packets received that were or will not be played. */
  get discarded(): number {
    const { late, duplicates, overflowed } = this.counted;
    return this.buffer.discarded + late + duplicates + overflowed;
  }

  /** What may come in from now on, and the rate at which it is heard. */
  configure(formats: readonly (ReceivedFormat | undefined)[], sampleRate: number): void {
    this.formats = formats;
    this.sampleRate = sampleRate;
    this.adaptRate();
  }

  /** Takes a packet, which must not change afterwards. */
  push(packet: Uint8Array, header: RtpHeader, isMisordered: boolean): void {
    const format = this.formats[header.payloadType];
    if (format === undefined) return;
    this.follow(format);
    const { pushed } = this;
    const payload = packet.subarray(header.payloadStart, header.payloadEnd);
    pushed.samples = format.decoder.samplesIn(payload);
    pushed.isMisordered = isMisordered;
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
    this.adaptRate();
  }

  private adaptRate(): void {
    const from = this.format?.sampleRate ?? this.sampleRate;
    this.reader =
      from === this.sampleRate ? undefined : new RateReader(this.readBuffer, from, this.sampleRate);
  }

  private bufferFor({ clockRate, sampleRate }: Omit<ReceivedFormat, 'decoder'>): JitterBuffer {
    const { jitterMinimumMs: minimumMs, jitterMaximumMs: maximumMs } = this.settings;
    return new JitterBuffer({ clockRate, sampleRate, minimumMs, maximumMs });
  }
}
