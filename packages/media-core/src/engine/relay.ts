import { StrowgerError } from '@strowger/runtime';
import type { RelayedPayload } from '../core/core-api.ts';
import { isVoice, sameCodec } from '../sdp/codec.ts';
import { findAudio } from '../sdp/negotiated-media.ts';
import {
  type CodecDescription,
  type MediaDescription,
  type MediaDirection,
  mirrored,
  narrowed,
  type NegotiatedMedia,
  readDescription,
  type Sdp,
  TELEPHONE_EVENT,
} from '../sdp/index.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import { type LocalDescription, notAcceptable, wrongState } from './local-description.ts';
import { OfferRound } from './offer-round.ts';
import type {
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  Recording,
} from './media-backend.ts';

/** What an end of a relay is made of. */
export interface RelaySideOptions {
  core: CoreEndpoint;
  description: LocalDescription;
  /** What is offered where the other end has said nothing yet. */
  codecs: readonly CodecDescription[];
  /** Encoding names that may pass; all where it is absent. */
  allowed: readonly { name: string }[] | undefined;
}

/** An offer that waits until the other end's offer is answered. */
interface PendingOffer {
  offer: Sdp;
  /** What we take and give towards this offerer. */
  intent: MediaDirection;
  resolve(answer: Sdp): void;
  reject(error: unknown): void;
}

/**
 * One end of a relay. What its peer offers waits here, goes out at the other end, and is answered
 * with what came back there: codecs, their order, and directions pass through.
 */
export class RelaySide implements MediaEndpoint {
  private readonly options: RelaySideOptions;
  private other: RelaySide | undefined;
  private readonly round = new OfferRound();
  private pending: PendingOffer | undefined;
  /** The codecs of the other side's last description, under its numbers. */
  private theirs: readonly CodecDescription[] = [];

  constructor(options: RelaySideOptions) {
    this.options = options;
    options.core.onEnd = (error) => this.onEnd(error);
  }

  /** Makes two ends a relay. */
  static join(a: RelaySide, b: RelaySide): void {
    a.other = b;
    b.other = a;
  }

  async createOffer({ direction = 'sendrecv' }: MediaIntent = {}): Promise<Sdp> {
    const { core, description, allowed } = this.options;
    core.assertAlive();
    this.round.assertNoOffer();
    const pending = this.other?.pending;
    const offer = pending
      ? description.relayedOffer(pending.offer, {
          codecs: allowed,
          direction: narrowed(direction, mirrored(pending.intent)),
        })
      : description.offer({ codecs: this.knownCodecs(), direction });
    this.round.offered(offer);
    return offer;
  }

  async acceptOffer(offer: Sdp, { direction = 'sendrecv' }: MediaIntent = {}): Promise<Sdp> {
    this.options.core.assertAlive();
    this.round.assertNoOffer();
    if (this.pending !== undefined) throw wrongState('An offer waits for its answer already');
    const line = audioLine(offer);
    this.options.description.assertReachable(line);
    if (!line.codecs.some((codec) => this.mayPass(codec) && isVoice(codec))) {
      throw notAcceptable('No codec of the offer may pass');
    }
    this.round.settle();
    // where the other end was negotiated before the first offer came, there is nothing to ask it
    const isFirst = this.options.core.agreed === undefined;
    if (isFirst && this.other?.isSettled === true) return this.answer(offer, direction);
    return new Promise((resolve, reject) => {
      this.pending = { offer, intent: mirrored(direction), resolve, reject };
    });
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    const { core, description } = this.options;
    core.assertAlive();
    const { offer } = this.round;
    const pending = this.other?.pending;
    try {
      if (pending === undefined) await this.take(description.agree(offer, answer), answer);
      else await this.other?.answerPending(pending, { relayed: offer, answerFromB: answer });
    } catch (error) {
      this.other?.refuse(StrowgerError.isInstance(error) ? error : notAcceptable(String(error)));
      throw error;
    }
  }

  async rollback(): Promise<void> {
    const refused = notAcceptable('The other end did not take the offer');
    if (this.round.isOpen) this.other?.refuse(refused);
    else this.refuse(refused);
    this.round.settle();
  }

  stats(): Promise<MediaStats> {
    return this.options.core.stats();
  }

  close(): Promise<MediaStats> {
    return this.options.core.close();
  }

  play(): Playback {
    throw unsupported();
  }

  async record(): Promise<Recording> {
    throw unsupported();
  }

  async sendDigits(): Promise<void> {
    throw unsupported();
  }

  echo(): void {
    throw unsupported();
  }

  audioIn(): ReadableStream<PcmFrame> {
    throw unsupported();
  }

  audioOut(): WritableStream<PcmFrame> {
    throw unsupported();
  }

  private get isSettled(): boolean {
    return this.options.core.agreed !== undefined && !this.round.isOpen;
  }

  /** The other end's offer was answered: so is the one that it was made from. */
  private async answerPending(
    { offer, intent, resolve, reject }: PendingOffer,
    far: { relayed: Sdp; answerFromB: Sdp },
  ): Promise<void> {
    const { description, allowed } = this.options;
    const direction = mirrored(intent);
    const made = description.relayedAnswer({ offer, ...far }, { codecs: allowed, direction });
    this.pending = undefined;
    try {
      await this.other?.take(made.b, far.answerFromB);
      await this.take(made.a, offer);
      resolve(made.answer);
    } catch (error) {
      reject(error); // an end was closed or lost meanwhile
      throw error;
    }
  }

  /** Answers with what the other end has agreed on before. */
  private async answer(offer: Sdp, intent: MediaDirection): Promise<Sdp> {
    const beyond = this.other?.options.core.agreed;
    const direction = beyond ? narrowed(intent, beyond.direction) : intent;
    const wanted = { codecs: this.knownCodecs(), direction };
    const { answer, media } = this.options.description.answer(offer, wanted);
    await this.take(media, offer);
    return answer;
  }

  /** A round is complete at this end: its session and both directions of the relay follow it. */
  private async take(media: NegotiatedMedia, theirs: Sdp): Promise<void> {
    const { core } = this.options;
    if (this.round.isOpen) this.round.answered();
    this.theirs = audioLine(theirs).codecs;
    await core.configure(media);
    const { other } = this;
    if (other === undefined || other.options.core.agreed === undefined) return;
    await Promise.all([this.relayTo(other), other.relayTo(this)]);
  }

  /** Under which number each of our codecs goes on at the other end. */
  private async relayTo(other: RelaySide): Promise<void> {
    const { core } = this.options;
    if (core.agreed === undefined || core.hasEnded || other.options.core.hasEnded) return;
    const payloads: RelayedPayload[] = [];
    for (const codec of formats(core.agreed)) {
      const match = other.theirs.find((one) => sameCodec(one, codec));
      if (match) payloads.push({ from: codec.payloadType, to: match.payloadType });
    }
    await core.api.relay({ from: core.id, to: other.options.core.id, payloads });
  }

  private refuse(error: StrowgerError): void {
    this.pending?.reject(error);
    this.pending = undefined;
  }

  private mayPass({ name }: CodecDescription): boolean {
    const { allowed } = this.options;
    return !allowed || name === TELEPHONE_EVENT || allowed.some((one) => one.name === name);
  }

  /** What an offer of our own accord holds: what was agreed here, else at the other end. */
  private knownCodecs(): readonly CodecDescription[] {
    const agreed = this.options.core.agreed ?? this.other?.options.core.agreed;
    if (agreed) return formats(agreed);
    return this.options.codecs.filter((codec) => this.mayPass(codec));
  }

  private onEnd(error: StrowgerError): void {
    this.refuse(error);
    this.other?.refuse(error);
  }
}

/** Everything that may come in at an end, under our numbers. */
function formats({ receive, telephoneEvent }: NegotiatedMedia): CodecDescription[] {
  const codecs = receive.map(({ codec }) => codec);
  if (telephoneEvent === undefined) return codecs;
  const { receivePayloadType: payloadType, events: fmtp, clockRate } = telephoneEvent;
  return [...codecs, { name: TELEPHONE_EVENT, payloadType, clockRate, fmtp }];
}

/** The first open audio line: an answer has ours where the offer had it, and no other open. */
function audioLine(sdp: Sdp): MediaDescription {
  const read = readDescription(sdp);
  if (!read.ok) throw notAcceptable(read.reason.message);
  const audio = findAudio(read.description);
  const line = audio.ok ? read.description.media[audio.index] : undefined;
  if (line === undefined) throw notAcceptable('No audio line is open');
  return line;
}

function unsupported(): StrowgerError {
  return new StrowgerError('MEDIA_UNSUPPORTED', 'The end of a relay has no audio of its own');
}
