import { StrowgerError } from '@strowger/runtime';
import type { RelayedPayload } from '../core/core-api.ts';
import { isVoice, sameCodec } from '../sdp/codec.ts';
import { findAudio, statedDirection } from '../sdp/negotiated-media.ts';
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
import { agree, type LocalDescription, notAcceptable, wrongState } from './local-description.ts';
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
  allowed: ReadonlySet<string> | undefined;
}

/** An offer that waits until the other end's offer is answered. */
interface PendingOffer {
  offer: Sdp;
  line: MediaDescription;
  /** What this offerer will do, as it says itself, less what we do not take. */
  direction: MediaDirection;
  intent: MediaDirection;
  resolve(answer: Sdp): void;
  reject(error: StrowgerError): void;
}

/**
 * One end of a relay. What its peer offers waits here, goes out at the other end, and is answered
 * with what came back there: codecs, their order, and directions pass through.
 */
export class RelaySide implements MediaEndpoint {
  private readonly options: RelaySideOptions;
  private other: RelaySide | undefined;
  private offered: Sdp | undefined;
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

  async createOffer(intent: MediaIntent = {}): Promise<Sdp> {
    this.check('create an offer');
    const pending = this.other?.pending;
    const wanted = intent.direction ?? 'sendrecv';
    // what the other peer says of itself, we say of ourselves: we stand in for it
    const direction = pending ? narrowed(wanted, mirrored(pending.direction)) : wanted;
    const codecs = pending ? this.passing(pending.line.codecs) : this.knownCodecs();
    this.offered = this.options.description.offer({ codecs, direction });
    return this.offered;
  }

  async acceptOffer(offer: Sdp, asked: MediaIntent = {}): Promise<Sdp> {
    this.check('accept an offer');
    if (this.pending !== undefined) throw wrongState('An offer waits for its answer already');
    const line = audioLine(offer);
    if (!this.passing(line.codecs).some(isVoice)) throw notAcceptable('No codec may pass');
    const { direction: intent = 'sendrecv' } = asked;
    // where the other end was negotiated before the first offer came, there is nothing to ask it
    const isAnswered = this.options.core.agreed === undefined && this.other?.isSettled === true;
    if (isAnswered) return this.answer({ offer, line, intent });
    const direction = narrowed(statedDirection(line), intent);
    return new Promise((resolve, reject) => {
      this.pending = { offer, line, direction, intent, resolve, reject };
    });
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    const { offered } = this;
    if (offered === undefined) throw wrongState('There is no offer that this answers');
    this.offered = undefined;
    try {
      const media = agree(offered, answer);
      await this.take(media, audioLine(answer, audioIndex(offered)));
    } catch (error) {
      this.other?.refuse(StrowgerError.isInstance(error) ? error : notAcceptable(String(error)));
      throw error;
    }
    await this.other?.answerPending();
  }

  async rollback(): Promise<void> {
    const refused = notAcceptable('The other end did not take the offer');
    if (this.offered !== undefined) this.other?.refuse(refused);
    else this.refuse(refused);
    this.offered = undefined;
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
    return this.options.core.agreed !== undefined && this.offered === undefined;
  }

  private check(act: string): void {
    void this.options.core.api; // throws after the end
    if (this.offered !== undefined) throw wrongState(`Cannot ${act}: ours waits for its answer`);
  }

  /** The other end's offer was answered: so is the one that it was made from. */
  private async answerPending(): Promise<void> {
    const { pending } = this;
    if (pending === undefined) return;
    this.pending = undefined;
    try {
      pending.resolve(await this.answer(pending));
    } catch (error) {
      // all that `answer` throws is an error of ours; the offerer has to hear of it
      pending.reject(error as StrowgerError);
    }
  }

  /** What the other end agreed on, as far as this offer has it. */
  private async answer(asked: Pick<PendingOffer, 'offer' | 'line' | 'intent'>): Promise<Sdp> {
    const { core, description, codecs } = this.options;
    const beyond = this.other?.options.core.agreed;
    const direction = beyond ? narrowed(asked.intent, beyond.direction) : asked.intent;
    const passing = beyond ? formats(beyond) : codecs;
    const { answer, media } = description.answer(asked.offer, { codecs: passing, direction });
    await this.take(media, asked.line);
    void core.api; // closed meanwhile: then there is nobody to answer for
    return answer;
  }

  /** A round is complete at this end: its session and both directions of the relay follow it. */
  private async take(media: NegotiatedMedia, line: MediaDescription): Promise<void> {
    const { core } = this.options;
    this.theirs = line.codecs;
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

  private passing(codecs: readonly CodecDescription[]): readonly CodecDescription[] {
    const { allowed } = this.options;
    return codecs.filter(
      ({ name }) => allowed === undefined || allowed.has(name) || name === TELEPHONE_EVENT,
    );
  }

  /** What an offer of our own accord holds: what was agreed here, else at the other end. */
  private knownCodecs(): readonly CodecDescription[] {
    const agreed = this.options.core.agreed ?? this.other?.options.core.agreed;
    return agreed ? formats(agreed) : this.passing(this.options.codecs);
  }

  private onEnd(error: StrowgerError): void {
    this.refuse(error);
    this.other?.refuse(error);
  }
}

/** Everything that may come in at an end, under our numbers. */
function formats({ receive, telephoneEvent, send }: NegotiatedMedia): CodecDescription[] {
  const codecs = receive.map(({ codec }) => codec);
  if (telephoneEvent === undefined) return codecs;
  const { receivePayloadType: payloadType, events: fmtp } = telephoneEvent;
  return [...codecs, { name: TELEPHONE_EVENT, payloadType, clockRate: send.codec.clockRate, fmtp }];
}

function audioIndex(sdp: Sdp): number {
  const read = readDescription(sdp);
  const audio = read.ok ? findAudio(read.description) : read;
  if (!audio.ok) throw notAcceptable(audio.reason.message);
  return audio.index;
}

function audioLine(sdp: Sdp, index = audioIndex(sdp)): MediaDescription {
  const read = readDescription(sdp);
  const line = read.ok ? read.description.media[index] : undefined;
  if (line === undefined) throw notAcceptable('The audio line is missing');
  return line;
}

function unsupported(): StrowgerError {
  return new StrowgerError('MEDIA_UNSUPPORTED', 'The end of a relay has no audio of its own');
}
