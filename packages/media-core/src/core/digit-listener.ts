import type { Clock, Timer } from '@strowger/runtime';
import { DigitMerger, DtmfDetector } from '../digits/index.ts';
import type { Arrival } from '../rtp/reception.ts';
import type { RtpHeader } from '../rtp/rtp.ts';
import { EventReceiver } from '../rtp/telephone-event.ts';
import type { CoreEvent, DigitSource } from './core-api.ts';

/** An event whose packets stop for this long has ended, though its end was lost. */
const LOST_END_MS = 200;

/** What a listener is made of. */
export interface DigitListenerOptions {
  readonly clock: Clock;
  /** Which ways of sending digits are listened to. */
  readonly sources: readonly DigitSource[];
  tell(event: Extract<CoreEvent, { type: 'digit' }>): void;
  /** In which the durations of events count, in Hz. */
  eventRate(): number;
  /** A digit has begun to sound in band. */
  onInbandBegin?(): void;
}

/** Tells each digit of a stream once when it ends, whichever ways it is sent. */
export class DigitListener {
  private readonly options: DigitListenerOptions;
  private readonly events: EventReceiver | undefined;
  private readonly merger = new DigitMerger();
  private tones: DtmfDetector | undefined;
  private sampleRate = 0;
  private timer: Timer | undefined;

  constructor(options: DigitListenerOptions) {
    this.options = options;
    if (!options.sources.includes('rtp')) return;
    this.events = new EventReceiver(({ digit, duration }) =>
      this.tell('rtp', digit, Math.round((duration * 1000) / options.eventRate())),
    );
  }

  /** Whether this digit has just been told by that way, and no other has told of it yet. */
  hasTold(source: DigitSource, digit: string): boolean {
    return this.merger.hasTold(source, digit, this.options.clock.now());
  }

  /** Whether an event of this digit is under way, or has just been told. */
  hasEvent(digit: string): boolean {
    return this.events?.pendingDigit === digit || this.hasTold('rtp', digit);
  }

  /** Whether a digit sounds in band now. */
  get hearsTone(): boolean {
    return this.tones?.isOn === true;
  }

  /** Takes a packet with an event. */
  receive(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void {
    const { events } = this;
    if (events === undefined) return;
    if (arrival === 'restarted') this.reset(); // its timestamps begin anew, too
    const payload = packet.subarray(header.payloadStart, header.payloadEnd);
    events.receive(payload, header.timestamp, this.options.clock.now());
    if (events.isPending && this.timer?.armed !== true) this.watch(events, LOST_END_MS);
  }

  /** Hears audio for digits in band, where it is asked to. */
  hear(samples: Int16Array, sampleRate: number): void {
    if (!this.options.sources.includes('inband')) return;
    if (sampleRate !== this.sampleRate) this.tune(sampleRate);
    this.tones?.push(samples);
  }

  /** Another source: what was pending has ended. */
  reset(): void {
    this.events?.reset(this.options.clock.now());
    this.tones?.end();
  }

  close(): void {
    this.timer?.cancel();
  }

  private tune(sampleRate: number): void {
    const { onInbandBegin } = this.options;
    this.tones?.end();
    this.sampleRate = sampleRate;
    this.tones = new DtmfDetector(sampleRate, {
      onDigit: (digit, durationMs) => this.tell('inband', digit, durationMs),
      ...(onInbandBegin && { onBegin: onInbandBegin }),
    });
  }

  private tell(source: DigitSource, digit: string, durationMs: number): void {
    const { clock, tell } = this.options;
    // its event, which is under way, tells of it
    if (source === 'inband' && this.events?.pendingDigit === digit) return;
    if (!this.merger.isNew(source, { digit, durationMs }, clock.now())) return;
    tell({ type: 'digit', digit, durationMs, source });
  }

  private watch(events: EventReceiver, delayMs: number): void {
    this.timer = this.options.clock.arm(delayMs, () => {
      if (!events.isPending) return;
      const now = this.options.clock.now();
      const left = events.lastHeardAt + LOST_END_MS - now;
      if (left > 0) this.watch(events, left);
      else events.finish(now);
    });
  }
}
