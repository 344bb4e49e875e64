import { type Clock, Machine, StrowgerError, within } from '@strowger/runtime';
import type { MediaWishes } from './call-options.ts';
import type {
  EndpointRequest,
  MediaBackend,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaIntent,
  MediaSecurity,
  MediaStats,
  Sdp,
} from './media-backend.ts';
import { lacksMedia, type MediaPlace, type MediaWhere, placeIn } from './media-place.ts';
import { NOT_ENCRYPTED } from './media-protection.ts';
import { giveBack, MediaSilence } from './media-silence.ts';
import type { QualityMetrics } from './quality-metrics.ts';
import type { Change, SessionInput, SessionOutput } from './session-machine.ts';
import {
  sessionMediaTable,
  type SessionMediaInput,
  type SessionMediaMachineState,
} from './session-media-table.ts';
import { SessionProtection } from './session-protection.ts';
import type { SessionMediaState } from './session-state.ts';
import { mirrored, statedDirection } from './stated-direction.ts';

/** How long a backend may take to close an endpoint before the session ends without it. */
const CLOSE_LIMIT_MS = 5000;

/** How long after an answer of its own an application may take to bring the media. */
const SETUP_LIMIT_MS = 32_000;

/** @internal */
export interface MediaLinkOptions {
  readonly backend: MediaBackend;
  readonly clock: Clock;
  readonly label: string;
  readonly wishes: MediaWishes;
  /** Whether candidates may come later: those of the peer after our offers, ours after our answers. */
  readonly trickle: { readonly offers: boolean; readonly answers: boolean };
  tell(input: SessionInput): void;
  onEvent(event: MediaEndpointEvent): void;
  onState(from: SessionMediaState, to: SessionMediaState): void;
  /** We speak another codec than before. */
  onCodec(from: string, to: string): void;
  /** Media is protected less than was wished, or than it was. */
  onDowngrade(detail: string): void;
}

type MediaOutput = Extract<
  SessionOutput,
  {
    type:
      | 'openMedia'
      | 'moveMedia'
      | 'createOffer'
      | 'acceptOffer'
      | 'acceptAnswer'
      | 'adoptMedia'
      | 'rollback'
      | 'closeMedia';
  }
>;

/** @internal A session's endpoint: commands out, inputs back; and the session-media table. */
export class MediaLink {
  wishes: MediaWishes;
  /** Whose the offer was of descriptions that the owner brings. */
  role: 'offerer' | 'answerer' = 'offerer';
  /** What the peer described last. */
  remote: Sdp | undefined;
  /** Of the last second, where the backend measures it. */
  quality: QualityMetrics | undefined;
  private readonly options: MediaLinkOptions;
  private where: MediaWhere = 'nowhere';
  private opening: Promise<MediaEndpoint> | undefined;
  /** Endpoints that were brought for changes that are not over. */
  private readonly brought = new Map<number, MediaPlace>();
  /** Where media was before it moved; until the peer agrees. */
  private before: MediaWhere | undefined;
  /** What we spoke last, wherever it was. */
  private codec: string | undefined;
  private readonly shield: SessionProtection;
  private readonly silencer = new MediaSilence(() => [this.place, placeIn(this.before)]);
  /** The endpoint has taken an offer in the call that may not stand: it goes on in the clear. */
  private isExposed = false;
  private offerIsOpen = false;
  /** When the application was last known to have the media. */
  private leftAt = 0;
  private isClosing = false;
  private readonly machine = new Machine<SessionMediaMachineState, SessionMediaInput, never>({
    table: sessionMediaTable,
    initial: { name: 'none' },
    context: undefined,
    perform: () => {},
    onStep: (from, _, next) => {
      if (from.name !== next.name) this.options.onState(from.name, next.name);
    },
  });

  constructor(options: MediaLinkOptions) {
    this.options = options;
    this.wishes = options.wishes;
    this.shield = new SessionProtection((detail) => options.onDowngrade(detail));
  }

  get endpoint(): MediaEndpoint | undefined {
    return this.place?.endpoint;
  }

  get security(): MediaSecurity | undefined {
    return this.place?.security;
  }

  /** What an endpoint has to keep to. */
  get protection(): Pick<MediaWishes, 'srtp' | 'keying'> {
    return this.shield.wanted(this.wishes);
  }

  get state(): SessionMediaState {
    return this.machine.state.name;
  }

  /** What it brought is its own from now on, to be closed with it. */
  keep(): void {
    if (this.place !== undefined) this.place.isOwned = true;
  }

  /** Takes an endpoint that its owner closes. */
  bring(endpoint: MediaEndpoint): void {
    this.where = { endpoint, isOwned: false };
  }

  /** The application has the media. */
  leaveToOwner(): void {
    this.where = 'elsewhere';
    this.leftAt = this.options.clock.now();
  }

  /** Takes what the endpoint has agreed on by itself: the application has brought both descriptions. */
  async adopt(): Promise<void> {
    const { endpoint } = this;
    if (endpoint === undefined) return;
    this.step({ type: 'negotiationStarted' });
    try {
      if (!this.silencer.isKept(this.place)) await this.silencer.tell();
      await this.completed(endpoint);
    } catch (error) {
      this.step({ type: 'negotiationAbandoned' });
      const { code, message } = described(error);
      // what could not be measured is no reason to end a call
      if (code === NOT_ENCRYPTED) this.options.tell({ type: 'mediaFailed', code, message });
    }
  }

  /** What the session-media table allows now. */
  get allowed(): readonly string[] {
    return Object.keys(sessionMediaTable[this.machine.state.name]);
  }

  /** Whether there is an endpoint that the session opened. */
  get ownsEndpoint(): boolean {
    return this.place?.isOwned === true;
  }

  /** Whether what it had has failed, and whatever needs some opens it. */
  get isLost(): boolean {
    return this.where === 'lost';
  }

  allows(type: SessionMediaInput['type']): boolean {
    return this.machine.allows(type);
  }

  /** What an application tells of media of its own; false where the state does not allow it. */
  inform(input: SessionMediaInput): boolean {
    return this.machine.input(input) !== 'refused';
  }

  /** A further endpoint of the backend, for a change. */
  openAnother(): Promise<MediaEndpoint> {
    return this.openBy((request) => this.options.backend.openEndpoint(request));
  }

  /**
   * An endpoint for this session that is opened elsewhere, such as in a conference: what it tells counts
   * while media is there.
   */
  async openBy(open: (request: EndpointRequest) => Promise<MediaEndpoint>): Promise<MediaEndpoint> {
    const { wishes, options, protection } = this;
    let endpoint: MediaEndpoint | undefined;
    const onEvent = (event: MediaEndpointEvent): void => {
      if (endpoint !== undefined) this.take(event, endpoint);
    };
    endpoint = await open({ label: options.label, onEvent, ...wishes, ...protection });
    return endpoint;
  }

  /**
   * Closes what the session opened; the session goes on without media. Offers that are made or come
   * until it has some again, such as to refresh the session, are about media that is opened for them.
   */
  async release(): Promise<void> {
    await this.drop('released');
  }

  /** Closes what has failed: the next offer, of either side, is about media that is opened for it. */
  async lose(): Promise<void> {
    if (this.machine.allows('renewed')) this.step({ type: 'renewed' });
    await this.drop('lost');
  }

  /** It was `secured` in the process before; its media died with that one. */
  restore(secured: 'sdes' | 'dtls' | undefined): void {
    this.shield.restore(secured);
    this.where = 'lost';
  }

  /** By which keys media is encrypted; undefined where it is not. */
  get keying(): 'sdes' | 'dtls' | undefined {
    return this.shield.keying;
  }

  private async drop(where: 'released' | 'lost'): Promise<void> {
    const { place } = this;
    this.where = where;
    if (place !== undefined) this.opening = undefined; // it is there, and closed here
    this.step({ type: 'closed' });
    if (place?.isOwned) await place.endpoint.close();
  }

  /** Takes an endpoint for the change of this id. */
  bringFor(change: number, endpoint: MediaEndpoint, isOwned: boolean): void {
    this.brought.set(change, { endpoint, isOwned });
  }

  /** The change is over; where the peer agreed, media that is opened later speaks as it says. */
  changed({ id, codecs }: Change, isAgreed: boolean): void {
    this.brought.delete(id);
    if (isAgreed && codecs !== undefined) this.wishes = { ...this.wishes, codecs };
  }

  perform(output: MediaOutput): void {
    switch (output.type) {
      case 'openMedia':
        return this.run(() => this.open());
      case 'moveMedia':
        return this.move(output.change.id);
      case 'createOffer':
        return this.run((endpoint) => this.createOffer(endpoint, output));
      case 'acceptOffer':
        this.remote = output.offer;
        return this.run(async (endpoint) => {
          this.step({ type: 'negotiationStarted' });
          const sdp = await endpoint.acceptOffer(output.offer, {
            direction: output.direction,
            ...(this.options.trickle.answers && { trickle: true }),
          });
          const direction = await this.completed(endpoint).catch((error: unknown) => {
            this.isExposed = this.shield.isAgreed && described(error).code === NOT_ENCRYPTED;
            throw error;
          });
          await this.passed();
          return { type: 'answerReady', sdp, direction };
        });
      case 'adoptMedia':
        return this.run(() => this.openNegotiated(output.local, output.remote));
      case 'acceptAnswer':
        this.remote = output.answer;
        if (this.where === 'elsewhere') return this.takeElsewhere(output.answer);
        return this.run(async (endpoint) => {
          this.step({ type: 'negotiationStarted' });
          await endpoint.acceptAnswer(output.answer);
          this.offerIsOpen = false;
          const direction = await this.completed(endpoint);
          await this.moved();
          await this.passed();
          return { type: 'answerApplied', sdp: output.answer, direction };
        });
      case 'rollback':
        return this.run(async (endpoint) => {
          this.offerIsOpen = false;
          await endpoint.rollback().finally(() => this.moveBack());
          this.step({ type: 'negotiationAbandoned' });
          await this.passed();
          return { type: 'rolledBack' };
        });
      case 'closeMedia':
        return this.close();
      default:
        output satisfies never;
    }
  }

  /**
   * What an endpoint tells, or the owner of the session's media in its name. An endpoint that media
   * has left, or that it may never get to, moves nothing here; while the peer is asked to move, the
   * old one is still heard.
   */
  take(event: MediaEndpointEvent, from = this.endpoint): void {
    if (this.isClosing) return;
    if (from === this.endpoint) return this.takeOwn(event);
    const left = placeIn(this.before);
    if (left?.endpoint !== from || left === undefined) return;
    if (event.type === 'failed') left.failure = event;
    else if (HEARD.includes(event.type)) this.options.onEvent(event);
  }

  private takeOwn(event: MediaEndpointEvent): void {
    if (event.type === 'secured') this.shield.keyed(this.place, event);
    if (event.type === 'quality') this.quality = event.metrics;
    if (event.type === 'started') this.step({ type: 'mediaStarted' });
    if (event.type === 'failed') this.step({ type: 'failed', code: event.code });
    this.options.onEvent(event);
    if (event.type !== 'failed') return;
    const { code, message } = event;
    this.options.tell({ type: 'mediaFailed', code, message });
  }

  /**
   * Whether the peer hears silence, on this media and all that follows: none is offered or answered with
   * before it has taken this. Rejects with what an endpoint says.
   */
  silence(isSilent: boolean): Promise<void> {
    return this.silencer.set(isSilent);
  }

  /** Candidates of the peer that came later; rejects where nothing takes them. */
  async addCandidates(fragment: string): Promise<void> {
    const { endpoint } = this;
    if (endpoint?.addCandidates === undefined) throw noMedia();
    await endpoint.addCandidates(fragment);
  }

  /** Before media is offered or answered with; where it cannot be silent, it is not moved to. */
  private async silenceNext(): Promise<void> {
    await this.silencer.tell().catch((error: unknown) => {
      if (!this.offerIsOpen) this.moveBack();
      throw error;
    });
  }

  private get place(): MediaPlace | undefined {
    return placeIn(this.where);
  }

  private async open(): Promise<SessionInput> {
    const wasReleased = this.where === 'released';
    this.opening = this.openAnother();
    const endpoint = await this.opening;
    this.where = { endpoint, isOwned: true, ...(wasReleased && { isPassing: true }) };
    return { type: 'mediaOpened' };
  }

  /** Media for descriptions that are agreed already: there is nothing to answer. */
  private async openNegotiated(local: Sdp, remote: Sdp): Promise<SessionInput> {
    const { backend } = this.options;
    this.step({ type: 'negotiationStarted' });
    this.opening = this.openBy((request) => {
      const { label, onEvent } = request;
      if (backend.openNegotiated === undefined) throw unsupported();
      return backend.openNegotiated({ label, onEvent, local, remote, role: this.role });
    });
    const before = this.where;
    const endpoint = await this.opening;
    this.where = { endpoint, isOwned: true };
    try {
      if (!this.silencer.isKept(this.place)) await this.silencer.tell();
      const direction = await this.completed(endpoint);
      this.remote = remote;
      return { type: 'answerReady', sdp: local, direction };
    } catch (error) {
      this.where = before;
      await endpoint.close();
      throw error;
    }
  }

  /** The application's media takes it from here; what was agreed is what the answer says. */
  private takeElsewhere(sdp: Sdp): void {
    const { tell } = this.options;
    this.leaveToOwner();
    const direction = mirrored(statedDirection(sdp));
    void Promise.resolve().then(() => tell({ type: 'answerApplied', sdp, direction }));
  }

  /** Where the application has the media, it may still be about to bring it. */
  private lacking(): StrowgerError {
    const { clock } = this.options;
    const isEarly = this.where === 'elsewhere' && clock.now() - this.leftAt < SETUP_LIMIT_MS;
    return isEarly ? notYet() : noMedia();
  }

  private move(change: number): void {
    const next = this.brought.get(change); // kept: after an offer of the peer's it begins again
    if (next === undefined) return;
    this.before = this.where;
    this.where = next;
  }

  /** The peer did not agree: media stays where it was. */
  private moveBack(): void {
    if (this.before === undefined) return;
    this.where = this.before;
    this.before = undefined;
    const { failure } = this.place ?? {};
    if (failure !== undefined) this.takeOwn(failure);
  }

  /** The peer agreed: what nobody uses any more is closed. */
  private async moved(): Promise<void> {
    const left = placeIn(this.before);
    this.before = undefined;
    if (left?.isOwned) await left.endpoint.close();
    else await giveBack(left);
  }

  /** What was opened for a negotiation alone goes with it. */
  private async passed(): Promise<void> {
    if (this.place?.isPassing) await this.release();
  }

  private async createOffer(
    endpoint: MediaEndpoint,
    { direction, iceRestart = false, codecs }: MediaIntent,
  ): Promise<SessionInput> {
    this.step({ type: 'negotiationStarted' });
    const intent = {
      ...(direction && { direction }),
      ...(iceRestart && { iceRestart }),
      ...(codecs && { codecs }),
      ...(this.options.trickle.offers && { trickle: true }),
    };
    const sdp = await endpoint.createOffer(intent).catch((error: unknown) => {
      this.moveBack();
      throw error;
    });
    this.offerIsOpen = true;
    if (this.isClosing && !this.ownsEndpoint) await endpoint.rollback();
    return { type: 'offerReady', sdp };
  }

  private async completed(endpoint: MediaEndpoint): Promise<MediaStats['direction']> {
    const { direction, security, codec } = await endpoint.stats();
    if (this.place !== undefined) this.shield.judge(this.place, security, this.wishes);
    this.speak(codec);
    this.step({ type: 'negotiationCompleted', direction });
    return direction;
  }

  private speak(codec: string | undefined): void {
    const before = this.codec;
    if (codec === undefined || codec === before) return;
    this.codec = codec;
    if (before !== undefined) this.options.onCodec(before, codec);
  }

  /** Carries out a command; whatever becomes of it is an input. */
  private run(command: (endpoint: MediaEndpoint) => Promise<SessionInput>): void {
    const work = async (): Promise<SessionInput> => {
      try {
        if (lacksMedia(this.where) && command.length > 0) await this.open();
        // those that open one need none; without one an offer of the peer finds nothing to answer it
        const { endpoint } = this;
        if (endpoint === undefined && command.length > 0) throw this.lacking();
        // before there is an endpoint nobody can be silent, and whoever closes waits for what is being opened
        if (command.length > 0 && !this.silencer.isKept(this.place)) await this.silenceNext();
        return await command(endpoint as MediaEndpoint);
      } catch (error) {
        this.step({ type: 'negotiationAbandoned' });
        return { type: 'mediaRefused', ...described(error) };
      }
    };
    void work().then((input) => this.deliver(input));
  }

  /** Where an endpoint has taken what is refused, what was agreed before is gone, and media with it. */
  private deliver(input: SessionInput): void {
    this.options.tell(input);
    if (!this.isExposed) return;
    this.isExposed = false;
    if (input.type !== 'mediaRefused' || this.isClosing) return;
    this.takeOwn({ type: 'failed', code: input.code, message: input.message });
  }

  private close(): void {
    this.isClosing = true;
    const work = async (): Promise<SessionInput> => {
      const stats = await this.closeInTime();
      this.step({ type: 'closed' });
      return stats === undefined ? { type: 'mediaClosed' } : { type: 'mediaClosed', stats };
    };
    void work().then((input) => this.options.tell(input));
  }

  private async closeInTime(): Promise<MediaStats | undefined> {
    if (this.endpoint === undefined && this.opening === undefined) return undefined;
    // where it could not be opened, or is broken, there is nothing to measure
    return within(this.finish(), CLOSE_LIMIT_MS, this.options.clock).catch(() => undefined);
  }

  private async finish(): Promise<MediaStats | undefined> {
    this.brought.clear();
    await this.moved();
    const { place } = this;
    if (place === undefined) return (await this.opening)?.close();
    if (place.isOwned) return place.endpoint.close();
    if (this.offerIsOpen) await place.endpoint.rollback();
    await giveBack(place);
    return place.endpoint.stats();
  }

  private step(input: SessionMediaInput): void {
    this.machine.input(input);
  }
}

/** What is heard of a peer, wherever its media still goes. */
const HEARD: readonly MediaEndpointEvent['type'][] = [
  'digit',
  'speechStarted',
  'speechEnded',
  'silence',
  'deadAir',
  'tone',
];

function unsupported(): StrowgerError {
  const message = 'the media backend makes its own descriptions alone';
  return new StrowgerError('MEDIA_UNSUPPORTED', message);
}

/** The peer tries again (RFC 3261 §14.2: 491). */
function notYet(): StrowgerError {
  return new StrowgerError('MEDIA_OFFER_PENDING', 'the application has not brought the media yet');
}

function noMedia(): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'the session has no media');
}

function described(error: unknown): { code: string; message: string } {
  if (StrowgerError.isInstance(error)) return { code: error.code, message: error.message };
  return { code: 'MEDIA_FAILED', message: error instanceof Error ? error.message : String(error) };
}
