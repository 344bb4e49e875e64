import { StrowgerError, type Unsubscribe } from '@strowger/runtime';
import type { MediaWishes } from './call-options.ts';
import type { ConferenceMemberSettings } from './conference-options.ts';
import type { ConferenceLeaveReason, ConferenceSeat } from './conference-table.ts';
import type { EndpointRequest, MediaEndpoint } from './media-backend.ts';
import type {
  ConferenceMember,
  ConferenceMemberOptions,
  MediaConference,
} from './media-conference.ts';
import type { Session } from './session.ts';
import type { SessionId } from './session-state.ts';

/** @internal The inside of a session, as far as a conference moves it. */
export interface ConferenceSide {
  readonly link: {
    openBy(open: (request: EndpointRequest) => Promise<MediaEndpoint>): Promise<MediaEndpoint>;
    keep(): void;
  };
  readonly signalling: { focus: string | undefined };
  allows(type: 'change'): boolean;
  change(wish: { readonly endpoint: MediaEndpoint; readonly direction: 'sendrecv' }): Promise<void>;
}

/**
 * @internal The shell of one seat: a session, its endpoint in the conference's media, and how the
 * one gets onto the other. The endpoint is the conference's until the session is let go with it.
 */
export class ConferencePlace {
  readonly session: Session;
  private readonly digits: MediaWishes['digits'];
  private member: ConferenceMember | undefined;
  private applied = '';
  private isOpen = false;
  private isGone = false;
  private readonly unlisten: Unsubscribe[];

  constructor(
    session: Session,
    digits: MediaWishes['digits'],
    user: { onHold(held: boolean): void; onEnding(): void },
  ) {
    this.session = session;
    this.digits = digits;
    this.unlisten = [
      session.on('stateChanged', ({ to }) => {
        if (to === 'terminating') user.onEnding();
        else if (to === 'onHold' || to === 'connected') user.onHold(to === 'onHold');
      }),
    ];
  }

  /** The member's id in the media conference, from when it is open. */
  get memberId(): number | undefined {
    return this.member?.id;
  }

  /** Gives the session an endpoint of the conference: by our answer, or by re-INVITE. */
  async open(conference: Promise<MediaConference>, focus: string): Promise<void> {
    const { session } = this;
    const side = session.conferenceSide;
    const isNew = session.isUnanswered && session.media === undefined;
    if (!isNew) await (session.isUnanswered ? session.answer() : session.connected);
    const { digits } = this;
    const mix = await conference;
    const endpoint = await side.link.openBy(async (asked) => {
      const request = { ...asked, ...(digits && { digits }), waits: true };
      this.member = await mix.openMember(request);
      return this.member.endpoint;
    });
    try {
      if (this.isGone) throw new StrowgerError('CONFERENCE_LEFT', 'the session was let go');
      side.signalling.focus = focus;
      // whom we hold is taken back
      const moved = { endpoint, direction: 'sendrecv' } as const;
      await (isNew ? session.answer({ endpoint }) : side.change(moved));
    } catch (error) {
      await this.part();
      throw error;
    }
    this.isOpen = true;
    if (this.isGone) await this.part();
  }

  async enter(): Promise<void> {
    await this.member?.join();
  }

  /** Tells media how it hears and is heard, where that is news. */
  apply(seat: ConferenceSeat, idOf: (session: SessionId) => number | undefined): void {
    const options = optionsOf(seat, idOf);
    const key = JSON.stringify(options);
    if (key === this.applied) return;
    this.applied = key;
    this.member?.change(options).catch(() => {}); // its media is gone, which is told elsewhere
  }

  /** Takes it out of the mix; the session goes on with its endpoint, or ends and gives it back. */
  async release(why: ConferenceLeaveReason, atEnd: 'hangUp' | 'release'): Promise<void> {
    this.isGone = true;
    for (const end of this.unlisten) end();
    if (why === 'conferenceEnded' && atEnd === 'hangUp') void this.session.hangUp();
    await this.member?.leave().catch(() => {}); // its media is gone already
    if (this.isOpen) await this.part(); // else `open` sees to it
  }

  /** The endpoint goes with its session where that goes on with it; else it is closed. */
  private async part(): Promise<void> {
    const { session, member } = this;
    const side = session.conferenceSide;
    const { link, signalling } = side;
    if (session.endReason !== undefined) await session.ended;
    else signalling.focus = undefined;
    const goesOn = session.endReason === undefined && session.media === member?.endpoint;
    if (!goesOn) return void (await member?.endpoint.close().catch(() => {}));
    link.keep();
    // where it cannot be told now, the next change tells that we are no focus
    if (side.allows('change')) await session.renegotiate().catch(() => {});
  }
}

function optionsOf(
  { settings, held }: ConferenceSeat,
  idOf: (session: SessionId) => number | undefined,
): ConferenceMemberOptions {
  const { role, muted, deaf, gain, hears, whispersTo } = settings;
  return {
    role: role === 'listener' ? 'listener' : 'speaker',
    muted: muted || held,
    deaf,
    gain,
    hears: hears.flatMap(({ member, gain: loud }) => {
      const id = idOf(member);
      return id === undefined ? [] : [{ member: id, gain: loud }];
    }),
    whispersTo: whispersTo && whispersTo.flatMap((session) => idOf(session) ?? []),
  };
}

/** @internal Settings with their defaults. */
export function settingsOf(given: Partial<ConferenceMemberSettings>): ConferenceMemberSettings {
  const { role = 'speaker', muted = false, deaf = false, gain = 1, hears = [] } = given;
  return { role, muted, deaf, gain, hears, whispersTo: given.whispersTo ?? null };
}
