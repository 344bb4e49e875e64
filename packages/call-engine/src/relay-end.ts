import type {
  AudioSource,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  Recording,
  Sdp,
} from '@strowger/session-core';

/**
 * One end of a call's relay as a session sees it. The call owns the relay: a session that ends
 * closes nothing, and an offer from the peer is told, so that the other side is asked.
 */
export class RelayEnd implements MediaEndpoint {
  private readonly end: MediaEndpoint;
  private readonly onOffer: () => void;

  /** @param onOffer told when the peer has made an offer that the other side has to answer. */
  constructor(end: MediaEndpoint, onOffer: () => void) {
    this.end = end;
    this.onOffer = onOffer;
  }

  createOffer(intent?: MediaIntent): Promise<Sdp> {
    return this.end.createOffer(intent);
  }

  acceptOffer(offer: Sdp, intent?: MediaIntent): Promise<Sdp> {
    const answer = this.end.acceptOffer(offer, intent);
    this.onOffer();
    return answer;
  }

  acceptAnswer(answer: Sdp): Promise<void> {
    return this.end.acceptAnswer(answer);
  }

  rollback(): Promise<void> {
    return this.end.rollback();
  }

  stats(): Promise<MediaStats> {
    return this.end.stats();
  }

  /** Leaves the relay open; resolves with the statistics up to now. */
  close(): Promise<MediaStats> {
    return this.end.stats();
  }

  play(source: AudioSource): Playback {
    return this.end.play(source);
  }

  record(path: string): Promise<Recording> {
    return this.end.record(path);
  }

  sendDigits(digits: string, options?: { durationMs?: number; gapMs?: number }): Promise<void> {
    return this.end.sendDigits(digits, options);
  }

  echo(enabled: boolean): void {
    this.end.echo(enabled);
  }

  audioIn(): ReadableStream<PcmFrame> {
    return this.end.audioIn();
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.end.audioOut();
  }
}
