import { timingSafeEqual } from 'node:crypto';
import { type Runtime, StrowgerError } from '@strowger/runtime';
import type {
  Conference,
  ConferenceMemberSettings,
  EndedConference,
  JoinOptions,
  RecordFormat,
  Session,
  SessionManager,
  StoredRecordTarget,
} from '@strowger/session-core';
import type { SipUri } from '@strowger/sip-message';
import { takeDigits } from './digit-entry.ts';
import { FailureTable } from './failure-table.ts';
import type { ServiceCall } from './service.ts';

/** Somebody has come into an empty room. */
export interface Meeting {
  readonly room: string;
  readonly startedAt: Date;
}

/** A room that callers dial to hear each other. */
export interface ConferenceRoomOptions {
  /** Digits that everybody has to type; nobody is asked without it. */
  readonly pin?: string | undefined;
  /** Digits that make who types them a moderator. With it alone others type `#`. */
  readonly moderatorPin?: string | undefined;
  /** What it is called, for subscribers. */
  readonly subject?: string | undefined;
  /** Callers at the same time, 1 to 1000; further ones get 486. Default 200. */
  readonly maximum?: number | undefined;
  /** So many of the loudest are heard; default 0: all. */
  readonly loudest?: number | undefined;
  /** Whether a short tone says that someone joined or left. Default true. */
  readonly tones?: boolean | undefined;
  /** Whether it is over, for all, when the last moderator has left. Default not. */
  readonly endsWithModerator?: boolean | undefined;
  /** Where a meeting is recorded; not at all where it gives nothing. */
  recordingTarget?(meeting: Meeting): StoredRecordTarget | undefined;
  /** Default `wav`. */
  readonly recordingFormat?: RecordFormat['format'];
}

/** What a room is made with. */
export interface ConferenceRoomSetup {
  readonly name: string;
  readonly uri: SipUri;
  readonly options: ConferenceRoomOptions;
  readonly runtime: Runtime;
  sessions(): SessionManager;
  onEnded(ended: EndedConference): void;
}

type Role = ConferenceMemberSettings['role'];

const TRIES = 3;
const ASKED_AT_ONCE = 10;
const ENTRY_MS = 15_000;
const GUESSES = { failures: 6, windowMs: 600_000, longestMs: 3_600_000, entries: 10_000 };

/**
 * A conference room: a conference for as long as somebody is in it. It asks for a PIN while the
 * caller waits outside of the mix; wrong ones are counted, by user or by a stranger's address.
 */
export class ConferenceRoom {
  readonly name: string;
  private readonly setup: ConferenceRoomSetup;
  private readonly guesses: FailureTable;
  /** Calls that are being asked for a PIN, by guesser. */
  private readonly asked = new Map<string, number>();
  private current: Conference | undefined;

  constructor(setup: ConferenceRoomSetup) {
    this.name = setup.name;
    this.setup = setup;
    this.guesses = new FailureTable(setup.runtime.clock, GUESSES);
  }

  /** The meeting that is going on. */
  get conference(): Conference | undefined {
    return this.current;
  }

  /** Whether a PIN is asked for: then its members are nobody else's business. */
  get needsPin(): boolean {
    const { pin, moderatorPin } = this.setup.options;
    return pin !== undefined || moderatorPin !== undefined;
  }

  /** The room as a service: who dials it comes in, and stays until one of the two hangs up. */
  async serve(call: ServiceCall): Promise<void> {
    const { session, signal } = call;
    if (this.isShutOut(call)) return session.reject(403);
    const conference = this.open();
    try {
      await conference.join(session.id, this.needsPin ? ASKED_FIRST : {});
    } catch (error) {
      const isFull = StrowgerError.isInstance(error) && FULL.includes(error.code);
      if (!isFull || !session.isUnanswered) throw error;
      return session.reject(486);
    }
    if (this.needsPin) {
      const role = await this.askInTurn(call);
      if (signal.aborted || conference.isOver) return;
      if (role === undefined) return void session.hangUp();
      conference.change(session.id, { role });
      conference.admit(session.id);
    }
    this.obeyKeys(conference, session);
    await session.ended;
  }

  private open(): Conference {
    const { options, uri, sessions, onEnded } = this.setup;
    if (this.current !== undefined && !this.current.isOver) return this.current;
    const { subject, maximum, loudest, tones = true, endsWithModerator } = options;
    const conference = sessions().createConference({
      uri,
      subject,
      maximum,
      loudest,
      tones,
      ends: endsWithModerator === true ? 'moderator' : 'empty',
    });
    this.current = conference;
    const unlisten = sessions().on('conferenceJoined', ({ conferenceId, members }) => {
      if (conferenceId === conference.id && members === 1) this.record(conference);
    });
    const finish = async (): Promise<void> => {
      const ended = await conference.ended;
      unlisten();
      if (this.current === conference) this.current = undefined;
      onEnded(ended);
    };
    void finish();
    return conference;
  }

  private record(conference: Conference): void {
    const { name, options, runtime } = this.setup;
    const startedAt = new Date(runtime.clock.wall());
    const target = options.recordingTarget?.({ room: name, startedAt });
    if (target === undefined) return;
    const { recordingFormat: format } = options;
    conference.record(target, format && { format }).catch((error: unknown) => {
      runtime.logger.error({ err: error, room: name }, 'a conference is not recorded');
    });
  }

  /** The role that a PIN gives; `undefined` where none was right. */
  private async askRole(call: ServiceCall): Promise<Role | undefined> {
    const { session, signal } = call;
    const { pin, moderatorPin } = this.setup.options;
    const { clock } = this.setup.runtime;
    const longest = Math.max(pin?.length ?? 0, moderatorPin?.length ?? 0);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const isAgain = attempt > 0;
      beep(session, isAgain ? WRONG : ASKING);
      const typed = await takeDigits(session, {
        clock,
        signal,
        longest,
        mayBeEmpty: pin === undefined,
        timeoutMs: ENTRY_MS,
      });
      // others of the same guesser may have failed meanwhile
      if (typed === undefined || this.isShutOut(call)) return undefined;
      if (moderatorPin !== undefined && isSame(typed, moderatorPin)) return 'moderator';
      if (isSame(typed, pin ?? '')) return 'speaker';
      this.guesses.failed(guesserOf(call));
    }
    return undefined;
  }

  private isShutOut(call: ServiceCall): boolean {
    return this.guesses.shutOutMs(guesserOf(call)) > 0;
  }

  /** A few calls of one guesser may be asked at a time; more are hung up. */
  private async askInTurn(call: ServiceCall): Promise<Role | undefined> {
    const guesser = guesserOf(call);
    const asked = this.asked.get(guesser) ?? 0;
    if (asked >= ASKED_AT_ONCE) return undefined;
    this.asked.set(guesser, asked + 1);
    try {
      return await this.askRole(call);
    } finally {
      const left = (this.asked.get(guesser) ?? 1) - 1;
      if (left > 0) this.asked.set(guesser, left);
      else this.asked.delete(guesser);
    }
  }

  /** `*6` mutes and unmutes who presses it; a moderator's `*7` locks and unlocks the room. */
  private obeyKeys(conference: Conference, session: Session): void {
    const { id } = session;
    let hasStar = false;
    session.on('digit', ({ digit }) => {
      const own = conference.members.find(({ sessionId }) => sessionId === id);
      if (hasStar && own !== undefined) {
        if (digit === '6') conference.mute(id, !own.muted);
        if (digit === '7' && own.role === 'moderator') conference.lock(!conference.isLocked);
      }
      hasStar = digit === '*';
    });
  }
}

/** A PIN may come as tones as well. */
const ASKED_FIRST: JoinOptions = { waits: true, digits: ['rtp', 'inband'] };

const FULL = ['CONFERENCE_FULL', 'CONFERENCE_LOCKED'];

/** Frequencies in Hz, one after the other. */
const ASKING = [660, 880];
const WRONG = [330, 220];

function beep(session: Session, frequencies: readonly number[]): void {
  for (const [at, frequencyHz] of frequencies.entries()) {
    const tone = { type: 'tone', frequencyHz, levelDbm0: -16 } as const;
    session.play(tone, { durationMs: 200, queue: at > 0 }).finished.catch(() => {}); // it ended
  }
}

function isSame(typed: string, pin: string): boolean {
  const [one, other] = [Buffer.from(typed), Buffer.from(pin)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A user that has proven it, or the address of a stranger. */
function guesserOf({ session, user }: ServiceCall): string {
  return user ?? session.source?.address ?? '';
}
