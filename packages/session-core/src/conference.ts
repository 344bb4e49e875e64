import { Machine, StrowgerError } from '@strowger/runtime';
import type { Uri } from '@strowger/sip-message';
import { ConferencePlace, settingsOf } from './conference-place.ts';
import type { ConferenceContext, ConferenceEventName } from './conference-context.ts';
import { ConferenceSound } from './conference-sound.ts';
import type {
  ConferenceId,
  ConferenceMemberSettings,
  ConferenceMemberState,
  ConferenceOptions,
  ConferencePart,
  ConferenceStatistics,
  EndedConference,
  JoinOptions,
} from './conference-options.ts';
import {
  type ConferenceInput,
  type ConferenceMachineState,
  type ConferenceOutput,
  type ConferenceSeat,
  type ConferenceTableContext,
  conferenceTable,
} from './conference-table.ts';
import type { ConferenceWatchers } from './conference-watchers.ts';
import type { RecordFormat, Recording, StoredRecordTarget } from './media-capabilities.ts';
import type { SessionEventDetails } from './session-events.ts';
import type { SessionId } from './session-state.ts';

interface Entry {
  resolve(): void;
  reject(error: unknown): void;
}

/** Sessions that hear each other, each all the others. Made by `SessionManager.createConference`. */
export class Conference {
  readonly id: ConferenceId;
  /** Its address, where it has one. */
  readonly uri: Uri | undefined;
  /** What it is called, for subscribers (RFC 4575 §5.3.1); undefined where the options say nothing. */
  readonly subject: string | undefined;
  /** Resolves when it is over and what was being recorded is complete. */
  readonly ended: Promise<EndedConference>;
  /** @internal */
  readonly watchers: ConferenceWatchers;
  /** @internal The user part of our Contact as its focus. */
  readonly focus: string;
  private readonly context: ConferenceContext;
  private readonly places = new Map<SessionId, ConferencePlace>();
  private readonly entries = new Map<SessionId, Entry>();
  private readonly sound: ConferenceSound;
  private readonly machine: Machine<
    ConferenceMachineState,
    ConferenceInput,
    ConferenceOutput,
    ConferenceTableContext
  >;
  private atEnd: 'hangUp' | 'release';
  private settle: (ended: EndedConference) => void = () => {};

  /** @internal */
  constructor(id: ConferenceId, options: ConferenceOptions, context: ConferenceContext) {
    this.id = id;
    const { media, maximum } = context;
    const { loudest, tones } = options;
    this.sound = new ConferenceSound({ media, maximum, label: id, loudest, tones });
    this.context = context;
    this.uri = options.uri;
    this.atEnd = options.atEnd ?? 'hangUp';
    this.subject = options.subject;
    this.focus = userOf(options.uri) ?? id;
    this.ended = new Promise((resolve) => (this.settle = resolve));
    this.watchers = context.watchers(this);
    this.machine = new Machine({
      table: conferenceTable,
      initial: { name: 'open', seats: new Map(), locked: false },
      context: { ends: options.ends ?? 'empty' },
      perform: (output) => this.perform(output),
      onStep: ({ name }, { type }) => context.onStep?.(name, type),
    });
  }

  /** Everybody who is in it, waits, or is on the way, in the order of coming. */
  get members(): readonly ConferenceMemberState[] {
    return [...this.seats].map(([sessionId, { stage, held, settings }]) => {
      return { sessionId, stage, held, ...settings };
    });
  }

  /** Whether nobody else may come in. */
  get isLocked(): boolean {
    const { state } = this.machine;
    return state.name === 'open' && state.locked;
  }

  /** @internal Whether this session is in the mix. */
  isIn(id: SessionId): boolean {
    return this.seats.get(id)?.stage === 'in';
  }

  /** Whether it has ended: nobody joins any more, and `ended` resolves. */
  get isOver(): boolean {
    return this.machine.state.name === 'ended';
  }

  /**
   * Brings a session in: one that waits for its answer is answered, one that is answered is moved by
   * re-INVITE, and taken back where we hold it, one of ours that rings comes in when it is answered. Resolves when it is in, or waits
   * (`waits`). Rejects with `CONFERENCE_FULL`, `CONFERENCE_LOCKED`, `CONFERENCE_ENDED`,
   * `IN_CONFERENCE`, `BAD_GAIN`, `NO_SESSION`, `SESSION_ENDED`, `CHANGE_REFUSED`, and as the media backend does:
   * then the session is as it was, if it still is.
   */
  async join(
    id: SessionId,
    { waits = false, digits, ...settings }: JoinOptions = {},
  ): Promise<void> {
    const session = this.context.session(id);
    this.checkJoin(id);
    checkGains(settings);
    const place = new ConferencePlace(session, digits, {
      onHold: (held) => this.machine.input({ type: 'holdChanged', id, held }),
      onEnding: () => this.machine.input({ type: 'seatLost', id, why: 'sessionEnded' }),
    });
    this.places.set(id, place);
    this.context.seats.set(id, this);
    const entered = new Promise<void>((resolve, reject) =>
      this.entries.set(id, { resolve, reject }),
    );
    const held = session.state === 'onHold';
    const seat: ConferenceSeat = { stage: 'opening', waits, held, settings: settingsOf(settings) };
    this.machine.input({ type: 'joinAsked', id, seat });
    return entered;
  }

  /** Lets somebody in who waits. Throws `NO_MEMBER`. */
  admit(id: SessionId): void {
    this.checkMember(id);
    this.machine.input({ type: 'admitted', id });
  }

  /** Lets a member go: its session goes on with its media, alone. Throws `NO_MEMBER`. */
  leave(id: SessionId): void {
    this.checkMember(id);
    this.machine.input({ type: 'seatLost', id, why: 'left' });
  }

  /** Changes how a member hears and is heard. Throws `NO_MEMBER`, `BAD_GAIN`. */
  change(id: SessionId, settings: Partial<ConferenceMemberSettings>): void {
    this.checkMember(id);
    checkGains(settings);
    this.machine.input({ type: 'changed', id, settings });
  }

  /** `change` with `muted`. */
  mute(id: SessionId, muted = true): void {
    this.change(id, { muted });
  }

  /** Whether others may come in from now on; those who wait may. */
  lock(locked = true): void {
    this.machine.input({ type: 'lockChanged', locked });
  }

  /**
   * Records what all say together. Rejects with `NO_MEMBERS` while nobody is there,
   * and as the media backend does. It is complete when it is stopped, or everybody has left.
   */
  async record(
    target: StoredRecordTarget,
    format?: RecordFormat,
  ): Promise<Pick<Recording, 'stop'>> {
    return this.sound.record(target, format);
  }

  /**
   * Takes part without a call: all hear what is said there, and all of them are heard there. It is no
   * member, and ends with the conference. Rejects with `NO_MEMBERS` while nobody is there, and as the
   * media backend does.
   */
  takePart(): Promise<ConferencePart> {
    return this.sound.takePart();
  }

  /** How it sounds. Rejects with `NO_MEMBERS` while nobody is there. */
  async stats(): Promise<ConferenceStatistics> {
    const { speaking, ...rest } = await this.sound.stats();
    const ids = new Map([...this.places].map(([id, { memberId }]) => [memberId, id]));
    return { ...rest, speaking: speaking.flatMap((member) => ids.get(member) ?? []) };
  }

  /** Ends it, with its members as `atEnd` says, by default that of the conference. Idempotent. */
  end(how: Pick<ConferenceOptions, 'atEnd'> = {}): Promise<EndedConference> {
    this.atEnd = how.atEnd ?? this.atEnd;
    this.machine.input({ type: 'endAsked' });
    return this.ended;
  }

  private get seats(): ReadonlyMap<SessionId, ConferenceSeat> {
    const { state } = this.machine;
    return state.name === 'open' ? state.seats : new Map();
  }

  /** The ids in the mix of those who are in it. */
  private readonly memberIds = (session: SessionId): number | undefined =>
    this.isIn(session) ? this.places.get(session)?.memberId : undefined;

  private get countIn(): number {
    return [...this.seats.values()].filter(({ stage }) => stage === 'in').length;
  }

  private perform(output: ConferenceOutput): void {
    switch (output.type) {
      case 'openSeat':
        return this.openSeat(output.id);
      case 'tellWaiting':
        this.tell(output.id, 'conferenceWaiting', { conferenceId: this.id });
        return this.settleEntry(output.id);
      case 'enterMix':
        return this.enterMix(output.id);
      case 'applySettings':
        return this.applySettings();
      case 'tellJoined':
        return this.tellJoined(output.id);
      case 'tellChanged':
        return this.tellChanged(output.id);
      case 'release':
        return this.release(output);
      case 'tellLocked':
        return this.watchers.changed();
      case 'closeMedia':
        return this.sound.close();
      case 'tellEnded':
        return this.finish(output.reason);
      default:
        output satisfies never;
    }
  }

  private openSeat(id: SessionId): void {
    const mix = this.sound.open();
    this.attempt(id, 'seatOpened', (place) => place.open(mix, this.focus));
  }

  private enterMix(id: SessionId): void {
    const seat = this.seats.get(id);
    // how it is heard holds from its first frame on
    if (seat !== undefined) this.places.get(id)?.apply(seat, this.memberIds);
    this.attempt(id, 'entered', (place) => place.enter());
  }

  /** Carries out what may fail: then the seat is lost, and who waits for it is told why. */
  private attempt(
    id: SessionId,
    type: 'seatOpened' | 'entered',
    work: (place: ConferencePlace) => Promise<void>,
  ): void {
    const place = this.places.get(id);
    if (place === undefined) return;
    void this.carryOut(place, { id, type }, work(place));
  }

  private async carryOut(
    place: ConferencePlace,
    { id, type }: { readonly id: SessionId; readonly type: 'seatOpened' | 'entered' },
    work: Promise<void>,
  ): Promise<void> {
    const isStillThere = (): boolean => this.places.get(id) === place;
    try {
      await work;
      if (isStillThere()) this.machine.input({ type, id });
    } catch (error) {
      if (!isStillThere()) return;
      this.entries.get(id)?.reject(error);
      this.entries.delete(id);
      this.machine.input({ type: 'seatLost', id, why: 'refused' });
    }
  }

  private applySettings(): void {
    for (const [id, seat] of this.seats) {
      if (seat.stage === 'in') this.places.get(id)?.apply(seat, this.memberIds);
    }
  }

  private tellJoined(id: SessionId): void {
    const role = this.seats.get(id)?.settings.role ?? 'speaker';
    this.tell(id, 'conferenceJoined', { conferenceId: this.id, role, members: this.countIn });
    this.watchers.changed(this.places.get(id)?.session);
    this.settleEntry(id);
  }

  private tellChanged(id: SessionId): void {
    const seat = this.seats.get(id);
    if (seat === undefined) return;
    const { role, muted, deaf } = seat.settings;
    const { held } = seat;
    this.tell(id, 'conferenceChanged', { conferenceId: this.id, role, muted, deaf, held });
    this.watchers.changed(this.places.get(id)?.session);
  }

  private release({ id, why, wasIn }: Extract<ConferenceOutput, { type: 'release' }>): void {
    const place = this.places.get(id);
    if (place === undefined) return;
    if (wasIn) {
      const details = { conferenceId: this.id, reason: why, members: this.countIn };
      this.tell(id, 'conferenceLeft', details);
    }
    this.places.delete(id);
    this.context.seats.delete(id);
    if (why !== 'conferenceEnded') this.watchers.drop(id);
    if (wasIn) this.watchers.changed(place.session);
    this.entries.get(id)?.reject(goneBecause(why));
    this.entries.delete(id);
    void place.release(why, this.atEnd);
  }

  private finish(reason: EndedConference['reason']): void {
    this.watchers.end();
    this.context.onEnded(this);
    void this.settleAtLast(reason);
  }

  private async settleAtLast(reason: EndedConference['reason']): Promise<void> {
    await this.sound.closed();
    const { outcome } = this.sound;
    this.settle({ reason, ...(outcome === undefined ? {} : { recording: outcome }) });
  }

  private tell<T extends ConferenceEventName>(
    id: SessionId,
    type: T,
    details: SessionEventDetails[T],
  ): void {
    const session = this.places.get(id)?.session;
    if (session !== undefined) this.context.tell(session, type, details);
  }

  private settleEntry(id: SessionId): void {
    this.entries.get(id)?.resolve();
    this.entries.delete(id);
  }

  private checkJoin(id: SessionId): void {
    const refuse = (code: string, why: string): never => {
      throw new StrowgerError(code, why);
    };
    if (this.isOver) refuse('CONFERENCE_ENDED', 'the conference is over');
    if (this.isLocked) refuse('CONFERENCE_LOCKED', 'the conference is locked');
    if (this.context.seats.has(id)) refuse('IN_CONFERENCE', 'the session is in a conference');
    if (this.seats.size >= this.context.maximum) {
      refuse('CONFERENCE_FULL', 'the conference has no room');
    }
  }

  private checkMember(id: SessionId): void {
    if (!this.places.has(id)) throw new StrowgerError('NO_MEMBER', `${id} is not in it`);
  }
}

function checkGains({ gain = 1, hears = [] }: Partial<ConferenceMemberSettings>): void {
  const gains = [gain, ...hears.map((one) => one.gain)];
  if (gains.every((one) => one >= 0 && one <= 8)) return;
  throw new StrowgerError('BAD_GAIN', 'gains are 0 to 8');
}

function goneBecause(why: string): StrowgerError {
  if (why === 'sessionEnded') return new StrowgerError('SESSION_ENDED', 'the session has ended');
  if (why === 'left') return new StrowgerError('CONFERENCE_LEFT', 'the session was let go');
  return new StrowgerError('CONFERENCE_ENDED', 'the conference is over');
}

function userOf(uri: Uri | undefined): string | undefined {
  return uri !== undefined && 'user' in uri ? uri.user : undefined;
}
