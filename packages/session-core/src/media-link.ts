import { type Clock, Machine, StrowgerError } from '@strowger/runtime';
import type { MediaWishes } from './call-options.ts';
import type {
  MediaBackend,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaStats,
} from './media-backend.ts';
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

type MediaOutput = Extract<
  SessionOutput,
  {
    type: 'openMedia' | 'createOffer' | 'acceptOffer' | 'acceptAnswer' | 'rollback' | 'closeMedia';
  }
>;

/** @internal A session's endpoint: commands out, inputs back; and the session-media table. */
export class MediaLink {
  wishes: MediaWishes = {};
  private readonly options: MediaLinkOptions;
  private current: MediaEndpoint | undefined;
  private opening: Promise<MediaEndpoint> | undefined;
  private isOwned = true;
  private offerIsOpen = false;
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
  }

  get endpoint(): MediaEndpoint | undefined {
    return this.current;
  }

  get state(): SessionMediaState {
    return this.machine.state.name;
  }

  /** Takes an endpoint that its owner closes. */
  bring(endpoint: MediaEndpoint): void {
    this.current = endpoint;
    this.isOwned = false;
  }

  perform(output: MediaOutput): void {
    switch (output.type) {
      case 'openMedia':
        return this.run(() => this.open());
      case 'createOffer':
        return this.run((endpoint) => this.createOffer(endpoint, output.direction));
      case 'acceptOffer':
        return this.run(async (endpoint) => {
          this.step({ type: 'negotiationStarted' });
          const sdp = await endpoint.acceptOffer(output.offer, { direction: output.direction });
          return { type: 'answerReady', sdp, direction: await this.completed(endpoint) };
        });
      case 'acceptAnswer':
        return this.run(async (endpoint) => {
          this.step({ type: 'negotiationStarted' });
          await endpoint.acceptAnswer(output.answer);
          this.offerIsOpen = false;
          const direction = await this.completed(endpoint);
          return { type: 'answerApplied', sdp: output.answer, direction };
        });
      case 'rollback':
        return this.run(async (endpoint) => {
          this.offerIsOpen = false;
          await endpoint.rollback();
          this.step({ type: 'negotiationAbandoned' });
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
    if (event.type === 'started') this.step({ type: 'mediaStarted' });
    if (event.type === 'failed') this.step({ type: 'failed', code: event.code });
    this.options.onEvent(event);
    if (event.type !== 'failed') return;
    const { code, message } = event;
    this.options.tell({ type: 'mediaFailed', code, message });
  }

  private async open(): Promise<SessionInput> {
    const { backend, label } = this.options;
    const request = { label, onEvent: (event: MediaEndpointEvent) => this.take(event) };
    this.opening = backend.openEndpoint({ ...request, ...this.wishes });
    this.current = await this.opening;
    return { type: 'mediaOpened' };
  }

  private async createOffer(
    endpoint: MediaEndpoint,
    direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive',
  ): Promise<SessionInput> {
    this.step({ type: 'negotiationStarted' });
    const sdp = await endpoint.createOffer({ direction });
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
        // `open` is the only command without an endpoint, and does not look at it
        return await command(this.current as MediaEndpoint);
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
    const endpoint = this.current ?? (await this.opening);
    if (this.isOwned) return endpoint?.close();
    if (this.offerIsOpen) await endpoint?.rollback();
    return endpoint?.stats();
  }

  private step(input: SessionMediaInput): void {
    this.machine.input(input);
  }
}

function described(error: unknown): { code: string; message: string } {
  if (StrowgerError.isInstance(error)) return { code: error.code, message: error.message };
  return { code: 'MEDIA_FAILED', message: error instanceof Error ? error.message : String(error) };
}
