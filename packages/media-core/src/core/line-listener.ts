import { StrowgerError } from '@strowger/runtime';
import { AnswererJudge, type AnswererOptions, type AnswererOutcome } from '../speech/index.ts';
import { ProgressDetector, TONE_RATE, type ToneOptions } from '../tones/index.ts';
import type { CoreEvent } from './core-api.ts';
import { RateTap } from './rate-tap.ts';

interface Judging {
  readonly judge: AnswererJudge;
  reject(error: StrowgerError): void;
}

/** Listens to what a network says by tones, and to who answers. */
export class LineListener {
  private readonly tell: (event: Extract<CoreEvent, { type: 'tone' }>) => void;
  private readonly tap = new RateTap();
  private readonly progress: ProgressDetector | undefined;
  private judging: Judging | undefined;

  /** @throws StrowgerError `BAD_TONE` for a country that is not in the table. */
  constructor(
    tones: ToneOptions | undefined,
    tell: (event: Extract<CoreEvent, { type: 'tone' }>) => void,
  ) {
    this.tell = tell;
    this.tap.sampleRate = TONE_RATE;
    this.progress = tones && new ProgressDetector(tones, (name) => tell({ type: 'tone', name }));
  }

  /** A frame was heard. */
  hear(frame: Int16Array, sampleRate: number): void {
    const { progress, judging } = this;
    if (progress === undefined && judging === undefined) return;
    const samples = this.tap.take(frame, sampleRate);
    progress?.push(samples);
    judging?.judge.hear(samples);
    if (judging?.judge.isOver) this.judging = undefined;
  }

  /**
   * Resolves with who answered. A further one takes the place of that before, whose beep is not told
   * any more; one that has no answer yet rejects with `MEDIA_WRONG_STATE`.
   */
  detectAnswerer(options: AnswererOptions): Promise<AnswererOutcome> {
    this.judging?.reject(new StrowgerError('MEDIA_WRONG_STATE', 'Another detection has begun'));
    return new Promise((resolve, reject) => {
      const tellBeep = (): void => this.tell({ type: 'tone', name: 'beep' });
      this.judging = { judge: new AnswererJudge(options, { tell: resolve, tellBeep }), reject };
    });
  }

  /** Nobody is left waiting. */
  close(): void {
    this.judging?.reject(new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed'));
    this.judging = undefined;
  }
}
