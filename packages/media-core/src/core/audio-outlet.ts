import { type Clock, StrowgerError } from '@strowger/runtime';
import { openSource } from './audio-sources.ts';
import type { Cleared, CoreError, MarkOutcome, PlayCommand } from './core-api.ts';
import type { PlayItem } from './player.ts';
import { PushedSource } from './pushed-source.ts';
import type { Speaker } from './speaker.ts';

/** What a program wants an endpoint's speaker to do. */
export class AudioOutlet {
  private readonly speaker: Speaker;
  private readonly clock: Clock;
  private readonly fed = new Map<number, PushedSource>();

  constructor(speaker: Speaker, clock: Clock) {
    this.speaker = speaker;
    this.clock = clock;
  }

  /** Rejects where the source cannot be opened, or is not one. */
  async play(command: PlayCommand): Promise<void> {
    const { play, gain, queue, durationMs = Number.POSITIVE_INFINITY } = command;
    assertPlayable(command);
    const { player } = this.speaker;
    const item = { play, gain, limitMs: durationMs, from: this.source(command) };
    await (queue ? player.append(item) : player.replace(item));
  }

  stop(play: number): void {
    this.speaker.player.stop(play);
    this.speaker.marks.check();
  }

  pause(play: number, isPaused: boolean): void {
    this.speaker.player.pause(play, isPaused);
  }

  /** Resolves when there is room for more; `false` where it is not wanted any more. */
  async feed(play: number, samples: Int16Array, sampleRate: number): Promise<boolean> {
    return (await this.fed.get(play)?.push(samples, sampleRate)) ?? false;
  }

  finishFeeding(play: number, error: CoreError | undefined): void {
    this.fed.get(play)?.end(error);
  }

  async say(samples: Int16Array, sampleRate: number): Promise<void> {
    await this.speaker.spoken.push(samples, sampleRate);
  }

  async finishSaying(discard: boolean): Promise<void> {
    const { spoken } = this.speaker;
    if (discard) return this.speaker.forgetSaid();
    spoken.finish();
    await spoken.drained();
  }

  mark(name: string): Promise<MarkOutcome> {
    return this.speaker.marks.add(name);
  }

  clear(): Cleared {
    return this.speaker.clear();
  }

  private source({ play, source, loop }: PlayCommand): PlayItem['from'] {
    const { clock } = this;
    if (source.type !== 'pushed') {
      return (sampleRate) => openSource(source, { clock, sampleRate, loop });
    }
    const pushed = new PushedSource(this.speaker.player.sampleRate, () => this.fed.delete(play));
    this.fed.set(play, pushed);
    return pushed;
  }
}

/** @throws StrowgerError `MEDIA_BAD_PLAY` where the numbers make no sense. */
function assertPlayable({ loop, gain, durationMs = 1, source }: PlayCommand): void {
  const isOften = loop === true || (typeof loop === 'number' && loop > 1);
  if (source.type === 'pushed' && isOften) {
    throw new StrowgerError('MEDIA_BAD_PLAY', 'A stream is played once');
  }
  const isLoop = typeof loop === 'boolean' || (Number.isInteger(loop) && loop >= 1);
  if (isLoop && gain >= 0 && gain <= 16 && durationMs > 0) return;
  const message = 'loop is true or how often, from 1; gain is 0 to 16; durationMs is above 0';
  throw new StrowgerError('MEDIA_BAD_PLAY', message);
}
