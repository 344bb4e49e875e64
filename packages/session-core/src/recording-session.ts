import { Machine, type Runtime, StrowgerError, type Timer } from '@strowger/runtime';
import type { NameAddr, Uri } from '@strowger/sip-message';
import { type CallOptions, type MediaWishes, wishesOf } from './call-options.ts';
import type { EndReason } from './end-reason.ts';
import type {
  MediaBackend,
  MediaEndpoint,
  MediaEndpointEvent,
  RecordingFeedRequest,
} from './media-backend.ts';
import { labelOf, type RecordedParty, RecordingParties } from './recording-parties.ts';
import {
  type RecordingEnding,
  type RecordingInput,
  type RecordingOutput,
  type RecordingState,
  type RecordingTimer,
  recordingTable,
} from './recording-table.ts';
import type { Session } from './session.ts';
import { DESCRIPTION_TYPES } from './sip-body.ts';
import { recoveryOfStatus, refusalOf } from './recovery.ts';

/** A recording server (RFC 7866: SRS), and how it is called. */
export interface RecordingServer
  extends Pick<RecordingFeedRequest, 'srtp' | 'keying'>,
    Pick<CallOptions, 'route' | 'credentials' | 'hops'> {
  readonly uri: Uri;
  /** Gives up when it has not answered after so long; default 5000. */
  readonly answerMs?: number | undefined;
}

/** What a recording session is about. */
export interface RecordingSessionOptions {
  readonly server: RecordingServer;
  /** Who we are to the server. */
  readonly from: NameAddr;
  /** Asked for each description: the parties as they are then, each on a line of its own. */
  readonly parties: () => readonly RecordedParty[];
}

/** @internal What it needs of its manager. */
export interface RecordingContext {
  readonly runtime: Runtime;
  readonly media: MediaBackend;
  /** How media is protected where the server's options do not say. */
  readonly wishes: MediaWishes;
  readonly newId: () => string;
  readonly call: (options: CallOptions) => Session;
}

/** What a server sends that has lost the metadata: it is told everything (RFC 7866). */
const METADATA_REQUEST = 'application/rs-metadata-request';
/** A hold at a back-to-back user agent is two negotiations; it is told as one. */
const SETTLING_MS = 100;
const DEFAULT_ANSWER_MS = 5000;
const UNREACHABLE = 'the server cannot be reached';

/**
 * A call is recorded at a server (RFC 7866, as session recording client): copies of its streams go
 * there, and metadata (RFC 7865) says whose they are. Made by `SessionManager.startRecordingSession`.
 */
export class RecordingSession {
  readonly id: string;
  /** Resolves when the server records; rejects with `RECORDING_REFUSED` when it never does. */
  readonly started: Promise<void>;
  /** Resolves once, when everything of it is gone. */
  readonly ended: Promise<RecordingEnding>;
  private readonly options: RecordingSessionOptions;
  private readonly context: RecordingContext;
  private readonly described: RecordingParties;
  private readonly machine: Machine<RecordingState, RecordingInput, RecordingOutput>;
  private feed: MediaEndpoint | undefined;
  /** What the feed is a copy of. */
  private copied: readonly MediaEndpoint[] = [];
  private current: Session | undefined;
  private readonly timers: Partial<Record<RecordingTimer, Timer>> = {};
  private resolveStarted: () => void = () => {};
  private rejectStarted: (error: StrowgerError) => void = () => {};
  private resolveEnded: (ending: RecordingEnding) => void = () => {};

  /** @internal */
  constructor(options: RecordingSessionOptions, context: RecordingContext) {
    this.id = context.newId();
    this.options = options;
    this.context = context;
    const { random, clock } = context.runtime;
    this.described = new RecordingParties(random, clock.wall());
    this.started = new Promise((resolve, reject) => {
      this.resolveStarted = resolve;
      this.rejectStarted = reject;
    });
    this.started.catch(() => {}); // `ended` tells it as well
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.machine = new Machine<RecordingState, RecordingInput, RecordingOutput>({
      table: recordingTable,
      initial: { name: 'opening' },
      context: undefined,
      perform: (output) => this.perform(output),
    });
    void this.open();
  }

  /** Where it stands. */
  get state(): RecordingState['name'] {
    return this.machine.state.name;
  }

  /** The session with the server, once it is called. */
  get session(): Session | undefined {
    return this.current;
  }

  /** Who takes part, or how, has changed: the server is told, once for all changes of a moment. */
  update(): void {
    this.machine.input({ type: 'changed' });
  }

  /** Ends it with BYE, or CANCEL. May be called at any time; resolves as `ended`. */
  stop(): Promise<RecordingEnding> {
    this.machine.input({ type: 'stop' });
    return this.ended;
  }

  private perform(output: RecordingOutput): void {
    switch (output.type) {
      case 'call':
        return this.call();
      case 'hangUp':
        return void this.current?.hangUp();
      case 'arm':
        return this.arm(output.timer);
      case 'disarm':
        return this.timers[output.timer]?.cancel();
      case 'update':
        return void this.tellServer();
      case 'tellStarted':
        return this.resolveStarted();
      case 'tellRefused': {
        const message = `Not recorded: ${output.text}`;
        const { status } = output;
        const recovery = status === undefined ? {} : { recovery: recoveryOfStatus(status) };
        return this.rejectStarted(new StrowgerError('RECORDING_REFUSED', message, recovery));
      }
      case 'finish':
        return void this.finish(output.ending);
      default:
        output satisfies never;
    }
  }

  private arm(timer: RecordingTimer): void {
    const { answerMs = DEFAULT_ANSWER_MS } = this.options.server;
    const input = timer === 'answer' ? 'unanswered' : 'settled';
    const afterMs = timer === 'answer' ? answerMs : SETTLING_MS;
    const { clock } = this.context.runtime;
    this.timers[timer] = clock.arm(afterMs, () => this.machine.input({ type: input }));
  }

  private async open(): Promise<void> {
    try {
      this.feed = await this.openFeed(this.options.parties());
      this.machine.input({ type: 'feedOpened' });
    } catch (error) {
      this.machine.input({ type: 'feedRefused', status: 488, text: wordsOf(error) });
    }
  }

  private async openFeed(parties: readonly RecordedParty[]): Promise<MediaEndpoint> {
    this.copied = parties.map(({ stream }) => stream.of);
    return this.context.media.openRecordingFeed({
      label: this.id,
      streams: parties.map(({ stream }, index) => ({ ...stream, label: labelOf(index) })),
      ...this.protection,
      onEvent: (event: MediaEndpointEvent) => this.current?.takeMediaEvent(event),
    });
  }

  /** What the feed keeps to, and what the session judges it by. */
  private get protection(): Pick<MediaWishes, 'srtp' | 'keying'> {
    const { srtp, keying } = this.options.server;
    return { ...this.context.wishes, ...wishesOf({ srtp, keying }) };
  }

  private call(): void {
    const { server, from } = this.options;
    const { uri, route, credentials, hops } = server;
    try {
      const session = this.context.call({
        to: uri,
        from,
        route,
        credentials,
        hops,
        endpoint: this.feed,
        ...this.protection,
        headers: [
          ['Require', 'siprec'],
          ['Accept', [...DESCRIPTION_TYPES, METADATA_REQUEST].join(', ')],
        ],
        contactParams: ';+sip.src',
        bodyParts: () => [this.metadata()],
        takenBodies: { types: [METADATA_REQUEST], onBody: () => this.update() },
      });
      this.current = session;
      session.connected.then(
        () => this.machine.input({ type: 'answered' }),
        () => {}, // `ended` says why
      );
      void session.ended.then((reason) =>
        this.machine.input({ type: 'sessionEnded', ...faultOf(reason) }),
      );
    } catch (error) {
      this.machine.input({ type: 'sessionEnded', status: 503, text: wordsOf(error) });
    }
  }

  private metadata(): ReturnType<RecordingParties['describe']> {
    return this.described.describe(this.options.parties(), this.context.runtime.clock.wall());
  }

  /** A new description for the server; where media has moved, of what is copied there now. */
  private async tellServer(): Promise<void> {
    let isMoved = false;
    try {
      const parties = this.options.parties();
      isMoved = parties.some(({ stream }, index) => stream.of !== this.copied[index]);
      if (isMoved) await this.move(parties);
      else await this.current?.renegotiate();
      this.machine.input({ type: 'updated' });
    } catch (error) {
      const text = wordsOf(error);
      if (isMoved) return void this.machine.input({ type: 'updateFailed', status: 488, text });
      if (refusalOf(error)?.status === undefined) {
        return void this.machine.input({ type: 'updateFailed', status: 408, text: UNREACHABLE });
      }
      this.context.runtime.logger.warn({ err: error, recording: this.id }, 'metadata was refused');
      this.machine.input({ type: 'updated' });
    }
  }

  private async move(parties: readonly RecordedParty[]): Promise<void> {
    const before = this.feed;
    const feed = await this.openFeed(parties);
    if (this.state === 'ended') return void (await feed.close());
    this.feed = feed;
    try {
      await this.current?.moveMedia(feed);
    } finally {
      await before?.close();
    }
  }

  private async finish(ending: RecordingEnding): Promise<void> {
    await this.feed?.close();
    this.resolveEnded(ending);
  }
}

function faultOf(reason: EndReason): { status: number; text: string } {
  const { kind, status, text } = reason;
  return { status, text: text ?? (kind === 'mediaFailed' ? reason.code : kind) };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
