import { StrowgerError } from '@strowger/runtime';
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
import { securityOf } from './description.ts';
import {
  answerTowardsPeer,
  assertPolicy,
  INWARDS,
  type PeerMediaPolicy,
  towardsPeer,
  wrongState,
} from './media-policy.ts';
import type { NgCall } from './ng-call.ts';
import { readQuery } from './query.ts';

/** Tags of the two parties of a call at the engine (`from-tag`, `to-tag`). */
const OURS = 'ours';
const PEER = 'peer';

/** What an endpoint is made of. */
export interface TerminalEndpointOptions {
  readonly call: NgCall;
  /** Where audio begins and ends: plain RTP from the engine's other side. */
  readonly terminal: MediaEndpoint;
  readonly policy: PeerMediaPolicy;
  /** Told once, when it was closed. */
  onGone(): void;
}

/** A round of offer and answer as the engine was told it. */
interface Round {
  readonly offeredBy: string;
  readonly offer: Sdp;
  readonly answer: Sdp;
}

/**
 * An endpoint of another media backend behind rtpengine: the engine faces the peer, with its
 * addresses, SRTP, DTLS and ICE; the audio itself is the other backend's, over plain RTP.
 */
export class TerminalEndpoint implements MediaEndpoint {
  private readonly options: TerminalEndpointOptions;
  /** Our offer as the terminal made it: open until its answer, and for forks after it. */
  private offer: { readonly sdp: Sdp; readonly isOpen: boolean } | undefined;
  private agreed: Round | undefined;
  private closed: Promise<MediaStats> | undefined;

  constructor(options: TerminalEndpointOptions) {
    this.options = options;
  }

  async createOffer(intent?: MediaIntent): Promise<Sdp> {
    const { terminal, policy } = this.options;
    this.assertOpen();
    if (this.offer?.isOpen === true) throw wrongState('Our offer waits for its answer');
    const sdp = await terminal.createOffer(intent);
    try {
      const offered = await this.tell('offer', sdp, OURS, towardsPeer(policy));
      this.offer = { sdp, isOpen: true };
      return offered;
    } catch (error) {
      await terminal.rollback();
      throw error;
    }
  }

  async acceptOffer(offer: Sdp, intent?: MediaIntent): Promise<Sdp> {
    const { policy } = this.options;
    this.assertOpen();
    if (this.offer?.isOpen === true) throw wrongState('Our offer waits for its answer');
    assertPolicy(policy, offer);
    const seen = await this.tell('offer', offer, PEER, INWARDS);
    const answer = await this.answer(seen, intent);
    const answered = await this.tell('answer', answer, PEER, answerTowardsPeer(policy));
    this.agreed = { offeredBy: PEER, offer, answer };
    this.offer = undefined;
    return answered;
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    const { terminal, policy } = this.options;
    this.assertOpen();
    if (this.offer === undefined) throw wrongState('There is no offer to answer');
    assertPolicy(policy, answer);
    // another fork answers the offer, not what the first fork made of it
    if (!this.offer.isOpen) await this.tell('offer', this.offer.sdp, OURS, towardsPeer(policy));
    const seen = await this.tell('answer', answer, OURS, INWARDS);
    await terminal.acceptAnswer(seen);
    this.agreed = { offeredBy: OURS, offer: this.offer.sdp, answer };
    this.offer = { ...this.offer, isOpen: false };
  }

  async rollback(): Promise<void> {
    this.assertOpen();
    if (this.offer?.isOpen !== true) return;
    this.offer = undefined;
    await this.options.terminal.rollback();
    await this.restore();
  }

  async stats(): Promise<MediaStats> {
    const { call, terminal } = this.options;
    if (this.closed !== undefined) return this.closed;
    const own = await terminal.stats();
    if (this.agreed === undefined || !call.isAllocated) return { ...own, ...this.protection };
    const peer = readQuery(await call.command('query'))?.get(PEER);
    return {
      ...own,
      ...(peer?.local && { local: peer.local }),
      ...(peer?.remote && { remote: peer.remote }),
      ...this.protection,
    };
  }

  close(): Promise<MediaStats> {
    this.closed ??= this.end();
    return this.closed;
  }

  play(source: AudioSource, options?: PlayOptions): Playback {
    return this.options.terminal.play(source, options);
  }

  mark(name: string): Promise<MarkOutcome> {
    return this.options.terminal.mark(name);
  }

  clear(): Promise<Cleared> {
    return this.options.terminal.clear();
  }

  record(target: RecordTarget, options?: RecordOptions): Promise<Recording> {
    return this.options.terminal.record(target, options);
  }

  sendDigits(digits: string, options?: DigitOptions): Promise<void> {
    return this.options.terminal.sendDigits(digits, options);
  }

  echo(enabled: boolean): void {
    this.options.terminal.echo(enabled);
  }

  mute(muted: boolean): Promise<void> {
    return this.options.terminal.mute(muted);
  }

  detectAnsweringMachine(options?: AnswererOptions): Promise<AnswererOutcome> {
    return this.options.terminal.detectAnsweringMachine(options);
  }

  audioIn(): ReadableStream<PcmFrame> {
    return this.options.terminal.audioIn();
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.options.terminal.audioOut();
  }

  /** Towards the peer: inside, to the terminal, media is plain. */
  private get protection(): Pick<MediaStats, 'security'> {
    const { agreed } = this;
    if (agreed === undefined) return {};
    const security = securityOf(agreed.offeredBy === PEER ? agreed.offer : agreed.answer);
    return security === undefined ? {} : { security };
  }

  /** The terminal's answer; where it has none, the engine forgets the offer, too. */
  private async answer(offer: Sdp, intent: MediaIntent | undefined): Promise<Sdp> {
    try {
      return await this.options.terminal.acceptOffer(offer, intent);
    } catch (error) {
      await this.restore();
      throw error;
    }
  }

  /** The engine takes an offer for what comes: it is told again what was agreed before. */
  private async restore(): Promise<void> {
    const { call, policy } = this.options;
    if (this.agreed === undefined) return call.forget();
    const { offeredBy, offer, answer } = this.agreed;
    const isOurs = offeredBy === OURS;
    await this.tell('offer', offer, offeredBy, isOurs ? towardsPeer(policy) : INWARDS);
    await this.tell('answer', answer, offeredBy, isOurs ? INWARDS : answerTowardsPeer(policy));
  }

  private async end(): Promise<MediaStats> {
    const { call, terminal, onGone } = this.options;
    const addresses = this.agreed && call.isAllocated ? await this.lastAddresses() : {};
    const [stats] = await Promise.all([terminal.close(), call.close()]);
    onGone();
    return { ...stats, ...addresses, ...this.protection };
  }

  private async lastAddresses(): Promise<Pick<MediaStats, 'local' | 'remote'>> {
    const { call } = this.options;
    const reply = await call.command('query').catch(() => undefined);
    const peer = reply && readQuery(reply)?.get(PEER);
    return {
      ...(peer?.local && { local: peer.local }),
      ...(peer?.remote && { remote: peer.remote }),
    };
  }

  /** A description in, what the other party shall see of it out. */
  private async tell(
    command: 'offer' | 'answer',
    sdp: Sdp,
    offeredBy: string,
    args: object,
  ): Promise<Sdp> {
    const [from, to] = offeredBy === OURS ? [OURS, PEER] : [PEER, OURS];
    const tags = { 'from-tag': from, ...(command === 'answer' && { 'to-tag': to }) };
    const reply = await this.options.call.command(command, { ...tags, ...args, sdp });
    return String(reply['sdp'] ?? '');
  }

  private assertOpen(): void {
    if (this.closed !== undefined) {
      throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
    }
  }
}
