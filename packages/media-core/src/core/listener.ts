import { StrowgerError } from '@strowger/runtime';
import { WavWriter } from '../audio/index.ts';
import { JitterBuffer, type PayloadDecoder } from '../rtp/jitter-buffer.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { CoreError, CoreEvent, Recorded, StreamSettings } from './core-api.ts';
import { BYTE_CODECS, type ByteCodec } from './g711-codec.ts';

const SAMPLE_RATE = 8000;

/** What an endpoint hears, frame by frame: into a recording, and to a program that listens. */
export class Listener {
  readonly jitter: JitterBuffer;
  /** The last frame. */
  heard = new Int16Array(160);
  private readonly tell: (event: CoreEvent) => void;
  private recorder: WavWriter | undefined;
  private isOpeningRecorder = false;
  private isClosed = false;
  private granted = 0;
  private timestamp = 0;
  private decoders: (ByteCodec | undefined)[] = [];
  private readonly decode: PayloadDecoder = (payload, payloadType, out) => {
    this.decoders[payloadType]?.decode(payload, out);
  };

  constructor(settings: StreamSettings, tell: (event: CoreEvent) => void) {
    this.tell = tell;
    this.jitter = new JitterBuffer({
      clockRate: SAMPLE_RATE,
      minimumMs: settings.jitterMinimumMs,
      maximumMs: settings.jitterMaximumMs,
    });
  }

  configure({ receive, ptimeMs }: NegotiatedMedia): void {
    this.decoders = [];
    for (const { codec, payloadType } of receive) {
      this.decoders[payloadType] = BYTE_CODECS[codec.name];
    }
    const frame = (ptimeMs * SAMPLE_RATE) / 1000;
    if (frame !== this.heard.length) this.heard = new Int16Array(frame);
  }

  /** A frame's time has passed. */
  hear(): void {
    this.jitter.read(this.heard, this.decode);
    this.recorder?.write(this.heard);
    if (this.granted > 0) {
      this.granted--;
      const samples = this.heard.slice();
      this.tell({ type: 'heard', samples, timestamp: this.timestamp });
    }
    this.timestamp += this.heard.length;
  }

  /** Lets so many frames more be told; 0 ends it. */
  grant(frames: number): void {
    this.granted = frames === 0 ? 0 : this.granted + frames;
  }

  /** Records from the next frame on. */
  async record(path: string): Promise<void> {
    if (this.recorder !== undefined || this.isOpeningRecorder) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    this.isOpeningRecorder = true;
    try {
      const recorder = await WavWriter.create(path, { sampleRate: SAMPLE_RATE });
      if (!this.isClosed) this.recorder = recorder;
      else await recorder.close();
    } finally {
      this.isOpeningRecorder = false;
    }
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
  }

  async stopRecord(): Promise<Recorded> {
    const { recorder } = this;
    if (recorder === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is not being recorded');
    }
    this.recorder = undefined;
    return recorder.close();
  }

  /** Resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.isClosed = true;
    this.granted = 0;
    const { recorder } = this;
    this.recorder = undefined;
    return recorder?.close().catch((error: StrowgerError) => {
      return { code: error.code, message: error.message };
    });
  }
}
