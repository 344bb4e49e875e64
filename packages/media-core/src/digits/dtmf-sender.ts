import { ToneSource } from '../audio/index.ts';
import { frequenciesOf } from './dtmf.ts';

/** Of each tone: within what receivers take after 15 dB of loss (ITU-T Q.24). */
const LEVEL_DBM0 = -9;

/** One request to send digits in band. */
export interface InbandRequest {
  /** `0-9*#A-D`. */
  readonly digits: string;
  readonly durationMs: number;
  readonly gapMs: number;
  done(sent: boolean): void;
}

/** Digits as tones (ITU-T Q.23), one after the other. */
export class DtmfSender {
  private readonly waiting: InbandRequest[] = [];
  private readonly limit: number;
  private at = 0;
  private samplesDone = 0;
  private tone: ToneSource | undefined;
  private rate = 8000;

  /** @param limit how many requests may wait. */
  constructor(limit = 16) {
    this.limit = limit;
  }

  /** Of what is read from now on; default 8000. */
  set sampleRate(sampleRate: number) {
    this.samplesDone = Math.round((this.samplesDone * sampleRate) / this.rate);
    this.rate = sampleRate;
    this.tone = undefined;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** Takes digits to send after those before; `false` where too many wait. */
  send(request: InbandRequest): boolean {
    if (this.waiting.length >= this.limit) return false;
    this.waiting.push(request);
    return true;
  }

  /** Fills a frame with tones and gaps, and with silence behind the last gap. */
  read(out: Int16Array): void {
    let filled = 0;
    while (filled < out.length) {
      const [request] = this.waiting;
      if (request === undefined) break;
      filled += this.fillDigit(request, out.subarray(filled));
    }
    out.fill(0, filled);
  }

  /** Gives up what waits. */
  clear(): void {
    for (const request of this.waiting.splice(0)) request.done(false);
    this.at = 0;
    this.samplesDone = 0;
    this.tone = undefined;
  }

  private fillDigit(request: InbandRequest, out: Int16Array): number {
    const on = this.samples(request.durationMs);
    const all = on + this.samples(request.gapMs);
    const isOn = this.samplesDone < on;
    const left = (isOn ? on : all) - this.samplesDone;
    const part = out.subarray(0, Math.min(left, out.length));
    if (isOn) this.toneOf(request).read(part);
    else part.fill(0);
    this.samplesDone += part.length;
    if (this.samplesDone >= all) this.advance(request);
    return part.length;
  }

  private toneOf({ digits }: InbandRequest): ToneSource {
    const frequencyHz = frequenciesOf(digits[this.at] ?? '') ?? [941, 1336];
    const { rate } = this;
    this.tone ??= new ToneSource({ frequencyHz, levelDbm0: LEVEL_DBM0, sampleRate: rate });
    return this.tone;
  }

  private advance(request: InbandRequest): void {
    this.samplesDone = 0;
    this.tone = undefined;
    this.at++;
    if (this.at < request.digits.length) return;
    this.at = 0;
    this.waiting.shift();
    request.done(true);
  }

  private samples(ms: number): number {
    return Math.round((ms * this.rate) / 1000);
  }
}
