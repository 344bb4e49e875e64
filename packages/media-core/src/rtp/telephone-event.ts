import { read16, timestampDistance, write16 } from './rtp.ts';

/** Length of the payload of a telephone event (RFC 4733 §2.3). */
export const EVENT_LENGTH = 4;
/** The digits in the order of their event codes (RFC 4733 §3.2). */
export const DIGITS = '0123456789*#ABCD';

/** Of one segment of an event, in units of its clock (RFC 4733 §2.5.1.3). */
export const MAX_DURATION = 0xffff;
/** Signal power of what we send: -10 dBm0. */
const VOLUME = 10;

/** The digit of an event's payload; `undefined` where it is none. */
export function digitOfEvent(payload: Uint8Array): string | undefined {
  return payload.length < EVENT_LENGTH ? undefined : DIGITS[payload[0] ?? DIGITS.length];
}

/** Writes an event's payload (RFC 4733 §2.3). */
export function writeEvent(
  payload: Uint8Array,
  event: { code: number; end: boolean; duration: number },
): void {
  payload[0] = event.code;
  payload[1] = (event.end ? 0x80 : 0) | VOLUME;
  write16(payload, 2, Math.min(MAX_DURATION, event.duration));
}

/** A digit that was pressed. */
export interface ReceivedDigit {
  digit: string;
  /** In units of the clock. */
  duration: number;
}

/** Packets of one event are no further apart; a key that is pressed again is. */
const SAME_EVENT_MS = 60;

/** At most so many digits a second are told: nobody dials faster. */
const DIGITS_PER_SECOND = 25;

/**
 * Receives telephone events (RFC 4733 §2.5.2): each is known by its timestamp and told once, when
 * it ends, whichever of its packets were lost or doubled. Some phones say another timestamp with each
 * packet: theirs are known by a duration that grows, and by ends that repeat.
 */
export class EventReceiver {
  private readonly tell: (digit: ReceivedDigit) => void;
  private code = -1;
  private timestamp = 0;
  private duration = 0;
  /** What earlier segments of an event longer than 65535 units lasted (§2.5.1.3). */
  private segments = 0;
  private pending = false;
  private heardAt = 0;
  /** Whether the last packet came just before this one. */
  private isFresh = false;
  private secondBegan = Number.NEGATIVE_INFINITY;
  private toldInSecond = 0;

  constructor(tell: (digit: ReceivedDigit) => void) {
    this.tell = tell;
  }

  /** Whether an event is under way whose end has not come. */
  get isPending(): boolean {
    return this.pending;
  }

  /** The digit of an event that is under way. */
  get pendingDigit(): string | undefined {
    return this.pending ? DIGITS[this.code] : undefined;
  }

  /** When the last packet of the present event came. */
  get lastHeardAt(): number {
    return this.heardAt;
  }

  /** Takes the payload of an event packet that came at `now`. */
  receive(payload: Uint8Array, timestamp: number, now: number): void {
    if (payload.length < EVENT_LENGTH) return;
    const code = payload[0] as number; // in range: the length was checked
    if (code >= DIGITS.length) return;
    const duration = read16(payload, 2);
    if (!this.isKnown(code, timestamp)) {
      if (this.code >= 0 && timestampDistance(timestamp, this.timestamp) <= 0) return;
      const isEnd = ((payload[1] ?? 0) & 0x80) !== 0;
      this.isFresh = now - this.heardAt <= SAME_EVENT_MS;
      if (this.isSame(code, timestamp, { duration, isEnd })) this.timestamp = timestamp;
      else this.begin(code, timestamp, now);
    }
    this.duration = Math.max(this.duration, duration);
    this.heardAt = now;
    if (((payload[1] ?? 0) & 0x80) !== 0) this.finish(now);
  }

  /** The end was lost: what is pending is told. */
  finish(now: number): void {
    if (!this.pending) return;
    this.pending = false;
    if (now - this.secondBegan >= 1000) {
      this.secondBegan = now;
      this.toldInSecond = 0;
    }
    if (++this.toldInSecond > DIGITS_PER_SECOND) return;
    this.tell({ digit: DIGITS[this.code] ?? '', duration: this.segments + this.duration });
  }

  /** The source changed: its timestamps are others. */
  reset(now: number): void {
    this.finish(now);
    this.code = -1;
  }

  /**
   * Whether a packet with a later timestamp is of the event that was heard a moment ago: another one
   * cannot begin before that is over.
   */
  private isSame(code: number, timestamp: number, packet: { duration: number; isEnd: boolean }) {
    if (code !== this.code) return false;
    const overlaps = timestampDistance(timestamp, this.timestamp) <= this.duration;
    if (!this.pending) return packet.isEnd && overlaps && packet.duration === this.duration;
    if (this.duration >= MAX_DURATION) return false; // a segment follows
    return overlaps || (this.isFresh && packet.duration > this.duration);
  }

  private isKnown(code: number, timestamp: number): boolean {
    return code === this.code && timestamp === this.timestamp;
  }

  private begin(code: number, timestamp: number, now: number): void {
    const passed = timestampDistance(timestamp, this.timestamp);
    const continues =
      this.pending && code === this.code && this.duration > 0 && passed === MAX_DURATION;
    if (!continues) this.finish(now);
    this.segments = continues ? this.segments + MAX_DURATION : 0;
    this.code = code;
    this.timestamp = timestamp;
    this.duration = 0;
    this.pending = true;
  }
}

/** What the sender has for the next packet. */
export type EventStep =
  | { kind: 'idle' }
  /** Between two events: audio may go. */
  | { kind: 'gap' }
  | { kind: 'packet'; first: boolean; timestamp: number };

/** One request to send digits. */
export interface DigitsRequest {
  digits: string;
  /** In units of the clock. */
  duration: number;
  gap: number;
  done(sent: boolean): void;
}

const END_PACKETS = 3;
const IDLE: EventStep = { kind: 'idle' };
const GAP: EventStep = { kind: 'gap' };

/**
 * Sends telephone events (RFC 4733 §2.5.1): a packet per slot of the stream, all with the event's
 * first timestamp, the last three with the end bit, then a gap.
 */
export class EventSender {
  private readonly waiting: DigitsRequest[] = [];
  private readonly limit: number;
  private at = 0;
  private phase: 'start' | 'on' | 'end' | 'gap' = 'start';
  private timestamp = 0;
  private endsSent = 0;

  /** @param limit how many requests may wait. */
  constructor(limit = 16) {
    this.limit = limit;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** Takes digits to send after those before; `false` where too many wait. */
  send(request: DigitsRequest): boolean {
    if (this.waiting.length >= this.limit) return false;
    this.waiting.push(request);
    return true;
  }

  /** What goes at the stream's timestamp `now`; an event's payload is written into `payload`. */
  next(now: number, frame: number, payload: Uint8Array): EventStep {
    const [request] = this.waiting;
    if (request === undefined) return IDLE;
    if (this.phase === 'gap') {
      const ended = (this.timestamp + request.duration) >>> 0;
      if (timestampDistance(now, ended) < request.gap) return GAP;
      this.advance(request);
      return this.next(now, frame, payload);
    }
    const first = this.phase === 'start';
    if (first) {
      this.timestamp = now;
      this.phase = 'on';
    }
    this.writePacket(request, { elapsed: timestampDistance(now, this.timestamp) + frame, payload });
    return { kind: 'packet', first, timestamp: this.timestamp };
  }

  /** Gives up what waits. */
  clear(): void {
    for (const request of this.waiting.splice(0)) request.done(false);
    this.phase = 'start';
    this.at = 0;
    this.endsSent = 0;
  }

  private writePacket(
    request: DigitsRequest,
    { elapsed, payload }: { elapsed: number; payload: Uint8Array },
  ): void {
    const end = elapsed >= request.duration;
    const code = DIGITS.indexOf(request.digits[this.at] ?? '0');
    writeEvent(payload, { code, end, duration: Math.min(elapsed, request.duration) });
    if (!end) return;
    this.phase = 'end';
    this.endsSent++;
    if (this.endsSent < END_PACKETS) return;
    this.endsSent = 0;
    this.phase = 'gap';
  }

  private advance(request: DigitsRequest): void {
    this.phase = 'start';
    this.at++;
    if (this.at < request.digits.length) return;
    this.at = 0;
    this.waiting.shift();
    request.done(true);
  }
}
