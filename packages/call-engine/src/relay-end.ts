import type {
  AnswererOptions,
  AnswererOutcome,
  AudioSource,
  Cleared,
  DigitOptions,
  MarkOutcome,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  PlayOptions,
  RecordOptions,
  RecordTarget,
  Recording,
  Sdp,
} from '@strowger/session-core';
import { StrowgerError } from '@strowger/runtime';
import type { RecordingWish } from './recording-codes.ts';
import { preferenceOf, type RecordingIndication, withIndication } from './recording-indication.ts';

/** What the two ends of a call's relay share: only one side's offer is passed on at a time. */
export class OfferPassing {
  private readonly onOffer: (from: RelayEnd) => () => void;
  private busy = false;

  /**
   * @param onOffer gives what asks the other side, which then makes an offer of its own from this
   * one; throws where it cannot be asked.
   */
  constructor(onOffer: (from: RelayEnd) => () => void) {
    this.onOffer = onOffer;
  }

  /** Passes on what one side offers; two offers that cross would wait for each other for ever. */
  async pass(from: RelayEnd, accept: () => Promise<Sdp>): Promise<Sdp> {
    if (this.busy) throw new StrowgerError('MEDIA_OFFER_PENDING', 'the other side is being asked');
    const ask = this.onOffer(from);
    this.busy = true;
    try {
      const answer = accept();
      ask();
      return await answer;
    } finally {
      this.busy = false;
    }
  }
}

/** What the party at one end of a relay is told of recordings, and wants of them. */
export interface RecordingTelling {
  /** Absent where it does not want to be told. */
  indication(): RecordingIndication | undefined;
  prefers(wish: RecordingWish | undefined): void;
}

/**
 * One end of a call's relay as a session sees it. The call owns the relay: a session that ends
 * closes nothing, and an offer from the peer is passed on to the other side.
 */
export class RelayEnd implements MediaEndpoint {
  private readonly end: MediaEndpoint;
  private readonly passing: OfferPassing;
  protected readonly telling: RecordingTelling;

  constructor(end: MediaEndpoint, passing: OfferPassing, telling: RecordingTelling) {
    this.end = end;
    this.passing = passing;
    this.telling = telling;
  }

  async createOffer(intent?: MediaIntent): Promise<Sdp> {
    return this.told(await this.end.createOffer(intent));
  }

  async acceptOffer(offer: Sdp, intent?: MediaIntent): Promise<Sdp> {
    const answer = await this.passing.pass(this, () => this.end.acceptOffer(offer, intent));
    this.telling.prefers(preferenceOf(offer));
    return this.told(answer);
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    await this.end.acceptAnswer(answer);
    this.telling.prefers(preferenceOf(answer));
  }

  /** A description of ours, which says whether it is recorded where that is to be told. */
  told(sdp: Sdp): Sdp {
    const indication = this.telling.indication();
    return indication === undefined ? sdp : withIndication(sdp, indication);
  }

  rollback(): Promise<void> {
    return this.end.rollback();
  }

  /** Rejects with `MEDIA_UNSUPPORTED` where the backend takes none. */
  async addCandidates(fragment: string): Promise<void> {
    if (this.end.addCandidates === undefined) {
      throw new StrowgerError(
        'MEDIA_UNSUPPORTED',
        'the backend takes no candidates that come later',
      );
    }
    await this.end.addCandidates(fragment);
  }

  stats(): Promise<MediaStats> {
    return this.end.stats();
  }

  /** Leaves the relay open; resolves with the statistics up to now. */
  close(): Promise<MediaStats> {
    return this.end.stats();
  }

  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.end.play(source, options);
  }

  mark(name: string): Promise<MarkOutcome> {
    return this.end.mark(name);
  }

  clear(): Promise<Cleared> {
    return this.end.clear();
  }

  record(target: RecordTarget, options?: RecordOptions): Promise<Recording> {
    return this.end.record(target, options);
  }

  sendDigits(digits: string, options?: DigitOptions): Promise<void> {
    return this.end.sendDigits(digits, options);
  }

  echo(enabled: boolean): void {
    this.end.echo(enabled);
  }

  mute(muted: boolean): Promise<void> {
    return this.end.mute(muted);
  }

  detectAnsweringMachine(options?: AnswererOptions): Promise<AnswererOutcome> {
    return this.end.detectAnsweringMachine(options);
  }

  audioIn(): ReadableStream<PcmFrame> {
    return this.end.audioIn();
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.end.audioOut();
  }
}
