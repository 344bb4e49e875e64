import { StrowgerError } from '@strowger/runtime';
import type { CodecDescription, NegotiatedMedia, Sdp } from '../sdp/index.ts';
import type { CoreEndpoint, Place } from './core-endpoint.ts';
import type { LocalDescription } from './local-description.ts';
import type { LocalEndpoint } from './local-endpoint.ts';

/** What a stream is made of. */
export interface RtpStreamParts {
  readonly endpoint: LocalEndpoint;
  readonly core: CoreEndpoint;
  readonly description: LocalDescription;
  readonly local: Place;
  readonly identity: { readonly ssrc: number; readonly cname: string };
  /** Which of the engine's workers it is in. */
  readonly host: object;
  /** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` where media may not go there. */
  assertPermitted(media: NegotiatedMedia): void;
  /** Of a codec's PCM, in Hz. */
  sampleRateOf(codec: CodecDescription): number;
}

/** An RTP endpoint whose negotiation is the program's own: what was agreed is handed in. */
export class RtpStream {
  /** Plays, records, listens and speaks; it negotiates only after `adopt`. */
  readonly endpoint: LocalEndpoint;
  readonly ssrc: number;
  readonly cname: string;
  private readonly parts: RtpStreamParts;

  constructor(parts: RtpStreamParts) {
    this.parts = parts;
    this.endpoint = parts.endpoint;
    this.ssrc = parts.identity.ssrc;
    this.cname = parts.identity.cname;
  }

  /** Where RTP is taken; RTCP on the next port. */
  get local(): Place {
    return this.parts.local;
  }

  /** Of the PCM of what it sends, in Hz; 8000 before anything was agreed. */
  get sampleRate(): number {
    const { core, sampleRateOf } = this.parts;
    return core.agreed ? sampleRateOf(core.agreed.send.codec) : 8000;
  }

  /**
   * From now on it sends and receives so. Rejects with `MEDIA_UNSUPPORTED` for keys by DTLS: a
   * stream has no certificate that a description could have told of.
   */
  async configure(media: NegotiatedMedia): Promise<void> {
    if (media.security.kind === 'dtls') {
      throw new StrowgerError('MEDIA_UNSUPPORTED', 'A stream has no keys by DTLS');
    }
    this.parts.assertPermitted(media);
    await this.parts.core.configure(media);
  }

  /**
   * Runs as two descriptions say that the program has exchanged; from then on offers and answers of its
   * endpoint go on where those ended. Rejects as `configure`.
   */
  async adopt(round: {
    readonly local: Sdp;
    readonly remote: Sdp;
    readonly media: NegotiatedMedia;
  }): Promise<void> {
    await this.configure(round.media);
    this.parts.description.adopt(round);
  }

  /** Whether packets can go on at `other` as they are: same worker, and codecs that both have. */
  canRelayTo(other: RtpStream): boolean {
    return (
      this.parts.host === other.parts.host && this.payloadsTo(other).some(({ voice }) => voice)
    );
  }

  /** What comes here goes out at `other` from now on, undecoded, in place of what it would send. */
  async relayTo(other: RtpStream): Promise<void> {
    const { core } = this.parts;
    const payloads = this.payloadsTo(other).map(({ from, to }) => ({ from, to }));
    await core.api.relay({ from: core.id, to: other.parts.core.id, payloads });
  }

  /** Both play and hear by themselves again. */
  async endRelay(): Promise<void> {
    const { core } = this.parts;
    if (!core.hasEnded) await core.api.endRelay({ from: core.id });
  }

  private payloadsTo(other: RtpStream) {
    const [here, there] = [this.parts.core.agreed, other.parts.core.agreed];
    if (here === undefined || there === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'Both sides of a relay have to be started');
    }
    const events = here.telephoneEvent?.receive ?? [];
    return [...here.receive, ...events].flatMap(({ codec, payloadType: from }) => {
      const taken = there.sendable.find(
        (one) => one.codec.name === codec.name && one.codec.clockRate === codec.clockRate,
      );
      const voice = !['telephone-event', 'cn'].includes(codec.name);
      return taken === undefined ? [] : [{ from, to: taken.payloadType, voice }];
    });
  }
}
