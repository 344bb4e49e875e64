import { type Clock, nodeRuntime, StrowgerError } from '@strowger/runtime';
import type { Call } from '@strowger/sip-client';
import { Ear } from './ear.ts';
import type { Gathered, GatherRules } from './gather-table.ts';
import { Gathering } from './gathering.ts';
import { speak } from './mouth.ts';
import type { Utterance, Voice } from './utterance.ts';

/** What a conversation is given. */
export interface ConversationOptions {
  /** Who says words; without it, only what has a sound already can be said. */
  readonly voice?: Voice;
  /** Default: that of this machine. */
  readonly clock?: Clock;
}

/** What may cut something off: nothing, a digit, speech, or either. */
export type BargeIn = 'none' | 'digit' | 'speech' | 'any';

/** How something is said. */
export interface SayOptions {
  /** What silences it; default `none`. A digit that does is gathered next. */
  readonly bargeIn?: BargeIn;
}

/** What has become of what was said. */
export interface Said {
  /** How much of it has left, in milliseconds. */
  readonly playedMs: number;
  /** What has cut it off; absent where all of it was said. */
  readonly cutBy?: 'digit' | 'speech';
}

/** What is gathered, and for how long. */
export interface GatherOptions {
  /** What is said first. Times count from its end. */
  readonly prompt?: Utterance | readonly Utterance[];
  /**
   * Digits: at most so many (1 to 64, default 1), ended by one of the `endKeys` (default `#`) or by a
   * pause of `betweenMs` (default 3000). `false` (default): they wait for whoever gathers them.
   */
  readonly digits?:
    | false
    | { readonly most?: number; readonly endKeys?: string; readonly betweenMs?: number };
  /**
   * Whether speech is an answer: default `false`. It needs a client that listens for it:
   * `media: { speech: {} }`. After `longestMs` (default 30 000) it counts as ended.
   */
  readonly speech?: boolean | { readonly longestMs?: number };
  /** Whether digits and speech silence the prompt; default `true`. */
  readonly bargeIn?: boolean;
  /** How long nothing may come, in milliseconds; default 5000. */
  readonly timeoutMs?: number;
}

/**
 * A call, as a program talks in it: one thing after the other, each awaited. `say` and `gather`
 * reject with `CALL_ENDED` once the call is over, so that the program unwinds; with `STILL_TALKING`
 * while another one is under way; and with what a voice or a file fails with.
 */
export class Conversation {
  readonly call: Call;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
  private readonly ear: Ear;
  private readonly voice: Voice | undefined;
  private readonly clock: Clock;
  private isBusy = false;

  /** Listens from now on: to be made when the call comes, or is connected. */
  constructor(call: Call, { voice, clock = nodeRuntime().clock }: ConversationOptions = {}) {
    this.call = call;
    this.voice = voice;
    this.clock = clock;
    this.ear = new Ear(call);
    const over = new AbortController();
    this.signal = over.signal;
    const callEnded = (): void => {
      this.ear.close();
      over.abort(new StrowgerError('CALL_ENDED', 'the call is over'));
    };
    void call.ended.then(callEnded);
  }

  /** Says it; resolves when it has left, or was cut off. */
  say(
    what: Utterance | readonly Utterance[],
    { bargeIn = 'none' }: SayOptions = {},
  ): Promise<Said> {
    return this.alone(async () => {
      const speaking = speak(this.call, listOf(what), this.voice);
      let cutBy: Said['cutBy'];
      const cut = (by: 'digit' | 'speech'): void => {
        if (cutBy !== undefined || (bargeIn !== 'any' && bargeIn !== by)) return;
        cutBy = by;
        speaking.silence();
      };
      const stop = this.ear.attend(({ type }) => {
        if (type !== 'speechEnded') cut(type === 'digit' ? 'digit' : 'speech');
      });
      const callEnded = (): void => speaking.silence();
      this.signal.addEventListener('abort', callEnded);
      try {
        if (this.ear.hasDigits) cut('digit');
        if (this.ear.isHearing) cut('speech');
        const { playedMs } = await speaking.finished;
        this.signal.throwIfAborted();
        return { playedMs, ...(cutBy !== undefined && { cutBy }) };
      } finally {
        stop();
        this.signal.removeEventListener('abort', callEnded);
      }
    });
  }

  /**
   * Digits, speech, or nothing in time: whatever comes first. Digits that were typed ahead count.
   * Throws `BAD_GATHER` where nothing, or something impossible, is asked for.
   */
  gather(options: GatherOptions): Promise<Gathered> {
    const rules = rulesOf(options);
    return this.alone(() => {
      const { ear, clock, signal } = this;
      const { prompt: what } = options;
      const prompt = what === undefined ? what : speak(this.call, listOf(what), this.voice);
      return new Gathering({ rules, ear, clock, signal, prompt }).run();
    });
  }

  /** Forgets digits that were typed ahead. */
  forgetDigits(): void {
    this.ear.forget();
  }

  /** Resolves when the call is over. */
  hangUp(): Promise<void> {
    return this.call.hangUp();
  }

  private async alone<T>(talk: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    if (this.isBusy) throw new StrowgerError('STILL_TALKING', 'say and gather follow each other');
    this.isBusy = true;
    try {
      return await talk();
    } catch (error) {
      this.signal.throwIfAborted(); // what failed, failed because the call is over
      throw error;
    } finally {
      this.isBusy = false;
    }
  }
}

function listOf(what: Utterance | readonly Utterance[]): readonly Utterance[] {
  return isList(what) ? what : [what];
}

/** `Array.isArray` does not know lists that are only read. */
function isList(what: Utterance | readonly Utterance[]): what is readonly Utterance[] {
  return Array.isArray(what);
}

function rulesOf(options: GatherOptions): GatherRules {
  const { digits = false, speech = false, bargeIn = true, timeoutMs = 5000 } = options;
  const { most = 1, endKeys = '#', betweenMs = 3000 } = digits === false ? { most: 0 } : digits;
  const { longestMs = 30_000 } = typeof speech === 'boolean' ? {} : speech;
  if (digits === false && speech === false) {
    throw new StrowgerError('BAD_GATHER', 'digits, speech or both are to be gathered');
  }
  if (digits !== false && !(Number.isInteger(most) && most >= 1 && most <= 64)) {
    throw new StrowgerError('BAD_GATHER', `1 to 64 digits are gathered, not ${most}`);
  }
  return {
    most,
    endKeys,
    speech: speech !== false,
    bargeIn,
    timeoutMs,
    betweenDigitsMs: betweenMs,
    longestSpeechMs: longestMs,
  };
}
