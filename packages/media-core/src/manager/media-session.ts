import { StrowgerError } from '@strowger/runtime';
import type { MediaEndpoint } from '../engine/media-backend.ts';
import type { RtpStream } from '../engine/rtp-stream.ts';
import type { MediaConfig, MediaDirection, PayloadFormat } from '../sdp/index.ts';
import type { MediaSessionId } from './media-event.ts';

/** What may be done with the audio of a media session. */
export type MediaAudio = Pick<
  MediaEndpoint,
  'play' | 'record' | 'sendDigits' | 'echo' | 'audioIn' | 'audioOut' | 'stats'
>;

/** Where the RTP of a media session is, and how it runs. Plain data. */
export interface RtpStreamInfo {
  readonly mediaSessionId: MediaSessionId;
  readonly state: MediaSessionPhase;
  /** What a description of ours says: `m=`, `c=`; RTCP is on the port above. */
  readonly local: { readonly address: string; readonly port: number };
  /** Our synchronisation source at first, and its name (RFC 3550 §6.5.1). */
  readonly ssrc: number;
  readonly cname: string;
  /** Absent until something was agreed. */
  readonly remote?: { readonly address: string; readonly port: number };
  readonly send?: PayloadFormat;
  readonly direction: MediaDirection;
}

/** `reserved`: ports are bound. `configured`: it is known how RTP shall run. `active`: it runs. */
export type MediaSessionPhase = 'reserved' | 'configured' | 'active';

/** @internal One media session: its stream, and how far it has come. */
export class MediaSession {
  readonly id: MediaSessionId;
  readonly stream: RtpStream;
  /** The application's name of the session that it was started for. */
  sessionId: string | undefined;
  private config: MediaConfig | undefined;

  constructor(id: MediaSessionId, stream: RtpStream) {
    this.id = id;
    this.stream = stream;
  }

  get state(): MediaSessionPhase {
    if (this.sessionId !== undefined) return 'active';
    return this.config === undefined ? 'reserved' : 'configured';
  }

  get info(): RtpStreamInfo {
    const { config, stream, state } = this;
    return {
      mediaSessionId: this.id,
      state,
      local: stream.local,
      ssrc: stream.ssrc,
      cname: stream.cname,
      ...(config && {
        remote: { address: config.remote.address, port: config.remote.port },
        send: config.send,
      }),
      direction: state === 'active' && config ? config.direction : 'inactive',
    };
  }

  /** Takes what was agreed; a session that runs takes it at its next start or turn. */
  assign(config: MediaConfig): void {
    this.config = config;
  }

  /** Runs as it was agreed; again, where something else was agreed meanwhile. */
  async start(sessionId: string): Promise<MediaConfig> {
    const { config } = this;
    if (config === undefined) throw wrongState('no media was agreed for it yet');
    if (this.sessionId !== undefined && this.sessionId !== sessionId) {
      throw wrongState(`it runs for session ${this.sessionId}`);
    }
    await this.stream.configure(config);
    this.sessionId = sessionId;
    return config;
  }

  async turn(direction: MediaDirection): Promise<void> {
    if (this.config === undefined || this.sessionId === undefined)
      throw wrongState('it is not active');
    const config = { ...this.config, direction };
    await this.stream.configure(config);
    this.config = config;
  }
}

function wrongState(why: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', `The media session cannot do that: ${why}`);
}
