import type { StrowgerError } from '@strowger/runtime';
import type {
  MediaDirection,
  MediaEndpoint,
  MediaSecurity,
  MediaSessionId,
  MediaStats,
  Sdp,
} from './media-backend.ts';
import type { QualityMetrics } from './quality-metrics.ts';
import { refusedBy } from './refused-input.ts';
import type { SessionMediaInput } from './session-media-table.ts';
import type { Descriptions, SessionShell } from './session-shell.ts';
import type { SessionMediaState } from './session-state.ts';

/** Where a session's RTP is, and how much of it has passed. */
export interface RtpStreamInfo {
  readonly local?: { readonly address: string; readonly port: number };
  readonly remote?: { readonly address: string; readonly port: number };
  readonly codec?: string;
  readonly ssrc?: number;
  readonly direction: MediaDirection;
  readonly packetsSent: number;
  readonly packetsReceived: number;
}

/**
 * The media of a session. What looks like a setter is for applications whose media is not behind
 * `MediaBackend`: an input to the session-media table, which refuses with `SESSION_MEDIA_STATE` what the
 * state does not allow, and says what it does.
 */
export abstract class SessionMedia {
  /** @internal */
  protected abstract readonly shell: SessionShell;
  private external: string | undefined;
  private externalMetrics: QualityMetrics | undefined;
  private externalInfo: RtpStreamInfo | undefined;

  get mediaState(): SessionMediaState {
    return this.shell.link.state;
  }

  get media(): MediaEndpoint | undefined {
    return this.shell.link.endpoint;
  }

  /**
   * How the media is protected: what was really agreed, whatever was wished. Undefined before the first
   * agreement, and where the backend cannot tell.
   */
  get mediaSecurity(): MediaSecurity | undefined {
    return this.shell.link.security;
  }

  /** Packets come in: `active`. */
  get hasActiveMedia(): boolean {
    return this.mediaState === 'active';
  }

  /** Offer and answer are complete: `configured`, `active` or `paused`. */
  get hasMediaConfigured(): boolean {
    return CONFIGURED.includes(this.mediaState);
  }

  /**
   * Opens media of ours and offers it by re-INVITE, as after `stopMedia`. Resolves when the peer
   * agreed; at once where there is media. Rejects with `SESSION_STATE` unless answered.
   */
  startMedia(): Promise<void> {
    return this.shell.startMedia();
  }

  /**
   * Takes media away from a call that goes on: offers `inactive`, and frees what the session opened.
   * Rejects with `CHANGE_REFUSED` where the peer does not agree. Throws `SESSION_STATE`.
   */
  async stopMedia(): Promise<void> {
    await this.pauseMedia();
    await this.shell.link.release();
  }

  /**
   * Applies a description of the peer that came another way than by its dialog: media goes where it
   * says, and this resolves with our answer, which the owner brings to the peer. Rejects with what
   * media says of it, and then nothing has changed. Throws `SESSION_STATE` unless answered and no
   * other negotiation is under way.
   */
  updateMedia(sdp: Sdp): Promise<Sdp> {
    return this.shell.describe(sdp);
  }

  /** @internal */
  setupMedia(descriptions: Descriptions): Promise<MediaSessionId> {
    return this.shell.setupMedia(descriptions);
  }

  /**
   * Frees what the session opened without a word to the peer, which knows already, or is gone; see
   * `stopMedia` for the other case. Offers that come later find media that is opened for them. Rejects
   * with `SESSION_STATE` as `updateMedia`.
   */
  tearDownMedia(): Promise<void> {
    return this.shell.tearDownMedia();
  }

  /** Offers `inactive`: nobody sends. Rejects with `CHANGE_REFUSED`. Throws `SESSION_STATE`. */
  pauseMedia(): Promise<void> {
    return this.shell.change({ direction: 'inactive' });
  }

  /** Offers both directions again. Rejects with `CHANGE_REFUSED`. Throws `SESSION_STATE`. */
  resumeMedia(): Promise<void> {
    return this.shell.change({ direction: 'sendrecv' });
  }

  /** An offer is being made, or one is being answered. */
  setMediaNegotiating(): void {
    this.inform('setMediaNegotiating', { type: 'negotiationStarted' });
  }

  /** Offer and answer are applied. */
  completeMediaNegotiation(direction: MediaDirection = 'sendrecv'): void {
    this.inform('completeMediaNegotiation', { type: 'negotiationCompleted', direction });
  }

  /** The first packet came. */
  confirmMediaActive(): void {
    this.inform('confirmMediaActive', { type: 'mediaStarted' });
  }

  /** Media cannot go on: the session ends, unless it can be had anew (`mediaRetries`). */
  handleMediaFailure(code: string, message = code): void {
    const { link } = this.shell;
    if (!link.allows('failed')) throw this.refusal('handleMediaFailure');
    link.take({ type: 'failed', code, message });
  }

  /** The name of this session's media: in its media manager, or where the application keeps it. */
  get mediaSessionId(): MediaSessionId | undefined {
    return this.media?.mediaSessionId ?? this.external;
  }

  /** What the peer described last: its offer, or its answer to ours. */
  get remoteDescription(): Sdp | undefined {
    return this.shell.link.remote;
  }

  /** Throws `SESSION_MEDIA_OWNED` where the session has media of its own. */
  setMediaSessionId(id: string | undefined): void {
    this.checkForeign('setMediaSessionId');
    this.external = id;
  }

  /** The last second's, where the backend measures it, or what was said by `updateMediaMetrics`. */
  get mediaMetrics(): QualityMetrics | undefined {
    return this.shell.link.quality ?? this.externalMetrics;
  }

  /** Throws `SESSION_MEDIA_OWNED` where the session has media of its own, which tells by itself. */
  updateMediaMetrics(metrics: QualityMetrics): void {
    this.checkForeign('updateMediaMetrics');
    this.externalMetrics = metrics;
  }

  /** Of the session's own media, or what was said by `setRtpStreamInfo`. */
  async rtpStreamInfo(): Promise<RtpStreamInfo | undefined> {
    const stats = await this.media?.stats().catch(() => undefined); // it is closed
    return stats === undefined ? this.externalInfo : infoOf(stats);
  }

  /** Throws `SESSION_MEDIA_OWNED` where the session has media of its own, which tells by itself. */
  setRtpStreamInfo(info: RtpStreamInfo | undefined): void {
    this.checkForeign('setRtpStreamInfo');
    this.externalInfo = info;
  }

  private inform(name: string, input: SessionMediaInput): void {
    if (!this.shell.link.inform(input)) throw this.refusal(name);
  }

  private refusal(name: string): StrowgerError {
    const { link } = this.shell;
    return refusedBy('SESSION_MEDIA_STATE', {
      input: name,
      state: link.state,
      allowed: link.allowed,
    });
  }

  private checkForeign(input: string): void {
    if (this.media === undefined) return;
    const state = `${this.mediaState} with media of the session's own`;
    throw refusedBy('SESSION_MEDIA_OWNED', { input, state, allowed: [] });
  }
}

const CONFIGURED: readonly SessionMediaState[] = ['configured', 'active', 'paused'];

function infoOf(stats: MediaStats): RtpStreamInfo {
  const { local, remote, codec, direction, packetsSent, packetsReceived } = stats;
  return {
    ...(local === undefined ? {} : { local }),
    ...(remote === undefined ? {} : { remote }),
    ...(codec === undefined ? {} : { codec }),
    direction,
    packetsSent,
    packetsReceived,
  };
}
