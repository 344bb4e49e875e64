import type { Logger } from '@strowger/runtime';
import { type MediaDirection, type NegotiatedMedia, sends } from '../sdp/index.ts';
import { passedOn } from '../sdp/hold.ts';
import type { AudioSource, Playback } from './media-capabilities.ts';

/** What the music of one end of a relay is made of. */
export interface HoldMusicOptions {
  /** Absent: nobody hears any. */
  readonly source: AudioSource | undefined;
  readonly logger: Logger;
  play(source: AudioSource): Playback;
}

/**
 * What the peer of one end of a relay hears as long as the other end's peer holds (RFC 5359 §2.3). Who was
 * never sent anything holds nobody: it pages, or plays an announcement.
 */
export class HoldMusic {
  private readonly options: HoldMusicOptions;
  private playback: Playback | undefined;
  /** Whether the other end's peer has taken media before. */
  private hasListened = false;

  constructor(options: HoldMusicOptions) {
    this.options = options;
  }

  /** Whether a hold of the other end's peer would be filled. */
  get isReady(): boolean {
    return this.options.source !== undefined && this.hasListened;
  }

  /** What an offer of our own accord says here, where this was agreed at the other end. */
  standing(direction: MediaDirection, beyond: MediaDirection): MediaDirection {
    return passedOn({ direction, fillsHold: this.isReady }, beyond);
  }

  /** What was agreed here, and at the other end: plays, or ends. */
  follow(here: NegotiatedMedia, beyond: NegotiatedMedia): void {
    if (sends(beyond.direction)) this.hasListened = true;
    const isHeard = this.isReady && !sends(beyond.direction) && sends(here.direction);
    if (!isHeard) return this.stop();
    if (this.playback === undefined) this.begin();
  }

  private begin(): void {
    const { source, play } = this.options;
    if (source === undefined) return;
    const playback = play(source);
    this.playback = playback;
    void this.watch(playback);
  }

  /** What breaks, or cannot be read, is logged; who holds is heard then. */
  private async watch(playback: Playback): Promise<void> {
    try {
      await playback.finished;
    } catch (error) {
      this.options.logger.warn({ err: error }, 'no music on hold');
    }
    if (this.playback === playback) this.playback = undefined;
  }

  private stop(): void {
    this.playback?.stop();
    this.playback = undefined;
  }
}
