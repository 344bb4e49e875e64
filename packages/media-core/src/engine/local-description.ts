import { StrowgerError, type Random } from '@strowger/runtime';
import {
  applyAnswer,
  type CodecDescription,
  type IceDescription,
  type LineDestination,
  type LocalSecurity,
  type MediaDescription,
  type MediaDirection,
  negotiateAnswer,
  type Negotiated,
  type NegotiatedMedia,
  type NegotiatedRelay,
  passableLines,
  readDescription,
  relayAnswer,
  type RelayLocal,
  relayOffer,
  type Sdp,
  SdpContext,
  type SdpContextMedia,
  type SdpRefused,
} from '../sdp/index.ts';
import { findDestination } from '../sdp/negotiated-media.ts';
import { findAudio, isSwitchedOff } from '../sdp/audio-line.ts';
import type { SecurityContext } from '../sdp/srtp-negotiation.ts';
import type { RemotePolicy } from './remote-policy.ts';

/** What stays the same in all descriptions of an endpoint. */
export interface LocalDescriptionOptions {
  address: string;
  /** Ours for RTP, once it is bound. */
  port: () => number | undefined;
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

/** Stands in a description that nobody gets to see: there are no ports yet (RFC 863). */
const TRIED_OUT_PORT = 9;

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

/**
 * The offers and answers of one endpoint: one origin, our keys, and the rules of where media may
 * go. Rejects by throwing `MEDIA_NOT_ACCEPTABLE`, which is a 488, and `MEDIA_WRONG_STATE`.
 */
export class LocalDescription {
  readonly context = new SdpContext();
  private readonly fixed: Omit<SdpContextMedia, 'codecs' | 'direction' | 'port'>;
  private readonly port: () => number | undefined;
  private readonly remotes: RemotePolicy;
  private readonly ice: (() => IceDescription) | undefined;

  constructor(options: LocalDescriptionOptions) {
    const { random, remotes, ice, port, security, ptimeMs, ...fixed } = options;
    this.port = port;
    this.remotes = remotes;
    this.ice = ice;
    this.fixed = {
      ...fixed,
      sessionId: String(random.uint32()),
      ...(security && { security }),
      ...(ptimeMs !== undefined && { ptimeMs }),
      // whoever speaks ICE is a browser, or does as they do: one port, and a profile with feedback
      ...(ice && { rtcpMux: true, feedback: true, rtcpReducedSize: true }),
      voipMetrics: true,
    };
  }

  offer(wanted: Wanted): Sdp {
    return this.context.createOffer(this.media(wanted));
  }

  /** Whether `answer` would give one; takes no port and changes nothing. */
  assertAnswerable(offer: Sdp, wanted: Wanted): void {
    const { version, earlier } = this.context;
    this.context.assertNoOffer();
    this.usable(negotiateAnswer({ offer, local: { ...this.media(wanted), version }, ...earlier }));
  }

  /** Our answer to `offer`, and what both make. */
  answer(offer: Sdp, wanted: Wanted): { answer: Sdp; media: NegotiatedMedia } {
    this.context.assertNoOffer();
    const local = this.media(wanted);
    const { earlier } = this.context;
    const answered = (version: number): { answer: Sdp; media: NegotiatedMedia } =>
      this.usable(negotiateAnswer({ offer, local: { ...local, version }, ...earlier }));
    const { media } = answered(this.context.version);
    this.context.receiveOffer(offer);
    const answer = this.context.sendAnswer(media, (version) => answered(version).answer);
    return { answer, media };
  }

  /** What our offer and their answer make. */
  agree(answer: Sdp): NegotiatedMedia {
    const { answerableOffer: offer, earlier } = this.context;
    const { media } = this.usable(applyAnswer({ offer, answer, ...earlier }));
    this.context.answered(answer, media);
    return media;
  }

  /** The offer that hands on what `offer`, which came in at `beyond`, says (see `relayOffer`). */
  relayedOffer(offer: Sdp, passing: Passing, beyond: LocalDescription): Sdp {
    return this.context.sendOffer((version) =>
      this.relayedOfferOf(offer, passing, { beyond, version }),
    );
  }

  /** Whether `relayedOffer` would give one; takes no port and changes nothing. */
  assertRelayable(offer: Sdp, passing: Passing, beyond: LocalDescription): void {
    this.relayedOfferOf(offer, passing, { beyond, version: this.context.version });
  }

  /**
   * The answer that hands on what was answered at `beyond` (see `relayAnswer`): it completes the
   * round at both ends.
   */
  relayedAnswer(
    round: { offer: Sdp; answerFromB: Sdp },
    passing: Passing,
    beyond: LocalDescription,
  ): NegotiatedRelay {
    const { media: a } = this.context;
    const { media: b, answerableOffer: relayed } = beyond.context;
    const made = (version: number): NegotiatedRelay => {
      const local = this.relayed(passing, version);
      const agreed = { ...(a && { a }), ...(b && { b }) };
      const outcome = relayAnswer({ ...round, relayed, agreed, local });
      if (!outcome.ok) throw refused(outcome);
      this.assertPassable(outcome);
      return outcome;
    };
    const relay = made(this.context.version);
    const answer = this.context.sendAnswer(relay.a, (version) => made(version).answer);
    beyond.context.answered(round.answerFromB, relay.b);
    return { ...relay, answer };
  }

  /**
   * The audio line of an offer, as far as our security and policy let it be answered; `undefined`
   * where it switches the audio of this session off.
   */
  audioLine(offer: Sdp): MediaDescription | undefined {
    const read = readDescription(offer);
    if (!read.ok) throw refused(read);
    if (this.context.media && isSwitchedOff(read.description)) return undefined;
    const audio = findAudio(read.description, this.security);
    if (!audio.ok) throw refused(audio);
    const destination = findDestination(audio.line, this.ice !== undefined);
    if (!destination.ok) throw refused(destination);
    this.assertPermitted(destination.address);
    const { rtcp } = audio.line;
    if (rtcp?.address !== undefined) this.assertPermitted(rtcp.address);
    return audio.line;
  }

  /** Places of the lines of an offer that can pass beside audio. */
  passableLines(offer: Sdp): number[] {
    const read = readDescription(offer);
    if (!read.ok) return [];
    const audio = findAudio(read.description, this.security);
    return audio.ok ? passableLines(read.description, audio.index) : [];
  }

  private get security(): SecurityContext {
    return { security: this.fixed.security, agreed: this.context.media?.security };
  }

  private media(wanted: Wanted): SdpContextMedia {
    return { ...this.current, ...wanted };
  }

  private relayedOfferOf(
    offer: Sdp,
    passing: Passing,
    { beyond, version }: { beyond: LocalDescription; version: number },
  ): Sdp {
    const local = this.relayed(passing, version);
    const { earlier } = this.context;
    const made = relayOffer({ offer, local, offerer: beyond.security, ...earlier });
    if (!made.ok) throw refused(made);
    return made.offer;
  }

  private relayed({ codecs, ...passing }: Passing, version: number): RelayLocal {
    return { ...this.current, ...passing, version, ...(codecs && { codecs }) };
  }

  private get current(): Omit<SdpContextMedia, 'codecs' | 'direction'> {
    const port = this.port() ?? TRIED_OUT_PORT;
    return { ...this.fixed, port, ...(this.ice && { ice: this.ice() }) };
  }

  private usable<T extends { media: NegotiatedMedia }>(outcome: Negotiated<T>): T {
    if (!outcome.ok) throw refused(outcome);
    this.assertAddresses(outcome.media.remote);
    return outcome;
  }

  private assertPassable({ a, b, lines }: NegotiatedRelay): void {
    for (const { remote } of [a, b]) this.assertAddresses(remote);
    for (const line of lines) for (const end of [line.a, line.b]) this.assertAddresses(end);
  }

  /** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` where media may not go there. */
  assertAddresses({ address, rtcp }: LineDestination): void {
    this.assertPermitted(address);
    this.assertPermitted(rtcp.address);
  }

  /** Host names are not resolved for media: no packet may wait for DNS. */
  private assertPermitted(address: string): void {
    if (this.remotes.permits(address)) return;
    throw notAcceptable(`media does not go to ${address}`);
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
