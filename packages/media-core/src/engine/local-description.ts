import { isIP } from 'node:net';
import { StrowgerError, type Random } from '@strowger/runtime';
import {
  applyAnswer,
  type CodecDescription,
  type IceCandidate,
  type IceDescription,
  isIceRestart,
  type LocalMedia,
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
  readTrickleFragment,
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
  /** Our end of ICE; absent: none is taken. */
  ice?: OwnIce | undefined;
  /** Whether a first offer has ICE; default not: it is taken where the other side offers it. */
  offersIce?: boolean | undefined;
  /** Milliseconds per packet that we like to receive. */
  ptimeMs?: number | undefined;
  /** Told to browsers, which tell streams apart by them. */
  ssrc?: number;
  cname?: string;
}

/** Our end of ICE as it is at the time of a description. */
export interface OwnIce {
  describe(): IceDescription;
  /** Its next description is of another generation. */
  restart(): void;
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
  /** What we decode and encode where the ends share no codec (see `RelayLocal`). */
  ours?: readonly CodecDescription[] | undefined;
  /** Events that an end takes though the other has none (see `RelayLocal`). */
  events?: readonly CodecDescription[];
  /** Whether we send to this end while the other one holds. */
  fillsHold?: boolean;
}

/**
 * The offers and answers of one endpoint: one origin, our keys, and the rules of where media may
 * go. Rejects by throwing `MEDIA_NOT_ACCEPTABLE`, which is a 488 as `MEDIA_NOT_ENCRYPTED` is, and
 * `MEDIA_WRONG_STATE`.
 */
export class LocalDescription {
  readonly context = new SdpContext();
  private fixed: Omit<SdpContextMedia, 'codecs' | 'direction' | 'port'>;
  private readonly port: () => number | undefined;
  private readonly remotes: RemotePolicy;
  private readonly ice: OwnIce | undefined;
  private readonly offersIce: boolean;

  constructor(options: LocalDescriptionOptions) {
    const { random, remotes, ice, offersIce, port, security, ptimeMs, ...fixed } = options;
    this.port = port;
    this.remotes = remotes;
    this.ice = ice;
    this.offersIce = offersIce ?? false;
    this.fixed = {
      ...fixed,
      sessionId: String(random.uint32()),
      ...(security && { security }),
      ...(ptimeMs !== undefined && { ptimeMs }),
      voipMetrics: true,
    };
  }

  offer(wanted: Wanted): Sdp {
    return this.context.createOffer({ ...this.current, ...this.offeredIce, ...wanted });
  }

  /** The next offer begins ICE anew, where there is any. @throws StrowgerError `MEDIA_WRONG_STATE`. */
  restartIce(): void {
    this.context.assertNoOffer();
    this.ice?.restart();
  }

  /**
   * Candidates that came later (RFC 8840), of the generation that was agreed, where media may go;
   * others are passed over. @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` for what is no fragment.
   */
  laterCandidates(body: string): IceCandidate[] {
    const read = readTrickleFragment(body);
    if (!read.ok) throw refused(read);
    const { ufrag, pwd, media } = read.fragment;
    const remote = this.context.media?.ice?.remote;
    if (remote === undefined || remote.ufrag !== ufrag || remote.pwd !== pwd) return [];
    return this.permittedOf(media[0]?.candidates ?? []);
  }

  /** Whether `answer` would give one; takes no port and changes nothing. */
  assertAnswerable(offer: Sdp, wanted: Wanted): void {
    const { version, earlier } = this.context;
    this.context.assertNoOffer();
    const local = { ...this.current, ...this.answeredIce, ...wanted, version };
    this.usable(negotiateAnswer({ offer, local, ...earlier }));
  }

  /** Our answer to `offer`, and what both make. */
  answer(offer: Sdp, wanted: Wanted): { answer: Sdp; media: NegotiatedMedia } {
    this.context.assertNoOffer();
    this.followRestart(offer);
    const local = { ...this.current, ...this.answeredIce, ...wanted };
    const { earlier } = this.context;
    const answered = (version: number): { answer: Sdp; media: NegotiatedMedia } =>
      this.usable(negotiateAnswer({ offer, local: { ...local, version }, ...earlier }));
    const { media } = answered(this.context.version);
    this.context.receiveOffer(offer);
    const answer = this.context.sendAnswer(media, (version) => answered(version).answer);
    return { answer, media: this.permitted(media) };
  }

  /** Goes on from a round that was made elsewhere, with the origin of its local description. */
  adopt(round: {
    readonly local: Sdp;
    readonly remote: Sdp;
    readonly media: NegotiatedMedia;
  }): void {
    const [, sessionId, version = '1'] = /^o=\S+ (\d{1,40}) (\d{1,15}) /m.exec(round.local) ?? [];
    this.context.adopt({ ...round, version: Number(version) });
    if (sessionId !== undefined) this.fixed = { ...this.fixed, sessionId };
    const { security } = round.media;
    if (security.kind !== 'sdes') return;
    // later descriptions say the same keys, which were drawn elsewhere (RFC 4568 §7.1.4)
    this.fixed = { ...this.fixed, security: { policy: 'optional', crypto: [security.send] } };
  }

  /** What our offer and their answer make. */
  agree(answer: Sdp): NegotiatedMedia {
    const { answerableOffer: offer, earlier } = this.context;
    const { media } = this.usable(applyAnswer({ offer, answer, ...earlier }));
    this.context.answered(answer, media);
    return this.permitted(media);
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
    this.followRestart(round.offer);
    const made = (version: number): NegotiatedRelay => {
      const local = { ...this.relayed(passing, version), ...this.answeredIce };
      const agreed = { ...(a && { a }), ...(b && { b }) };
      const outcome = relayAnswer({ ...round, relayed, agreed, local });
      if (!outcome.ok) throw refused(outcome);
      this.assertPassable(outcome);
      return outcome;
    };
    const relay = made(this.context.version);
    const answer = this.context.sendAnswer(relay.a, (version) => made(version).answer);
    beyond.context.answered(round.answerFromB, relay.b);
    const ends = { a: this.permitted(relay.a), b: beyond.permitted(relay.b) };
    return { ...relay, ...ends, answer };
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
    const { rtcp, ice } = audio.line;
    if (ice && this.ice) return audio.line; // what becomes of its addresses shows with the answer
    this.assertPermitted(destination.address);
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

  private relayedOfferOf(
    offer: Sdp,
    passing: Passing,
    { beyond, version }: { beyond: LocalDescription; version: number },
  ): Sdp {
    const local = { ...this.relayed(passing, version), ...this.offeredIce };
    const { earlier } = this.context;
    const made = relayOffer({ offer, local, offerer: beyond.security, ...earlier });
    if (!made.ok) throw refused(made);
    return made.offer;
  }

  private relayed({ codecs, ours, ...passing }: Passing, version: number): RelayLocal {
    return {
      ...this.current,
      ...passing,
      version,
      ...(codecs && { codecs }),
      ...(ours && { ours }),
    };
  }

  private get current(): Omit<SdpContextMedia, 'codecs' | 'direction'> {
    return { ...this.fixed, port: this.port() ?? TRIED_OUT_PORT };
  }

  /** Offers have it where the other side does, or where that is not known yet and we want it. */
  private get offeredIce(): Partial<LocalMedia> {
    const { media } = this.context;
    const isWanted = media === undefined ? this.offersIce : media.ice !== undefined;
    // whoever speaks ICE is a browser, or does as they do: one port, and a profile with feedback
    if (!this.ice || !isWanted) return {};
    return { ice: this.ice.describe(), rtcpMux: true, feedback: true, rtcpReducedSize: true };
  }

  private get answeredIce(): Partial<LocalMedia> {
    return this.ice ? { ice: this.ice.describe(), rtcpReducedSize: true } : {};
  }

  /** Where an offer begins ICE anew, so do we. */
  private followRestart(offer: Sdp): void {
    const before = this.context.media?.ice?.remote;
    if (this.ice === undefined || before === undefined) return;
    const read = readDescription(offer);
    const audio = read.ok ? findAudio(read.description, this.security) : undefined;
    const now = audio?.ok ? audio.line.ice : undefined;
    if (now && isIceRestart(before, now)) this.ice.restart();
  }

  private usable<T extends { media: NegotiatedMedia }>(outcome: Negotiated<T>): T {
    if (!outcome.ok) throw refused(outcome);
    this.assertDestination(outcome.media);
    return outcome;
  }

  /** Candidates where media may not go are not even checked. */
  private permitted(media: NegotiatedMedia): NegotiatedMedia {
    const { ice } = media;
    if (ice === undefined) return media;
    const candidates = this.permittedOf(ice.remote.candidates);
    return { ...media, ice: { ...ice, remote: { ...ice.remote, candidates } } };
  }

  private permittedOf(candidates: readonly IceCandidate[]): IceCandidate[] {
    const isPlace = (address: string): boolean => isIP(address) > 0 && !/^[0:.]+$/.test(address);
    return candidates.filter(({ address }) => isPlace(address) && this.remotes.permits(address));
  }

  private assertPassable({ a, b, lines }: NegotiatedRelay): void {
    for (const end of [a, b]) this.assertDestination(end);
    for (const line of lines) for (const end of [line.a, line.b]) this.assertAddresses(end);
  }

  /** Where ICE finds the way, nothing goes to the address of the line. */
  private assertDestination({ remote, ice }: NegotiatedMedia): void {
    const isFound = ice !== undefined && !(ice.local.lite && ice.remote.lite);
    if (!isFound) this.assertAddresses(remote);
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

/** What a description was refused for, as an error: `MEDIA_NOT_ENCRYPTED` or `MEDIA_NOT_ACCEPTABLE`. */
export function refused({ reason }: SdpRefused): StrowgerError {
  const message = `${reason.message} (${reason.section})`;
  if (reason.code !== 'ENCRYPTION_REQUIRED') return notAcceptable(message);
  return new StrowgerError('MEDIA_NOT_ENCRYPTED', message);
}

export function notAcceptable(message: string): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
}

export function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
