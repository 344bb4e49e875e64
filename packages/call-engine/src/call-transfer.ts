import type { Runtime, Timer } from '@strowger/runtime';
import { StrowgerError } from '@strowger/runtime';
import type { MediaEndpoint, MediaEndpointEvent, Session } from '@strowger/session-core';
import { bestResponse, type LegRefusal } from './best-response.ts';
import type { CalleeMedia } from './call-engine-options.ts';
import { type CallDigits, CallMedia } from './call-media.ts';
import type { LegEnding, Side } from './call-table.ts';
import type { RelayOpener } from './media-policy.ts';
import type { RecordingTelling } from './relay-end.ts';
import {
  ContactLeg,
  type ContactLegs,
  type ContactLegUser,
  isBehindWebSocket,
} from './contact-leg.ts';
import type { Destination } from './router.ts';

/** Told how a transfer goes: `onDone` or `onFailed`, once. */
export interface CallTransferUser {
  /** What who asked for it may hear. */
  onProgress(status: number): void;
  /** The two talk. */
  onDone(): void;
  onFailed(status: number): void;
  /** The new party has hung up, after `onDone`. */
  onPartyEnded(ending: LegEnding): void;
  onMediaEvent(event: MediaEndpointEvent, from: Side): void;
  /** What of recordings is told to each side. */
  telling(side: Side): RecordingTelling;
  onDead(): void;
}

/** What a transfer is made of. */
export interface CallTransferOptions {
  readonly runtime: Runtime;
  readonly relays: RelayOpener;
  /** Of the call. */
  readonly label: string;
  readonly ringTimeoutMs: number;
  readonly webSocketMedia: CalleeMedia | undefined;
  /** How media is offered to the new party where it is not behind a WebSocket. */
  readonly partyMedia: CalleeMedia | undefined;
  readonly digits: CallDigits;
  /** Who asked; the other side stays. */
  readonly by: Side;
  readonly staying: Session;
  /** How media is offered to it. */
  readonly stayingMedia: CalleeMedia | undefined;
  readonly user: CallTransferUser;
}

/**
 * Brings the side of a call that stays together with somebody else, on a relay of their own. Until
 * that is done nothing of the call as it was has changed.
 */
export class CallTransfer {
  readonly by: Side;
  /** The new party, once there is one. */
  party: ContactLeg | undefined;
  /** The relay of the two. */
  media: CallMedia | undefined;
  private readonly options: CallTransferOptions;
  private readonly legs: ContactLeg[] = [];
  private readonly refusals: LegRefusal[] = [];
  private stage: 'open' | 'done' | 'failed' = 'open';
  private timer: Timer | undefined;
  /** When nothing moves any more. */
  private settled: Promise<unknown> = Promise.resolve();

  constructor(options: CallTransferOptions) {
    this.options = options;
    this.by = options.by;
  }

  /** Calls somebody, and connects the side that stays with whoever answers first. */
  async toContacts({ to, bindings }: UserDestination, contacts: ContactLegs): Promise<void> {
    await this.attempt(async () => {
      const media = await CallMedia.open(this.mediaOptions(bindings.every(isBehindWebSocket)));
      this.media = media;
      if (this.stage !== 'open') return void media.close();
      this.timer = this.options.runtime.clock.arm(this.options.ringTimeoutMs, () => this.fail(480));
      for (const binding of bindings) {
        const user = this.userOf(() => leg, bindings.length);
        const by = this.options.staying;
        const leg: ContactLeg = contacts.call(binding, media, { to, user, by });
        this.legs.push(leg);
      }
    });
  }

  /** Connects the side that stays with a party of another call, whose other side is hung up. */
  async toSession(session: Session, isBehind: boolean): Promise<void> {
    await this.attempt(async () => {
      const media = await CallMedia.between(this.mediaOptions(isBehind));
      this.media = media;
      const end = media.calleeEnd.contact();
      const contact = session.remote.uri.toString();
      const user = this.userOf(() => leg, 1);
      const leg = new ContactLeg(session, {
        end,
        contact,
        user,
        isBehindWebSocket: isBehind,
        isAnswered: true,
      });
      const before = session.media;
      await session.moveMedia(end);
      try {
        await this.connect(leg, media);
      } catch (error) {
        // back to whom it talked to, so that the call that it was in goes on
        await moveBack(session, before);
        throw error;
      }
    });
  }

  /** Gives up: the call is over. */
  drop(): void {
    this.fail(487);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    const working = work();
    this.settled = Promise.allSettled([this.settled, working]);
    try {
      await working;
    } catch (error) {
      this.fail(statusOf(error));
    }
  }

  private userOf(leg: () => ContactLeg, count: number): ContactLegUser {
    return {
      onRinging: () => this.options.user.onProgress(180),
      onAnswered: () => void this.attempt(() => this.answered(leg())),
      onRefused: (refusal) => {
        this.refusals.push(refusal);
        if (this.refusals.length === count) this.fail(bestResponse(this.refusals).status);
      },
      onEnded: (ending) => {
        if (this.party !== leg()) return;
        if (this.stage === 'done') this.options.user.onPartyEnded(ending);
        else this.fail(480);
      },
    };
  }

  private async answered(leg: ContactLeg): Promise<void> {
    const { media } = this;
    if (this.stage !== 'open' || this.party !== undefined || media === undefined) {
      return leg.hangUp('elsewhere');
    }
    for (const other of this.legs) if (other !== leg) other.hangUp('elsewhere');
    await this.connect(leg, media);
  }

  private async connect(leg: ContactLeg, media: CallMedia): Promise<void> {
    const { staying, user } = this.options;
    this.party = leg;
    this.timer?.cancel();
    await media.calleeEnd.elect(leg.end);
    const before = staying.media;
    await staying.moveMedia(media.callerEnd);
    if (this.stage !== 'open') {
      await moveBack(staying, before);
      throw new StrowgerError('SESSION_ENDED', 'the transfer was given up');
    }
    this.stage = 'done';
    staying.speakFor(leg.session);
    leg.session.speakFor(staying);
    user.onDone();
  }

  private fail(status: number): void {
    if (this.stage !== 'open') return;
    this.stage = 'failed';
    this.timer?.cancel();
    for (const leg of this.legs) leg.hangUp('over');
    // not before who is on its way there has come back; nobody asks for its statistics
    void this.settled.then(() => this.media?.close()).catch(() => {});
    this.options.user.onFailed(status);
  }

  /** @param isBehind whether the new party takes the media of browsers. */
  private mediaOptions(isBehind: boolean): Parameters<typeof CallMedia.open>[0] {
    const { relays: backend, label, by, user, webSocketMedia } = this.options;
    return {
      backend,
      label,
      offer: undefined,
      caller: this.options.stayingMedia,
      callee: isBehind ? webSocketMedia : this.options.partyMedia,
      stays: by === 'caller' ? 'callee' : 'caller',
      digits: this.options.digits,
      onEvent: (event, from) => user.onMediaEvent(event, from),
      telling: (side) => user.telling(side),
      onDead: () => user.onDead(),
      onOffer: (from) => this.passOffer(from),
    };
  }

  /** `from`: whose end of the new relay; the caller's end is that of the side that stayed. */
  private passOffer(from: Side): () => void {
    const { party, stage } = this;
    if (stage !== 'done' || party === undefined) {
      throw new StrowgerError('MEDIA_OFFER_PENDING', 'a transfer is under way');
    }
    if (from === 'caller') return () => party.renegotiate();
    return () => void this.options.staying.renegotiate().catch(() => {}); // the relay tells
  }
}

async function moveBack(session: Session, before: MediaEndpoint | undefined): Promise<void> {
  if (before === undefined || session.endReason !== undefined) return;
  await session.moveMedia(before).catch(() => {}); // it has ended, or its peer will not
}

type UserDestination = Extract<Destination, { kind: 'user' }>;

/** What a transfer that media does not allow is told as. */
function statusOf(error: unknown): number {
  if (StrowgerError.isInstance(error) && error.code === 'SESSION_ENDED') return 487;
  return 488;
}
