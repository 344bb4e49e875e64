import { StrowgerError, type Random } from '@strowger/runtime';
import {
  applyAnswer,
  type CodecDescription,
  createOffer,
  type EarlierRounds,
  type IceDescription,
  type LocalSecurity,
  type LocalMedia,
  type MediaDirection,
  negotiateAnswer,
  type Negotiated,
  type NegotiatedMedia,
  type NegotiatedRelay,
  passableLines,
  relayAnswer,
  type RelayLocal,
  relayOffer,
  type MediaDescription,
  type Sdp,
  type SdpRefused,
  readDescription,
} from '../sdp/index.ts';
import { findAudio } from '../sdp/negotiated-media.ts';
import { isSwitchedOff } from '../sdp/offer-answer.ts';
import type { SecurityContext } from '../sdp/srtp-negotiation.ts';
import type { RemotePolicy } from './remote-policy.ts';

/** What stays the same in all descriptions of an endpoint. */
export interface LocalDescriptionOptions {
  address: string;
  port: number;
  random: Random;
  /** Where media may go. */
  remotes: RemotePolicy;
  /** Keys and policy; absent where nothing is encrypted. */
  security?: LocalSecurity | undefined;
  /** Our end of ICE as it is at the time of a description; absent without ICE. */
  ice?: (() => IceDescription) | undefined;
  /** Milliseconds per packet that we like to receive. */
  ptimeMs?: number | undefined;
  /** Told to browsers, which tell streams apart by them. */
  ssrc?: number;
  cname?: string;
}

/** What a description says this time. */
export interface Wanted {
  codecs: readonly CodecDescription[];
  direction: MediaDirection;
}

/** What may pass a relay. */
export interface Passing {
  /** Encoding names; all where it is absent. */
  codecs: readonly { name: string }[] | undefined;
  direction: MediaDirection;
  /** Our ports for lines beside audio, by their places. */
  linePorts: ReadonlyMap<number, number>;
}

/** Writes the descriptions of one endpoint: one origin, versions that count changes (RFC 3264 §8). */
export class LocalDescription {
  /** Of the last round that both sides agreed in. */
  agreed: NegotiatedMedia | undefined;
  private readonly fixed: Omit<LocalMedia, 'version' | 'codecs' | 'direction'>;
  private readonly remotes: RemotePolicy;
  private readonly ice: (() => IceDescription) | undefined;
  private version = 1;
  private last: Sdp | undefined;

  constructor({ random, remotes, ice, security, ptimeMs, ...fixed }: LocalDescriptionOptions) {
    this.remotes = remotes;
    this.ice = ice;
    this.fixed = {
      ...fixed,
      sessionId: String(random.uint32()),
      ...(security && { security }),
      ...(ptimeMs !== undefined && { ptimeMs }),
    };
  }

  offer(wanted: Wanted): Sdp {
    return this.write((version) => createOffer(this.media(wanted, version), this.earlier));
  }

  /** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` where nothing fits. */
  answer(offer: Sdp, wanted: Wanted): { answer: Sdp; media: NegotiatedMedia } {
    const answered = (version: number): { answer: Sdp; media: NegotiatedMedia } =>
      this.usable(
        negotiateAnswer({ offer, local: this.media(wanted, version), ...this.agreedBefore }),
      );
    const { media } = answered(this.version);
    const answer = this.write((version) => answered(version).answer);
    this.agreed = media;
    return { answer, media };
  }

  /** The offer that hands on what `offer`, which came in at `beyond`, says (see `relayOffer`). */
  relayedOffer(offer: Sdp, passing: Passing, beyond: LocalDescription): Sdp {
    const derived = (version: number): Sdp => {
      const local = this.relayed(passing, version);
      const made = relayOffer({ offer, local, offerer: beyond.security, ...this.earlier });
      if (!made.ok) throw refused(made);
      return made.offer;
    };
    return this.write(derived);
  }

  /** The answer that hands on what was answered at `beyond` (see `relayAnswer`). */
  relayedAnswer(
    round: { offer: Sdp; relayed: Sdp; answerFromB: Sdp },
    passing: Passing,
    beyond: LocalDescription,
  ): NegotiatedRelay {
    const agreed = {
      ...(this.agreed && { a: this.agreed }),
      ...(beyond.agreed && { b: beyond.agreed }),
    };
    const made = (version: number): NegotiatedRelay => {
      const relayed = relayAnswer({ ...round, agreed, local: this.relayed(passing, version) });
      if (!relayed.ok) throw refused(relayed);
      this.assertAddresses(relayed.a);
      this.assertAddresses(relayed.b);
      for (const { a, b } of relayed.lines) {
        for (const { address, rtcp } of [a, b]) {
          this.assertPermitted(address);
          this.assertPermitted(rtcp.address);
        }
      }
      return relayed;
    };
    const relayed = made(this.version);
    const answer = this.write((version) => made(version).answer);
    this.agreed = relayed.a;
    beyond.agreed = relayed.b;
    return { ...relayed, answer };
  }

  /**
   * The audio line of an offer, as far as our security and policy let it be answered; `undefined`
   * where it switches the audio of this session off. @throws StrowgerError `MEDIA_NOT_ACCEPTABLE`.
   */
  audioLine(offer: Sdp): MediaDescription | undefined {
    const read = readDescription(offer);
    if (!read.ok) throw refused(read);
    if (this.agreed && isSwitchedOff(read.description)) return undefined;
    const audio = findAudio(read.description, this.security);
    if (!audio.ok) throw refused(audio);
    this.assertReachable(audio.line);
    return audio.line;
  }

  /** Places of the lines of an offer that can pass beside audio. */
  passableLines(offer: Sdp): number[] {
    const read = readDescription(offer);
    if (!read.ok) return [];
    const audio = findAudio(read.description, this.security);
    return audio.ok ? passableLines(read.description, audio.index) : [];
  }

  /** What our offer and their answer make. @throws StrowgerError `MEDIA_NOT_ACCEPTABLE`. */
  agree(offer: Sdp, answer: Sdp): NegotiatedMedia {
    const { media } = this.usable(applyAnswer({ offer, answer, ...this.agreedBefore }));
    this.agreed = media;
    return media;
  }

  private get security(): SecurityContext {
    return { security: this.fixed.security, agreed: this.agreed?.security };
  }

  private assertReachable({ connections, rtcp }: MediaDescription): void {
    const [first] = connections;
    if (first !== undefined) this.assertPermitted(first.address);
    if (rtcp?.address !== undefined) this.assertPermitted(rtcp.address);
  }

  private relayed({ codecs, ...passing }: Passing, version: number): RelayLocal {
    return { ...this.fixed, ...this.currentIce, ...passing, version, ...(codecs && { codecs }) };
  }

  private media(wanted: Wanted, version: number): LocalMedia {
    return { ...this.fixed, ...this.currentIce, ...wanted, version };
  }

  private get currentIce(): Pick<LocalMedia, 'ice'> {
    return this.ice ? { ice: this.ice() } : {};
  }

  private get earlier(): EarlierRounds {
    return { ...(this.last !== undefined && { previous: this.last }), ...this.agreedBefore };
  }

  private get agreedBefore(): Pick<EarlierRounds, 'agreed'> {
    return this.agreed ? { agreed: this.agreed } : {};
  }

  private usable<T extends { media: NegotiatedMedia }>(outcome: Negotiated<T>): T {
    if (!outcome.ok) throw refused(outcome);
    this.assertAddresses(outcome.media);
    return outcome;
  }

  private assertAddresses({ remote }: NegotiatedMedia): void {
    this.assertPermitted(remote.address);
    this.assertPermitted(remote.rtcp.address);
  }

  /** Host names are not resolved for media: no packet may wait for DNS. */
  private assertPermitted(address: string): void {
    if (this.remotes.permits(address)) return;
    throw notAcceptable(`media does not go to ${address}`);
  }

  /** A description like the last one keeps its version; any other has the next. */
  private write(describe: (version: number) => Sdp): Sdp {
    let description = describe(this.version);
    if (this.last !== undefined && description !== this.last) {
      description = describe(++this.version);
    }
    this.last = description;
    return description;
  }
}

function refused({ reason }: SdpRefused): StrowgerError {
  return notAcceptable(`${reason.message} (${reason.section})`);
}

export function notAcceptable(message: string): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
}

export function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
