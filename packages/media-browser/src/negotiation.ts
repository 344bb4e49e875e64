import type { Clock } from '@strowger/runtime';
import type { MediaDirection, MediaIntent, Sdp } from '@strowger/session-core';
import { preferred } from './codecs.ts';
import { closed, failed, notAcceptable, wrongState } from './media-errors.ts';

/** What a negotiation is made of. */
export interface NegotiationOptions {
  readonly connection: RTCPeerConnection;
  /** What is said. */
  readonly track: MediaStreamTrack;
  readonly stream: MediaStream;
  /** Encoding names in order of preference; the browser's where there are none. */
  readonly codecs: readonly string[] | undefined;
  readonly clock: Clock;
  /** How long candidates are gathered at most, in milliseconds. */
  readonly gatherMs: number;
}

/** Offers and answers of one call (RFC 3264) by a peer connection (RFC 9429), without trickle. */
export class Negotiation {
  private readonly options: NegotiationOptions;
  private readonly connection: RTCPeerConnection;
  private audio: RTCRtpTransceiver | undefined;
  /** As it was before our open offer. */
  private before: MediaDirection = 'sendrecv';
  /** The answer to our last offer, which another fork's may replace. */
  private answered: Sdp | undefined;
  /** What we speak, and what our open offer says instead. */
  private codecs: readonly string[] | undefined;
  private offered: readonly string[] | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(options: NegotiationOptions) {
    this.options = options;
    this.connection = options.connection;
    this.codecs = options.codecs;
  }

  get sender(): RTCRtpSender | undefined {
    return this.audio?.sender;
  }

  get direction(): MediaDirection {
    const agreed = this.audio?.currentDirection;
    return agreed === null || agreed === undefined || agreed === 'stopped' ? 'inactive' : agreed;
  }

  createOffer(intent: MediaIntent): Promise<Sdp> {
    const { direction = 'sendrecv', iceRestart = false, codecs } = intent;
    return this.inTurn(async () => {
      const { connection } = this;
      if (connection.signalingState !== 'stable') throw wrongState('an offer is open');
      this.answered = undefined;
      const { track, stream } = this.options;
      this.audio ??= connection.addTransceiver(track, { direction, streams: [stream] });
      this.before = this.direction;
      this.audio.direction = direction;
      this.offered = codecs ?? this.codecs;
      this.prefer(this.audio, this.offered);
      await connection.setLocalDescription(await connection.createOffer({ iceRestart }));
      return this.gathered();
    });
  }

  acceptOffer(sdp: Sdp, { direction = 'sendrecv' }: MediaIntent): Promise<Sdp> {
    return this.inTurn(async () => {
      const { connection } = this;
      if (connection.signalingState !== 'stable') throw wrongState('our own offer is open');
      await connection.setRemoteDescription({ type: 'offer', sdp }).catch(refuse);
      try {
        await connection.setLocalDescription(await this.answer(direction));
      } catch (error) {
        await connection.setRemoteDescription({ type: 'rollback' });
        throw notAcceptable(error);
      }
      this.answered = undefined;
      return this.gathered();
    });
  }

  acceptAnswer(sdp: Sdp): Promise<void> {
    return this.inTurn(async () => {
      const { connection } = this;
      if (connection.signalingState === 'stable') {
        if (this.answered === undefined) throw wrongState('nobody waits for an answer');
        if (this.answered === sdp) return;
        // what another fork answers is, to the browser, the answer to the same offer once more
        await connection.setLocalDescription(await connection.createOffer());
      }
      await connection.setRemoteDescription({ type: 'answer', sdp }).catch(refuse);
      this.answered = sdp;
      this.codecs = this.offered;
    });
  }

  rollback(): Promise<void> {
    return this.inTurn(async () => {
      if (this.connection.signalingState !== 'have-local-offer') return;
      await this.connection.setLocalDescription({ type: 'rollback' });
      if (this.audio === undefined || this.audio.mid === null) return;
      this.audio.direction = this.before;
    });
  }

  private async answer(direction: MediaDirection): Promise<RTCSessionDescriptionInit> {
    const { connection } = this;
    const audio = connection
      .getTransceivers()
      .find((one) => one.mid !== null && one.receiver.track.kind === 'audio' && !isStopped(one));
    if (audio === undefined) throw notAcceptable('the offer has no audio');
    this.audio = audio;
    const { track, stream } = this.options;
    if (audio.sender.track !== track) await audio.sender.replaceTrack(track);
    audio.sender.setStreams(stream);
    audio.direction = direction;
    this.prefer(audio, this.codecs);
    const answer = await connection.createAnswer();
    if (!/^m=audio [1-9]/m.test(answer.sdp ?? '')) throw notAcceptable('nothing of it fits');
    return answer;
  }

  private prefer(audio: RTCRtpTransceiver, codecs: readonly string[] | undefined): void {
    audio.setCodecPreferences(codecs === undefined ? [] : preferred(codecs));
  }

  /** Our description with the candidates that are there when all are, or when it takes too long. */
  private async gathered(): Promise<Sdp> {
    const { connection } = this;
    const { clock, gatherMs } = this.options;
    if (connection.iceGatheringState !== 'complete') {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (connection.iceGatheringState === 'complete') done();
        };
        const timer = clock.arm(gatherMs, () => done());
        const done = (): void => {
          timer.cancel();
          connection.removeEventListener('icegatheringstatechange', look);
          resolve();
        };
        connection.addEventListener('icegatheringstatechange', look);
      });
    }
    if (connection.signalingState === 'closed') throw closed();
    return connection.localDescription?.sdp ?? '';
  }

  /** One after the other; what fails because the connection was closed meanwhile says so. */
  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const isClosed = (): boolean => this.connection.signalingState === 'closed';
    const work = this.turn.then(async () => {
      if (isClosed()) throw closed();
      try {
        return await step();
      } catch (error) {
        throw isClosed() ? closed() : failed(error);
      }
    });
    this.turn = work.catch(() => {});
    return work;
  }
}

function isStopped({ direction }: RTCRtpTransceiver): boolean {
  return direction === 'stopped';
}

function refuse(cause: unknown): never {
  throw notAcceptable(cause);
}
