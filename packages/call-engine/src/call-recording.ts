import { type Runtime, StrowgerError, type Unsubscribe } from '@strowger/runtime';
import {
  type FinishedRecording,
  type MediaEndpoint,
  partyOf,
  type RecordedParty,
  type RecordFormat,
  type Recording,
  type RecordingEnding,
  type RecordingServer,
  type RecordingSession,
  type RecordingSessionOptions,
  type RecordTarget,
  type Session,
  type StoredRecordTarget,
} from '@strowger/session-core';
import { NameAddr, SipUri, type Uri } from '@strowger/sip-message';
import { inTime } from './in-time.ts';
import type { RecordingCodeTable, RecordingWish } from './recording-codes.ts';
import type { RecordingIndication } from './recording-indication.ts';

/** Of which calls between two parties what is kept, and where. */
export interface CallRecordingOptions {
  /** Copies go to a recording server (RFC 7866), each party on a line of its own. */
  readonly server?: RecordingServer | undefined;
  /**
   * Where we record the call ourselves, the caller on the left and the callee on the right; after a
   * transfer, whose media is another, into a further one: `part` counts from 1.
   */
  readonly target?: ((call: RecordedCall) => StoredRecordTarget) | undefined;
  /** Of what we record ourselves; default WAV. */
  readonly format?: RecordFormat['format'];
  /**
   * `required`: a call is not answered before the recording has begun, is refused where it cannot, and
   * ends where it is lost. Two are recorded from their answer on, and hung up where that cannot be: who
   * makes no offer, and who was moved to another relay when it was answered. `optional`, the default: it
   * goes on, which is told.
   */
  readonly policy?: 'required' | 'optional' | undefined;
  /**
   * Which calls; default all. Asked when two can talk, and once more for each who takes the place of
   * one of them until it is recorded. What this or `target` throws is told as a failure of `own`.
   */
  readonly of?: ((call: RecordedCall) => boolean) | undefined;
  /** What the parties may do to the recording of their call while it goes on; default: nothing. */
  readonly onDemand?: RecordingOnDemand | undefined;
}

/**
 * Recordings of ours that parties start, pause, resume (by `start`) and stop: by codes that they type, or as
 * phones ask for that are aware of recording (`a=recordpref`, RFC 7866 §7.3.2). Of those that were begun
 * with the call too, unless they are `required`. What is recorded at a server is not touched.
 */
export interface RecordingOnDemand {
  readonly codes?: RecordingCodeTable | undefined;
  /** Where what is started goes; `part` of the call counts on. */
  readonly target: (call: RecordedCall) => StoredRecordTarget;
  /** Which users, by their addresses of record; default all. Nobody else may. */
  readonly by?: ((user: string) => boolean) | undefined;
}

/** A call that may be recorded. */
export interface RecordedCall {
  readonly id: string;
  /** Addresses of record of the two that talk. */
  readonly caller: string;
  readonly callee: string;
  readonly dialled: string;
  /** Wall time in milliseconds since 1970. */
  readonly startedAt: number;
  readonly part: number;
}

/** What became of a recording of a call. Plain data. */
export type CallRecordingRecord =
  | ({ readonly kind: 'server'; readonly server: string } & ServerOutcome)
  | ({ readonly kind: 'own' } & FinishedRecording)
  | { readonly kind: 'own'; readonly path: string; readonly error: string };

/** How a recording session came out; `underWay`: the server has not answered its end in time. */
export type ServerOutcome =
  | { readonly outcome: 'completed' | 'cancelled' | 'underWay' }
  | { readonly outcome: 'refused' | 'lost'; readonly status: number; readonly reason: string };

/** What a call says of one of the two that talk. */
export interface RecordedSide {
  readonly session: Session;
  /** Its address of record. */
  readonly aor: string;
  readonly name?: string | undefined;
  /** Its end of the relay. */
  readonly end: MediaEndpoint;
}

/** What the recordings of a call need of it. */
export interface CallRecordingContext {
  readonly runtime: Runtime;
  readonly options: CallRecordingOptions | undefined;
  /** The call as it is now, the caller first; fewer than two where nobody talks. */
  sides(): readonly RecordedSide[];
  call(part: number): RecordedCall;
  startSession(options: RecordingSessionOptions): RecordingSession;
  onStarted(what: 'server' | 'own'): void;
  /** It is recorded, paused or not recorded any more. */
  onChanged(): void;
  /** @param isFatal the call may not go on without it. */
  onFailed(what: 'server' | 'own', reason: string, isFatal: boolean): void;
}

/** Nobody types more codes while one is heeded, nor has more files of one call. */
const MOST_WISHES = 8;
const MOST_PARTS = 100;

/** Everything that is recorded of one call. */
export class CallRecording {
  private readonly context: CallRecordingContext;
  private readonly own: Promise<CallRecordingRecord>[] = [];
  /** What we record now, and how it stands. */
  private readonly running = new Map<Recording, { isPaused: boolean; isRequired: boolean }>();
  /** What parties want is done one after the other. */
  private wishes: Promise<void> = Promise.resolve();
  private waiting = 0;
  /** Somebody has started a recording, and nobody has stopped it. */
  private isDemanded = false;
  private isAtServer = false;
  /** Whose changes are told to the server, until they leave. */
  private readonly followed = new Map<Session, Unsubscribe>();
  private session: RecordingSession | undefined;
  private part = 0;
  private hasBegun = false;
  private isWanted = false;
  private isOver = false;

  constructor(context: CallRecordingContext) {
    this.context = context;
  }

  /** Whether the call waits for its recordings. */
  get isRequired(): boolean {
    return this.context.options?.policy === 'required';
  }

  /**
   * The two can talk: what is to be recorded begins, once. Where that is required it resolves when it
   * has begun, and rejects where it cannot; else at once.
   */
  async begin(): Promise<void> {
    const { options, sides } = this.context;
    if (this.hasBegun || options === undefined || sides().length < 2) return;
    this.hasBegun = true;
    const begun = this.beginWanted();
    begun.catch(() => {}); // it was told
    if (this.isRequired) await begun;
  }

  /** What who is recorded is to be told. */
  get indication(): RecordingIndication {
    const states = [...this.running.values()];
    if (this.isAtServer || states.some(({ isPaused }) => !isPaused)) return 'on';
    return states.length > 0 ? 'paused' : 'off';
  }

  /** A party who may wants this; dropped where many wait. What cannot be recorded is told. */
  demand(wish: RecordingWish): void {
    if (this.waiting >= MOST_WISHES || this.isOver) return;
    this.waiting++;
    this.wishes = this.wishes
      .then(() => this.grant(wish))
      .catch(() => {}) // it was told
      .finally(() => this.waiting--);
  }

  /** Who talks, and over which media, is not what it was. */
  follow(): void {
    if (this.isOver) return;
    // the media of what runs goes; what parties have started goes on with the new one
    for (const recording of this.running.keys()) recording.stop().catch(() => {}); // the record says so
    if (this.isDemanded) this.demand('start');
    if (!this.hasBegun) return;
    const begun = this.isWanted ? this.beginOwn() : this.beginWanted();
    begun.catch(() => {}); // it was told
    this.listen();
    this.session?.update();
  }

  /** Records what is said from now on into a further place; see `Call.record`. */
  async record(target: RecordTarget, format: RecordFormat, isRequired = false): Promise<Recording> {
    const [caller] = this.context.sides();
    if (caller === undefined) throw new StrowgerError('CALL_STATE', 'nobody talks');
    const recording = await caller.end.record(target, { ...format, channels: 'stereo' });
    let settle: (record: CallRecordingRecord) => void = () => {};
    this.own.push(new Promise((resolve) => (settle = resolve)));
    let stopped: Promise<FinishedRecording> | undefined;
    const state = { isPaused: false, isRequired };
    const stop = async (): Promise<FinishedRecording> => {
      this.running.delete(tracked);
      this.changed();
      const path = placeOf(target);
      try {
        const finished = await recording.stop();
        settle({ kind: 'own', ...finished });
        return finished;
      } catch (error) {
        settle({ kind: 'own', path, error: wordsOf(error) });
        throw error;
      }
    };
    const tracked: Recording = {
      stop: () => (stopped ??= stop()),
      pause: () => {
        recording.pause();
        state.isPaused = true;
        this.changed();
      },
      resume: () => {
        recording.resume();
        state.isPaused = false;
        this.changed();
      },
    };
    this.running.set(tracked, state);
    this.changed();
    if (this.isOver) tracked.stop().catch(() => {}); // it ended meanwhile
    return tracked;
  }

  /** The call is over; resolves with what became of everything, or that it takes too long. */
  async end(): Promise<readonly CallRecordingRecord[]> {
    this.isOver = true;
    const { session, own, context } = this;
    this.unfollow(() => true);
    const stopping = session?.stop();
    for (const recording of this.running.keys()) recording.stop().catch(() => {}); // the record says so
    const { clock } = context.runtime;
    const [ending, ...written] = await Promise.all([
      inTime(clock, stopping),
      ...own.map((record) => inTime(clock, record)),
    ]);
    const records = written.flatMap((record) => record ?? []);
    const server = context.options?.server;
    if (session === undefined || server === undefined) return records;
    return [{ kind: 'server', server: server.uri.toString(), ...outcomeOf(ending) }, ...records];
  }

  private changed(): void {
    if (!this.isOver) this.context.onChanged();
  }

  private async grant(wish: RecordingWish): Promise<void> {
    if (this.isOver) return;
    const own = [...this.running].filter(([, { isRequired }]) => !isRequired);
    const [running, paused] = [false, true].map((isPaused) =>
      own.filter(([, state]) => state.isPaused === isPaused),
    );
    if (wish === 'pause') return running?.forEach(([recording]) => recording.pause());
    if (wish === 'stop') {
      this.isDemanded = false;
      for (const [recording] of own) recording.stop().catch(() => {}); // the record says so
    } else if (own.length === 0) await this.beginDemanded();
    else paused?.forEach(([recording]) => recording.resume());
  }

  private async beginDemanded(): Promise<void> {
    const { options, call, onStarted } = this.context;
    if (options?.onDemand === undefined || this.own.length >= MOST_PARTS) return;
    let path = '';
    try {
      const target = options.onDemand.target(call(++this.part));
      path = placeOf(target);
      await this.record(target, options.format === undefined ? {} : { format: options.format });
      this.isDemanded = true;
      onStarted('own');
    } catch (error) {
      this.own.push(Promise.resolve({ kind: 'own', path, error: wordsOf(error) }));
      if (!this.isOver) this.context.onFailed('own', wordsOf(error), false);
    }
  }

  private async beginWanted(): Promise<void> {
    const { options, call } = this.context;
    try {
      if (options?.of?.(call(this.part + 1)) === false) return;
    } catch (error) {
      this.failed(error, '');
      throw error;
    }
    this.isWanted = true;
    await Promise.all([this.beginOwn(), this.beginSession()]);
  }

  private async beginOwn(): Promise<void> {
    const { options, call, onStarted } = this.context;
    this.part++;
    if (options?.target === undefined) return;
    const { format } = options;
    let path = '';
    try {
      const target = options.target(call(this.part));
      path = placeOf(target);
      await this.record(target, format === undefined ? {} : { format }, this.isRequired);
      onStarted('own');
    } catch (error) {
      this.failed(error, path);
      throw error;
    }
  }

  private failed(cause: unknown, path: string): void {
    const reason = wordsOf(cause);
    this.own.push(Promise.resolve({ kind: 'own', path, error: reason }));
    if (!this.isOver) this.context.onFailed('own', reason, this.isRequired);
  }

  private async beginSession(): Promise<void> {
    const { options, startSession, sides, onStarted, onFailed } = this.context;
    const [caller] = sides();
    if (options?.server === undefined || caller === undefined || this.isOver) return;
    const session = startSession({
      server: options.server,
      from: new NameAddr({ uri: hostOf(caller.session.local.uri) }),
      parties: () => this.parties(),
    });
    this.session = session;
    this.listen();
    void this.tellLoss(session);
    try {
      await session.started;
      this.isAtServer = true;
      onStarted('server');
      this.changed();
    } catch (error) {
      if (!this.isOver) onFailed('server', wordsOf(error), this.isRequired);
      throw error;
    }
  }

  private async tellLoss(session: RecordingSession): Promise<void> {
    const ending = await session.ended;
    this.isAtServer = false;
    this.changed();
    if (ending.kind !== 'lost' || this.isOver) return;
    this.context.onFailed('server', ending.text, this.isRequired);
  }

  private parties(): readonly RecordedParty[] {
    return this.context.sides().map(({ session, aor, name, end }) => ({
      ...partyOf(session, { of: end, flow: 'received' }),
      aor,
      name,
    }));
  }

  /** Holds and other codecs are told as they are agreed. */
  private listen(): void {
    if (this.isOver) return;
    const sessions = this.context.sides().map(({ session }) => session);
    this.unfollow((session) => !sessions.includes(session));
    for (const session of sessions) {
      if (this.followed.has(session)) continue;
      let isDescribed = session.hasMediaConfigured; // the first agreement is no change
      const unsubscribe = session.on('mediaStateChanged', ({ from }) => {
        if (from !== 'negotiating') return;
        if (isDescribed) this.session?.update();
        isDescribed = true;
      });
      this.followed.set(session, unsubscribe);
    }
  }

  private unfollow(isGone: (session: Session) => boolean): void {
    for (const [session, unsubscribe] of this.followed) {
      if (!isGone(session)) continue;
      unsubscribe();
      this.followed.delete(session);
    }
  }
}

function outcomeOf(ending: RecordingEnding | undefined): ServerOutcome {
  if (ending === undefined) return { outcome: 'underWay' };
  if (ending.kind === 'completed' || ending.kind === 'cancelled') return { outcome: ending.kind };
  return { outcome: ending.kind, status: ending.status, reason: ending.text };
}

/** We call the server ourselves, and not in the name of a user. */
function hostOf(address: Uri): Uri {
  return address instanceof SipUri ? address.with({ user: undefined }) : address;
}

/** The path, or the URL without its query; empty for a stream. */
function placeOf(target: RecordTarget): string {
  if (typeof target === 'string') return target;
  if (target.type === 'file') return target.path;
  return target.type === 'http' ? (target.url.split('?')[0] ?? '') : '';
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
