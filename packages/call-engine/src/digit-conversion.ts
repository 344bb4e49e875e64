import type { Clock, Logger } from '@strowger/runtime';
import { DigitDoubles, type InfoDigit, type Session } from '@strowger/session-core';
import type { CallDigits, CallMedia } from './call-media.ts';
import type { Side } from './call-table.ts';
import type { Converted } from './info-passing.ts';

/** How digits of a call pass from one side to the other. */
export interface DigitPolicy {
  /**
   * Whether digits that come one way go on in the way that the other side takes: as telephone events
   * (RFC 4733) where it agreed on them, else by INFO (`application/dtmf-relay`). Default `true`; else
   * what media and INFO carry passes as it is.
   */
  readonly convert?: boolean;
  /**
   * Whether the phones of a user (an address of record) send digits in band: these are listened for
   * then, which takes decoding. Default: nobody's.
   */
  isInband?(user: string): boolean;
}

/** What the media of a call between two is asked to do with digits; users by their addresses of record. */
export function digitsBetween(
  { convert: converts = true, isInband }: DigitPolicy,
  caller: string | undefined,
  callee: string | undefined,
): CallDigits {
  const is = (user: string | undefined): boolean => user !== undefined && isInband?.(user) === true;
  return { converts, inband: { caller: is(caller), callee: is(callee) } };
}

/** What the conversion needs of its call. */
export interface DigitConversionOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly call: string;
  media(): CallMedia | undefined;
  sessionOf(side: Side): Session | undefined;
  /** A side has said a digit, in whatever ways. */
  onDigit(from: Side, digit: string): void;
}

/** Digits that may wait for one side: more than anybody types while one is sent. */
const MOST_WAITING = 32;

/** One stream of digits each way, however a side sends them and the other one takes them. */
export class DigitConversion {
  private readonly options: DigitConversionOptions;
  /** Digits towards each side, one after the other: they must not overtake each other. */
  private readonly queues: Record<Side, Promise<unknown>> = {
    caller: Promise.resolve(),
    callee: Promise.resolve(),
  };
  private readonly waiting: Record<Side, number> = { caller: 0, callee: 0 };
  /** Phones that say a digit both in media and by INFO say one. */
  private readonly doubles: Record<Side, DigitDoubles> = {
    caller: new DigitDoubles(),
    callee: new DigitDoubles(),
  };

  constructor(options: DigitConversionOptions) {
    this.options = options;
  }

  /** A digit that media has heard of one side; where it has not passed it on, dropped where 32 wait. */
  heard(from: Side, { passed = true, ...digit }: InfoDigit & { passed?: boolean }): void {
    const to = otherSide(from);
    if (!this.isNew('media', from, digit) || passed) return;
    if (this.waiting[to] >= MOST_WAITING) return;
    this.enqueue(to, async () => {
      if (await this.insert(to, digit)) return;
      const { durationMs } = digit;
      await this.options.sessionOf(to)?.sendDigits(digit.digit, { via: 'info', durationMs });
    }).catch((error: unknown) => {
      const { logger, call } = this.options;
      logger.debug({ err: error, call }, 'a digit was taken neither as an event nor by INFO');
    });
  }

  /**
   * A digit that came by INFO: `unsupported` where the other side takes no events, and INFO has to do;
   * `full` where 32 wait.
   */
  async convert(from: Side, digit: InfoDigit): Promise<Converted> {
    const to = otherSide(from);
    if (this.waiting[to] >= MOST_WAITING) return 'full';
    if (!this.isNew('info', from, digit)) return 'sent';
    return (await this.enqueue(to, () => this.insert(to, digit))) ? 'sent' : 'unsupported';
  }

  private isNew(way: 'media' | 'info', from: Side, { digit }: InfoDigit): boolean {
    const isNew = this.doubles[from].isNew(way, digit, this.options.clock.now());
    if (isNew) this.options.onDigit(from, digit);
    return isNew;
  }

  private async insert(to: Side, { digit, durationMs }: InfoDigit): Promise<boolean> {
    const end = this.options.media()?.endOf(to);
    if (end === undefined) return false;
    try {
      await end.sendDigits(digit, { via: 'rtp', durationMs: fit(durationMs), once: true });
      return true;
    } catch {
      return false; // it takes none, or its media cannot
    }
  }

  private enqueue<T>(to: Side, work: () => Promise<T>): Promise<T> {
    this.waiting[to]++;
    const done = this.queues[to].then(work).finally(() => {
      this.waiting[to]--;
    });
    this.queues[to] = done.catch(() => {});
    return done;
  }
}

/** Shorter ones are missed by many, longer ones hold up those that follow (RFC 4733 §2.5). */
function fit(durationMs: number): number {
  return Math.min(Math.max(durationMs, 40), 5000);
}

function otherSide(side: Side): Side {
  return side === 'caller' ? 'callee' : 'caller';
}
