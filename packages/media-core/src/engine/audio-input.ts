import type { ReadableStreamDefaultController } from 'node:stream/web';
import { StrowgerError } from '@strowger/runtime';
import { SAMPLE_RATES } from '../audio/index.ts';
import type { AudioEvent, CoreEndpoint } from './core-endpoint.ts';
import type { PcmFrame } from './media-capabilities.ts';

/** Frames that may wait for a slow reader: a second. */
const WAITING_FRAMES = 50;

/** What is heard, as a Web Stream: the reader grants frames, what comes without a grant is lost. */
export class AudioInput {
  private readonly core: CoreEndpoint;
  private controller: ReadableStreamDefaultController<PcmFrame> | undefined;
  private granted = 0;
  private sampleRate = 8000;

  constructor(core: CoreEndpoint) {
    this.core = core;
  }

  /** @throws StrowgerError `MEDIA_WRONG_STATE` while another one is open, `UNSUPPORTED_SAMPLE_RATE`. */
  open({ sampleRate = 8000 }: { sampleRate?: number } = {}): ReadableStream<PcmFrame> {
    this.core.assertAlive();
    if (!SAMPLE_RATES.includes(sampleRate)) {
      const message = `Rates are ${SAMPLE_RATES.join(', ')}, not ${sampleRate}`;
      throw new StrowgerError('UNSUPPORTED_SAMPLE_RATE', message);
    }
    if (this.controller !== undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'One audioIn() is open at a time');
    }
    this.sampleRate = sampleRate;
    return new ReadableStream<PcmFrame>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => this.grant(),
        cancel: () => this.cancel(),
      },
      new CountQueuingStrategy({ highWaterMark: WAITING_FRAMES }),
    );
  }

  take(event: Extract<AudioEvent, { type: 'heard' }>): void {
    const { controller, sampleRate } = this;
    if (controller === undefined) return;
    this.granted--;
    const { samples, timestamp } = event;
    controller.enqueue({ samples, sampleRate, timestamp });
  }

  /** The stream ends well with the endpoint, and with an error where that failed. */
  end(error: StrowgerError): void {
    if (error.code === 'MEDIA_CLOSED') this.controller?.close();
    else this.controller?.error(error);
    this.controller = undefined;
  }

  private grant(): void {
    const frames = (this.controller?.desiredSize ?? 0) - this.granted;
    // in handfuls: a message for every frame read would cost as much as the frame
    if (frames < WAITING_FRAMES / 5 && this.granted > 0) return;
    this.granted += frames;
    this.ask(frames);
  }

  private cancel(): void {
    this.controller = undefined;
    this.granted = 0;
    this.ask(0);
  }

  private ask(frames: number): void {
    if (this.core.hasEnded) return;
    const { sampleRate } = this;
    const { api, id } = this.core;
    api.listen({ id, frames, sampleRate }).catch(() => {}); // it fails only with the endpoint
  }
}
