import { StrowgerError } from '@strowger/runtime';
import type { EndpointRtp, MediaEndpoint, MediaEndpointEvent } from '../engine/media-backend.ts';
import type { RtpStream } from '../engine/rtp-stream.ts';
import type { MediaConfig, MediaDirection, PayloadFormat, Sdp } from '../sdp/index.ts';
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
  /**
   * What a description of ours says: `m=`, `c=`; RTCP is on the port above. An endpoint that has made no
   * description has no port yet: 0.
   */
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

/** Media that was agreed elsewhere, and whom it is for. */
export interface Adoption {
  readonly config: MediaConfig;
  readonly local: Sdp;
  readonly remote: Sdp;
  readonly sessionId: string;
  listener(event: MediaEndpointEvent): void;
}

/** @internal One media session: its stream, and how far it has come. */
export class MediaSession {
  readonly id: MediaSessionId;
  readonly stream: RtpStream;
  /** The application's name of the session that it was started for. */
  sessionId: string | undefined;
  /** Who hears what its stream tells besides the manager. */
  listener: ((event: MediaEndpointEvent) => void) | undefined;
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
    const { local, ssrc, cname } = stream;
    return infoOf(this.id, state, { local, ssrc, cname, ...(config && { agreed: config }) });
  }

  /** Takes what was agreed; a session that runs takes it at its next start or turn. */
  assign(config: MediaConfig): void {
    this.config = config;
  }

  /** Runs as two descriptions say, and lets its endpoint negotiate on from there. */
  async adopt({ config, sessionId, listener, ...round }: Adoption): Promise<void> {
    if (this.sessionId !== undefined) throw wrongState(`it runs for session ${this.sessionId}`);
    const before = this.config;
    // what comes at once is heard
    Object.assign(this, { config, sessionId, listener });
    try {
      await this.stream.adopt({ ...round, media: config });
    } catch (error) {
      Object.assign(this, { config: before, sessionId: undefined, listener: undefined });
      throw error;
    }
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

/** @internal A media session as plain data. */
export function infoOf(
  mediaSessionId: MediaSessionId,
  state: MediaSessionPhase,
  { ssrc, cname, local = NOWHERE, agreed }: EndpointRtp,
): RtpStreamInfo {
  return {
    mediaSessionId,
    state,
    local,
    ssrc,
    cname,
    ...(agreed && {
      remote: { address: agreed.remote.address, port: agreed.remote.port },
      send: agreed.send,
    }),
    direction: state === 'active' && agreed ? agreed.direction : 'inactive',
  };
}

/** No port is bound yet: the first description of an endpoint needs one. */
const NOWHERE = { address: '', port: 0 };

function wrongState(why: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', `The media session cannot do that: ${why}`);
}
