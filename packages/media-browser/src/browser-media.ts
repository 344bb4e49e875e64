import { type Clock, StrowgerError } from '@strowger/runtime';
import type {
  EndpointRequest,
  MediaBackend,
  MediaConference,
  MediaEndpoint,
} from '@strowger/session-core';
import { BrowserEndpoint } from './browser-endpoint.ts';
import { CallAudio } from './call-audio.ts';
import { closed, failed, unsupported } from './media-errors.ts';
import { Microphone, type MicrophoneSource } from './microphone.ts';
import { loadProcessors } from './voice-worklet.ts';

/** What the media of a page is made of. */
export interface BrowserMediaOptions {
  readonly clock: Clock;
  /**
   * Whose voice is sent: the default device (`true`, the default), one with constraints, a stream of
   * your own, or nobody's (`false`). A device is asked for with the first call, and given back with
   * the last.
   */
  readonly microphone?: MicrophoneSource;
  /** Whether the other side is heard: by the default device (the default), by another, or not. */
  readonly speaker?: boolean | string;
  /** STUN and TURN servers. Default none. */
  readonly iceServers?: readonly RTCIceServer[];
  /** `relay`: media goes by TURN servers alone, which hides the user's address. Default `all`. */
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** How long candidates are gathered at most, in milliseconds: descriptions hold them. Default 1000. */
  readonly gatherMs?: number;
  /** In order of preference, such as `opus`, `pcmu`; default: the browser's. */
  readonly codecs?: readonly string[];
  /** Silence after which `timeout` is told, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
}

/**
 * `RTCPeerConnection` as the media backend of a web page: DTLS-SRTP and ICE always. What browsers
 * cannot do rejects with `MEDIA_UNSUPPORTED`: media in the clear and keys by SDES, relays,
 * conferences, recording into files, playing files of the machine. Digits that come as RFC 4733
 * events are not shown to pages; those by INFO are the session's.
 */
export class BrowserMedia implements MediaBackend {
  private readonly options: BrowserMediaOptions;
  private readonly microphone: Microphone;
  private readonly endpoints = new Set<BrowserEndpoint>();
  private context: AudioContext | undefined;
  private isClosed = false;

  constructor(options: BrowserMediaOptions) {
    this.options = options;
    this.microphone = new Microphone(options.microphone ?? true);
  }

  /**
   * Asks for the microphone. Rejects with `MEDIA_NO_MICROPHONE`, `MEDIA_CLOSED`,
   * `MEDIA_UNSUPPORTED` where media shall be in the clear, or keys stand in descriptions, and
   * `MEDIA_FAILED` with the browser's error as `cause` where it refuses.
   */
  async openEndpoint(request: EndpointRequest): Promise<BrowserEndpoint> {
    if (this.isClosed) throw closed();
    if (request.srtp === 'off') throw unsupported('send media in the clear');
    if (request.keying?.includes('dtls') === false)
      throw unsupported('take keys from descriptions');
    if (request.ice === 'off') throw unsupported('do without ICE');
    const microphone = await this.microphone.acquire();
    try {
      const context = await this.audioContext();
      if (this.isClosed) throw closed();
      return this.open(request, context, microphone);
    } catch (error) {
      this.microphone.release();
      throw failed(error);
    }
  }

  /** Rejects with `MEDIA_UNSUPPORTED`: a browser relays nothing. */
  openRelay(): Promise<{ a: MediaEndpoint; b: MediaEndpoint }> {
    return Promise.reject(unsupported('relay media'));
  }

  /** Rejects with `MEDIA_UNSUPPORTED`. */
  openConference(): Promise<MediaConference> {
    return Promise.reject(unsupported('mix a conference'));
  }

  /** Rejects with `MEDIA_UNSUPPORTED`. */
  openRecordingFeed(): Promise<MediaEndpoint> {
    return Promise.reject(unsupported('feed a recording server'));
  }

  usage(): { endpoints: number; ports: number } {
    const ports = [...this.endpoints].reduce((sum, one) => sum + one.ports, 0);
    return { endpoints: this.endpoints.size, ports };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.endpoints].map((one) => one.close()));
    const { context } = this;
    this.context = undefined;
    await context?.close();
  }

  private open(
    request: EndpointRequest,
    context: AudioContext,
    microphone: MediaStream | undefined,
  ): BrowserEndpoint {
    const { options } = this;
    const { clock, speaker = true, gatherMs = 1000, timeoutMs = 30_000, codecs } = options;
    const audio = new CallAudio({ context, microphone, speaker });
    const connection = this.connection(audio);
    const endpoint = new BrowserEndpoint({
      request: { ...(codecs && { codecs }), ...request },
      connection,
      audio,
      clock,
      gatherMs,
      timeoutMs,
      onGone: () => {
        this.endpoints.delete(endpoint);
        this.microphone.release();
      },
    });
    this.endpoints.add(endpoint);
    return endpoint;
  }

  /** Where the browser refuses it, its audio ends with it. */
  private connection(audio: CallAudio): RTCPeerConnection {
    const { iceServers = [], iceTransportPolicy = 'all' } = this.options;
    try {
      return new RTCPeerConnection({
        iceServers: [...iceServers],
        iceTransportPolicy,
        rtcpMuxPolicy: 'require',
      });
    } catch (error) {
      audio.close();
      throw error;
    }
  }

  /** One for all calls. Where the page may play nothing yet, the user's next gesture wakes it. */
  private async audioContext(): Promise<AudioContext> {
    this.context ??= new AudioContext({ latencyHint: 'interactive', sampleRate: 48_000 });
    const { context } = this;
    await loadProcessors(context);
    if (context.state === 'suspended') void context.resume();
    return context;
  }
}

/** The streams, mute and volume of a call. Throws `NO_MEDIA` where the call has none of a browser. */
export function callAudio(call: { readonly session: { readonly media?: unknown } }): CallAudio {
  const { media } = call.session;
  if (media instanceof BrowserEndpoint) return media.audio;
  throw new StrowgerError('NO_MEDIA', 'this call has no audio of a browser, or not yet');
}
