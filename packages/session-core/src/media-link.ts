import { type Clock, Machine, StrowgerError } from '@strowger/runtime';
import type { MediaWishes } from './call-options.ts';
import type {
  EndpointRequest,
  MediaBackend,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaIntent,
  MediaStats,
} from './media-backend.ts';
import type { QualityMetrics } from './quality-metrics.ts';
import type { SessionInput, SessionOutput } from './session-machine.ts';
import {
  sessionMediaTable,
  type SessionMediaInput,
  type SessionMediaMachineState,
} from './session-media-table.ts';
import type { SessionMediaState } from './session-state.ts';

/** How long a backend may take to close an endpoint before the session ends without it. */
const CLOSE_LIMIT_MS = 5000;

/** @internal */
export interface MediaLinkOptions {
  readonly backend: MediaBackend;
  readonly clock: Clock;
  readonly label: string;
  tell(input: SessionInput): void;
  onEvent(event: MediaEndpointEvent): void;
  onState(from: SessionMediaState, to: SessionMediaState): void;
}

interface Media {
  readonly endpoint: MediaEndpoint;
  /** Whether the session closes it. */
  readonly isOwned: boolean;
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
      | 'rollback'
      | 'closeMedia';
  }
>;

/** @internal A session's endpoint: commands out, inputs back; and the session-media table. */
export class MediaLink {
  wishes: MediaWishes = {};
  /** Of the last second, where the backend measures it. */
  quality: QualityMetrics | undefined;
  private readonly options: MediaLinkOptions;
  private current: MediaEndpoint | undefined;
  private opening: Promise<MediaEndpoint> | undefined;
  private isOwned = true;
  /** Endpoints that were brought for changes that are not over. */
  private readonly brought = new Map<number, Media>();
  /** What media was on before it moved; until the peer agrees. */
  private before: (Partial<Media> & { lack?: 'released' | 'lost' | undefined }) | undefined;
  private secured: 'sdes' | 'dtls' | undefined;
  private offerIsOpen = false;
  private isClosing = false;
  /** Why there is none: `released`, nobody wants any; `lost`, whoever needs some opens it and keeps it. */
  private lack: 'released' | 'lost' | undefined;
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
  }

  get endpoint(): MediaEndpoint | undefined {
    return this.current;
  }

  get state(): SessionMediaState {
    return this.machine.state.name;
  }

  /** What it brought is its own from now on, to be closed with it. */
  keep(): void {
    this.isOwned = true;
  }

  /** Takes an endpoint that its owner closes. */
  bring(endpoint: MediaEndpoint): void {
    this.current = endpoint;
    this.isOwned = false;
  }

  /** What the session-media table allows now. */
  get allowed(): readonly string[] {
    return Object.keys(sessionMediaTable[this.machine.state.name]);
  }

  /** Whether there is an endpoint that the session opened. */
  get ownsEndpoint(): boolean {
    return this.current !== undefined && this.isOwned;
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
    return this.options.backend.openEndpoint(this.request());
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
    this.secured = secured;
    this.lack = 'lost';
  }

  /** By which keys media is encrypted; undefined where it is not. */
  get keying(): 'sdes' | 'dtls' | undefined {
    return this.secured;
  }

  private async drop(lack: 'released' | 'lost'): Promise<void> {
    const { current, isOwned } = this;
    this.current = undefined;
    this.lack = lack;
    this.step({ type: 'closed' });
    if (isOwned) await current?.close();
  }

  /** Takes an endpoint for the change of this id. */
  bringFor(change: number, endpoint: MediaEndpoint, isOwned: boolean): void {
    this.brought.set(change, { endpoint, isOwned });
  }

  /** The change is over, whatever became of it. */
  forget(change: number): void {
    this.brought.delete(change);
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
        return this.run(async (endpoint) => {
          this.step({ type: 'negotiationStarted' });
          const sdp = await endpoint.acceptOffer(output.offer, { direction: output.direction });
          const direction = await this.completed(endpoint);
          if (this.lack === 'released') await this.release();
          return { type: 'answerReady', sdp, direction };
        });
      case 'acceptAnswer':
        return this.run(async (endpoint) => {
          this.step({ type: 'negotiationStarted' });
          await endpoint.acceptAnswer(output.answer);
          this.offerIsOpen = false;
          const direction = await this.completed(endpoint);
          await this.moved();
          if (this.lack === 'released') await this.release();
          return { type: 'answerApplied', sdp: output.answer, direction };
        });
      case 'rollback':
        return this.run(async (endpoint) => {
          this.offerIsOpen = false;
          await endpoint.rollback().finally(() => this.moveBack());
          this.step({ type: 'negotiationAbandoned' });
          if (this.lack === 'released') await this.release();
          return { type: 'rolledBack' };
        });
      case 'closeMedia':
        return this.close();
      default:
        output satisfies never;
    }
  }

  /** What the endpoint tells, or its owner in its name. */
  take(event: MediaEndpointEvent): void {
    if (this.isClosing) return;
    if (event.type === 'secured') this.secured = event.keying;
    if (event.type === 'quality') this.quality = event.metrics;
    if (event.type === 'started') this.step({ type: 'mediaStarted' });
    if (event.type === 'failed') this.step({ type: 'failed', code: event.code });
    this.options.onEvent(event);
    if (event.type !== 'failed') return;
    const { code, message } = event;
    this.options.tell({ type: 'mediaFailed', code, message });
  }

  /** What an endpoint for this session is opened with; what was encrypted once stays so. */
  request(): EndpointRequest {
    const { wishes, options, secured } = this;
    const onEvent = (event: MediaEndpointEvent): void => this.take(event);
    const policy = secured && ({ srtp: 'required', keying: [secured] } as const);
    return { label: options.label, onEvent, ...wishes, ...policy };
  }

  private async open(): Promise<SessionInput> {
    this.opening = this.openAnother();
    this.current = await this.opening;
    this.isOwned = true;
    return { type: 'mediaOpened' };
  }

  private move(change: number): void {
    const next = this.brought.get(change); // kept: after an offer of the peer's it begins again
    if (next === undefined) return;
    const { current, isOwned, lack } = this;
    this.before = { ...(current === undefined ? {} : { endpoint: current }), isOwned, lack };
    this.lack = undefined;
    this.current = next.endpoint;
    this.isOwned = next.isOwned;
  }

  /** The peer did not agree: media stays where it was. */
  private moveBack(): void {
    if (this.before === undefined) return;
    this.current = this.before.endpoint;
    this.lack = this.current === undefined ? (this.before.lack ?? 'released') : undefined;
    this.isOwned = this.before.isOwned === true;
    this.before = undefined;
  }

  /** The peer agreed: what nobody uses any more is closed. */
  private async moved(): Promise<void> {
    const { before } = this;
    this.before = undefined;
    if (before?.isOwned) await before.endpoint?.close();
  }

  private async createOffer(
    endpoint: MediaEndpoint,
    { direction, iceRestart = false }: MediaIntent,
  ): Promise<SessionInput> {
    this.step({ type: 'negotiationStarted' });
    const intent = { ...(direction && { direction }), ...(iceRestart && { iceRestart }) };
    const sdp = await endpoint.createOffer(intent).catch((error: unknown) => {
      this.moveBack();
      throw error;
    });
    this.offerIsOpen = true;
    if (this.isClosing && !this.isOwned) await endpoint.rollback();
    return { type: 'offerReady', sdp };
  }

  private async completed(endpoint: MediaEndpoint): Promise<MediaStats['direction']> {
    const { direction } = await endpoint.stats();
    this.step({ type: 'negotiationCompleted', direction });
    return direction;
  }

  /** Carries out a command; whatever becomes of it is an input. */
  private run(command: (endpoint: MediaEndpoint) => Promise<SessionInput>): void {
    const work = async (): Promise<SessionInput> => {
      try {
        if (this.current === undefined && this.lack !== undefined) await this.open();
        if (this.lack === 'lost') this.lack = undefined;
        // only `open` needs none; without one an offer of the peer finds nothing to answer it
        const endpoint = this.current;
        if (endpoint === undefined && command.length > 0) throw noMedia();
        return await command(endpoint as MediaEndpoint);
      } catch (error) {
        this.step({ type: 'negotiationAbandoned' });
        return { type: 'mediaRefused', ...described(error) };
      }
    };
    void work().then((input) => this.options.tell(input));
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
    if (this.current === undefined && this.opening === undefined) return undefined;
    let giveUp = (): void => {};
    const late = new Promise<undefined>((resolve) => (giveUp = () => resolve(undefined)));
    const timer = this.options.clock.arm(CLOSE_LIMIT_MS, giveUp);
    try {
      return await Promise.race([this.finish(), late]);
    } catch {
      return undefined; // it could not be opened, or is broken: there is nothing to measure
    } finally {
      timer.cancel();
    }
  }

  private async finish(): Promise<MediaStats | undefined> {
    this.brought.clear();
    await this.moved();
    const endpoint = this.current ?? (await this.opening);
    if (this.isOwned) return endpoint?.close();
    if (this.offerIsOpen) await endpoint?.rollback();
    return endpoint?.stats();
  }

  private step(input: SessionMediaInput): void {
    this.machine.input(input);
  }
}

function noMedia(): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'the session has no media');
}

function described(error: unknown): { code: string; message: string } {
  if (StrowgerError.isInstance(error)) return { code: error.code, message: error.message };
  return { code: 'MEDIA_FAILED', message: error instanceof Error ? error.message : String(error) };
}
