import { StrowgerError } from '@strowger/runtime';
import { RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { digitOfEvent, EVENT_LENGTH, EventSender } from '../rtp/telephone-event.ts';
import type { DigitsCommand } from './core-api.ts';
import type { RtpSession } from './rtp-session.ts';
import type { Ticked, Ticker } from './ticker.ts';

/** How much later the other end's phone may say the same digit as an event. */
const DOUBLE_MS = 1000;

/**
 * Digits of ours within a stream that a relay passes on: their events take the place of what comes
 * (RFC 4733 §2.1), under the numbers of the same stream.
 */
export class InsertedDigits implements Ticked {
  readonly periodMs = 20;
  private readonly session: RtpSession;
  private readonly ticker: Ticker;
  private readonly events = new EventSender();
  /** In the clock of events. */
  private time = 0;
  private timestamp = 0;
  private isOn = false;
  private isOnce = false;
  private last: { digit: string | undefined; at: number } | undefined;

  constructor(session: RtpSession, ticker: Ticker) {
    this.session = session;
    this.ticker = ticker;
  }

  /** Whether an event is being sent, and nothing else may be. */
  get isSounding(): boolean {
    return this.isOn;
  }

  /** Whether this digit, which was to go `once`, has just been sent: an event of the same says it again. */
  isDouble(digit: string | undefined): boolean {
    const { last } = this;
    const isDouble =
      last !== undefined &&
      last.digit === digit &&
      this.session.runtime.clock.now() - last.at <= DOUBLE_MS;
    if (isDouble) this.last = undefined;
    return isDouble;
  }

  /**
   * Resolves when all are sent. Rejects with `MEDIA_NO_TELEPHONE_EVENT` where the peer takes none now,
   * `MEDIA_TOO_MANY_DIGITS`.
   */
  send({ digits, durationMs, gapMs, once = false }: DigitsCommand): Promise<void> {
    const { clockRate } = this.session.agreed?.media.telephoneEvent ?? {};
    if (clockRate === undefined || !this.session.sends) {
      throw new StrowgerError('MEDIA_NO_TELEPHONE_EVENT', 'The other side takes no events');
    }
    const perMs = clockRate / 1000;
    const inTicks = { digits, duration: durationMs * perMs, gap: gapMs * perMs };
    this.isOnce = once;
    return new Promise((resolve, reject) => {
      const done = (sent: boolean): void => {
        if (sent) resolve();
        else reject(new StrowgerError('MEDIA_CLOSED', 'The stream that took digits has ended'));
      };
      if (this.events.send({ ...inTicks, done })) return this.ticker.add(this);
      reject(new StrowgerError('MEDIA_TOO_MANY_DIGITS', 'Too many requests to send digits wait'));
    });
  }

  tick(skipped: number): void {
    const { session, events } = this;
    const agreed = session.agreed?.media.telephoneEvent;
    if (agreed === undefined || !session.sends) return this.clear();
    const ticks = (this.periodMs * agreed.clockRate) / 1000;
    this.time = (this.time + skipped * ticks) >>> 0;
    const packet = new Uint8Array(RTP_HEADER_LENGTH + EVENT_LENGTH); // a socket may keep it a while
    const step = events.next(this.time, ticks, packet.subarray(RTP_HEADER_LENGTH));
    this.time = (this.time + ticks) >>> 0;
    this.isOn = step.kind === 'packet';
    if (step.kind === 'idle') return this.ticker.remove(this);
    if (step.kind === 'gap') return;
    if (step.first) {
      this.timestamp = session.sender.timestampNow();
      const digit = digitOfEvent(packet.subarray(RTP_HEADER_LENGTH));
      if (this.isOnce) this.last = { digit, at: session.runtime.clock.now() };
    }
    const { timestamp } = this;
    const payloadType = agreed.sendPayloadType;
    session.sender.send(packet, { marker: step.first, payloadType, timestamp });
  }

  failed(): void {
    this.clear();
  }

  /** Gives up what waits. Idempotent. */
  clear(): void {
    this.isOn = false;
    this.ticker.remove(this);
    this.events.clear();
  }
}
