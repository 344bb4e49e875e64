import { StrowgerError } from '@strowger/runtime';
import type { Clock } from '@strowger/runtime';
import type { AudioDecoder } from '../codec/audio-codec.ts';
import type { CodecLibrary } from '../codec/codec-library.ts';
import type { NoiseClocks, ReceivedFormat } from '../codec/stream-codecs.ts';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { isVoice } from '../sdp/codec.ts';
import type { StreamSettings } from './core-api.ts';
import type { PacketListener } from './packet-tap.ts';
import { Playout } from './playout.ts';

/** What of a stream can be decoded here. */
export interface HeardFormats {
  readonly formats: readonly (ReceivedFormat | undefined)[];
  readonly noiseClocks: NoiseClocks;
  /** The highest rate of them, in Hz. */
  readonly sampleRate: number;
}

/**
 * Decoders for what may come in. Codecs that are unknown here are passed over; rejects with
 * `MEDIA_CODEC_UNAVAILABLE` where no voice is left.
 */
export async function heardFormats(
  { receive, ptimeMs }: NegotiatedMedia,
  codecs: CodecLibrary,
): Promise<HeardFormats> {
  const formats: ReceivedFormat[] = [];
  const noiseClocks = new Map<number, number>();
  let reason: unknown;
  for (const { codec, payloadType } of receive) {
    if (codec.name === 'cn') noiseClocks.set(payloadType, codec.clockRate);
    if (!isVoice(codec)) continue;
    const { clockRate, channels = 1, fmtp } = codec;
    try {
      const { factory, sampleRate } = await codecs.load(codec);
      const session = { sampleRate, clockRate, channels, ...(fmtp && { fmtp }), ptimeMs };
      const decoder = await factory.createDecoder(session);
      formats[payloadType] = { decoder, sampleRate, clockRate };
    } catch (error) {
      reason = error;
    }
  }
  const rates = formats.filter(Boolean).map(({ sampleRate }) => sampleRate);
  if (rates.length === 0) {
    const message = 'No codec of the call can be decoded here';
    throw new StrowgerError('MEDIA_CODEC_UNAVAILABLE', message, { cause: reason });
  }
  return { formats, noiseClocks, sampleRate: Math.max(...rates) };
}

/** Hears one direction of a relay: copies of its packets are decoded, those that pass stay alone. */
export class Overhearing implements PacketListener {
  private readonly playout: Playout;
  private decoders: readonly AudioDecoder[] = [];

  constructor(settings: StreamSettings, clock: Clock) {
    this.playout = new Playout(settings, clock);
  }

  /** Takes over what may come in, to be heard at `sampleRate`. */
  configure({ formats, noiseClocks }: HeardFormats, sampleRate: number): void {
    this.close();
    this.decoders = formats.flatMap((format) => (format ? [format.decoder] : []));
    this.playout.configure({ formats, noiseClocks, sampleRate });
  }

  onPacket(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    this.playout.push(packet.slice(), header, arrival === 'misordered');
  }

  onSourceChanged(): void {
    this.playout.reset();
  }

  /** Fills a frame; silence where nothing came. */
  read(out: Int16Array): void {
    this.playout.read(out);
  }

  close(): void {
    for (const decoder of this.decoders) decoder.close?.();
    this.decoders = [];
  }
}
