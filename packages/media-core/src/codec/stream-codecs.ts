import type { CodecDescription, NegotiatedMedia, PayloadFormat } from '../sdp/index.ts';
import type { AudioDecoder, AudioEncoder, CodecSession } from './audio-codec.ts';
import type { CodecLibrary, LoadedCodec } from './codec-library.ts';

/** What may come in under one payload type. */
export interface ReceivedFormat {
  readonly decoder: AudioDecoder;
  /** Of its PCM. */
  readonly sampleRate: number;
  readonly clockRate: number;
}

/** Everything that encodes and decodes for one endpoint, as it was agreed. */
export interface StreamCodecs {
  readonly encoder: AudioEncoder;
  /** Of the PCM that the encoder takes: the endpoint's own rate. */
  readonly sampleRate: number;
  readonly clockRate: number;
  /** By payload type. */
  readonly formats: readonly (ReceivedFormat | undefined)[];
  /** Under which payload types comfort noise may come in, and its clock in Hz. */
  readonly noiseClocks: NoiseClocks;
}

/** The clock of comfort noise in Hz, by payload type. */
export type NoiseClocks = ReadonlyMap<number, number>;

/** No comfort noise comes in. */
export const NO_NOISE: NoiseClocks = new Map();

type Coder = AudioEncoder | AudioDecoder;

/**
 * The encoders and decoders of one endpoint. Those that a further round of offer and answer leaves
 * as they were go on with what they remember, so that a hold makes no click.
 */
export class CodecBench {
  private readonly library: CodecLibrary;
  private inUse = new Map<string, Coder>();
  private round = 0;

  constructor(library: CodecLibrary) {
    this.library = library;
  }

  /** `undefined` where another round, or the end, came before all were there. */
  async open(media: NegotiatedMedia): Promise<StreamCodecs | undefined> {
    const round = ++this.round;
    const made = new Map<string, Coder>();
    const codecs = await this.make(media, made);
    if (round !== this.round) {
      closeAll(made, this.inUse);
      return undefined;
    }
    const before = this.inUse;
    this.inUse = made;
    closeAll(before, made);
    return codecs;
  }

  close(): void {
    this.round++;
    closeAll(this.inUse, new Map());
    this.inUse.clear();
  }

  private async make(media: NegotiatedMedia, made: Map<string, Coder>): Promise<StreamCodecs> {
    const { send, receive, ptimeMs } = media;
    const sending = await this.library.load(send.codec);
    const session = sessionOf(send.codec, sending, ptimeMs);
    const encoder = (await this.coder(`encode ${keyOf(session, send)}`, made, () =>
      sending.factory.createEncoder(session),
    )) as AudioEncoder; // it is kept under a key of encoders
    const formats: ReceivedFormat[] = [];
    const noiseClocks = new Map<number, number>();
    for (const format of receive) {
      const { codec, payloadType } = format;
      if (codec.name === 'cn') {
        noiseClocks.set(payloadType, codec.clockRate);
        continue;
      }
      const loaded = await this.library.load(codec);
      const received = sessionOf(codec, loaded, ptimeMs);
      const decoder = (await this.coder(`decode ${keyOf(received, format)}`, made, () =>
        loaded.factory.createDecoder(received),
      )) as AudioDecoder; // it is kept under a key of decoders
      const { sampleRate } = loaded;
      formats[payloadType] = { decoder, sampleRate, clockRate: codec.clockRate };
    }
    const { sampleRate } = sending;
    const { clockRate } = send.codec;
    return { encoder, sampleRate, clockRate, formats, noiseClocks };
  }

  private async coder(
    key: string,
    made: Map<string, Coder>,
    make: () => Coder | Promise<Coder>,
  ): Promise<Coder> {
    const coder = made.get(key) ?? this.inUse.get(key) ?? (await make());
    made.set(key, coder);
    return coder;
  }
}

function sessionOf(
  { clockRate, channels = 1, fmtp }: CodecDescription,
  { sampleRate }: LoadedCodec,
  ptimeMs: number,
): CodecSession {
  return { sampleRate, clockRate, channels, ...(fmtp !== undefined && { fmtp }), ptimeMs };
}

function keyOf(session: CodecSession, { codec }: PayloadFormat): string {
  const { clockRate, channels, fmtp, ptimeMs } = session;
  return JSON.stringify([codec.name, clockRate, channels, fmtp, ptimeMs]);
}

/** Closes what of `coders` is not among `kept`. */
function closeAll(coders: ReadonlyMap<string, Coder>, kept: ReadonlyMap<string, Coder>): void {
  for (const [key, coder] of coders) if (kept.get(key) !== coder) coder.close?.();
}
