import { refusedBy } from './refused-input.ts';

/** @internal What a mute needs of its session. */
export interface SessionMuteOptions {
  readonly isMuted: boolean;
  /** Whether the session is not over. */
  isLive(): boolean;
  /** Silences media, wherever it is and comes to be, or gives it its voice back. */
  silence(silent: boolean): Promise<void>;
  onChange(isMuted: boolean): void;
}

/**
 * @internal Whether the peer hears silence of us. Music that it is put on hold with is heard all the
 * same: it stands in the place of what we say, and that stays unheard.
 */
export class SessionMute {
  private readonly options: SessionMuteOptions;
  private isAsked: boolean;
  private hasMusic = false;
  private told: boolean;

  constructor(options: SessionMuteOptions) {
    this.options = options;
    this.isAsked = options.isMuted;
    this.told = options.isMuted;
  }

  /** As the peer hears it now. */
  get isMuted(): boolean {
    return this.told;
  }

  /** Rejects with `SESSION_STATE` after the end, and with what media says; then it is as it was. */
  async set(isMuted: boolean): Promise<void> {
    if (!this.options.isLive()) {
      const input = isMuted ? 'mute' : 'unmute';
      throw refusedBy('SESSION_STATE', { input, state: 'terminated', allowed: [] });
    }
    this.isAsked = isMuted;
    try {
      await this.follow();
    } catch (error) {
      if (this.isAsked === isMuted) {
        this.isAsked = this.told;
        await this.follow().catch(() => {}); // it never left that
      }
      throw error;
    }
    if (this.told === isMuted || this.isAsked !== isMuted) return;
    this.told = isMuted;
    this.options.onChange(isMuted);
  }

  /** Music begins, or has ended. Never rejects: media that fails here fails elsewhere as well. */
  async play(hasMusic: boolean): Promise<void> {
    this.hasMusic = hasMusic;
    await this.follow().catch(() => {});
  }

  private follow(): Promise<void> {
    return this.options.silence(this.isAsked && !this.hasMusic);
  }
}
