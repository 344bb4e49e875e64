/** Turns PCM of one stream into payloads. */
export interface AudioEncoder {
  /**
   * Encodes the samples of one packet into `out` and returns how many bytes they came to; 0 where
   * nothing is to be sent, as in a pause (DTX).
   */
  encode(samples: Int16Array, out: Uint8Array): number;
  /** Frees what no garbage collector does. */
  close?(): void;
}

/** Turns payloads of one stream into PCM; what a peer sends never makes it throw. */
export interface AudioDecoder {
  /** How many samples a payload holds, without decoding it; 0 where it is none of this codec's. */
  samplesIn(payload: Uint8Array): number;
  /** Decodes into the front of `out`, which has room for `samplesIn`; returns how many it made. */
  decode(payload: Uint8Array, out: Int16Array): number;
  /** Fills all of `out` in place of what did not come; where it is missing, any codec is stood in for. */
  conceal?(out: Int16Array): void;
  /**
   * Fills `out` with the packet before `next`, of which that has a copy (forward error correction);
   * returns how many samples: 0 where it has none.
   */
  recover?(next: Uint8Array, out: Int16Array): number;
  /** Frees what no garbage collector does. */
  close?(): void;
}

/** What an encoder or a decoder is made for. */
export interface CodecSession {
  /** Samples per second of mono PCM. */
  readonly sampleRate: number;
  /** RTP's clock in Hz. */
  readonly clockRate: number;
  /** Of the payload; PCM is mono always. */
  readonly channels: number;
  /** Format parameters: for an encoder what the other side asks for, for a decoder ours. */
  readonly fmtp?: string;
  /** Milliseconds of audio in a packet that we send. */
  readonly ptimeMs: number;
}

/** Makes encoders and decoders: what the module of a `CodecDefinition` exports. */
export interface CodecFactory {
  createEncoder(session: CodecSession): AudioEncoder | Promise<AudioEncoder>;
  createDecoder(session: CodecSession): AudioDecoder | Promise<AudioDecoder>;
}

/** A codec of your own, as plain data: worker threads load its module themselves. */
export interface CodecDefinition {
  /** Encoding name of its `a=rtpmap`, in lower case. */
  readonly name: string;
  /** RTP's clock in Hz. */
  readonly clockRate: number;
  /** Of the payload; default 1. */
  readonly channels?: number;
  /** Static, or the dynamic payload type that is preferred (96–127). */
  readonly payloadType?: number;
  /** Our format parameters. */
  readonly fmtp?: string;
  /** Of the PCM that it takes and gives: one of `SAMPLE_RATES`; default: `clockRate`. */
  readonly sampleRate?: number;
  /** A module that exports `createEncoder` and `createDecoder` (`CodecFactory`). */
  readonly module: URL | string;
}
