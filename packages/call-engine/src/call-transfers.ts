import type { ReferProgress } from '@strowger/dialog-core';
import type { MediaEndpointEvent, Session } from '@strowger/session-core';
import type { Runtime } from '@strowger/runtime';
import type { CalleeMedia } from './call-engine-options.ts';
import type { CallMedia } from './call-media.ts';
import type { CallSides, Left } from './call-sides.ts';
import type { CallInput, LegEnding, Side } from './call-table.ts';
import { CallTransfer } from './call-transfer.ts';
import { CallerLeg } from './caller-leg.ts';
import type { ContactLegs } from './contact-leg.ts';
import { type DigitPolicy, digitsBetween } from './digit-conversion.ts';
import type { RelayOpener } from './media-policy.ts';
import type { RecordingTelling } from './relay-end.ts';
import { inTime } from './in-time.ts';
import { type Destination, userAt } from './router.ts';

/** Whom a side is to be connected to. */
export type TransferTarget =
  | Extract<Destination, { kind: 'user' }>
  /** A party of another call, which gives it away by `give`. */
  | {
      readonly kind: 'session';
      readonly session: Session;
      /** Its address of record, where it is a user of ours. */
      readonly user: string | undefined;
      /** Whether it takes the media of browsers. */
      readonly isBehindWebSocket: boolean;
      /** @param told when who asked has heard the outcome, and may be hung up. */
      give(told: Promise<void>): void;
    };

/** What the transfers of a call need of it. */
export interface CallTransfersOptions {
  readonly id: string;
  readonly runtime: Runtime;
  readonly relays: RelayOpener;
  readonly ringTimeoutMs: number;
  readonly webSocketMedia: CalleeMedia | undefined;
  calleeMedia(user: string): CalleeMedia | undefined;
  readonly digits: DigitPolicy;
  readonly contacts: ContactLegs;
  readonly sides: CallSides;
  /** The number of the callee's leg. */
  winner(): number | undefined;
  input(input: CallInput): void;
  onMediaEvent(event: MediaEndpointEvent, from: Side): void;
  /** What of recordings is told to each side. */
  telling(side: Side): RecordingTelling;
  link(session: Session): void;
}

/** Carries out the transfers of one call, one at a time. */
export class CallTransfers {
  private readonly options: CallTransfersOptions;
  private current: CallTransfer | undefined;
  /** Who was replaced, and is still to be hung up. */
  private left: Left | undefined;
  /** When who asked has heard the outcome. */
  private told: Promise<void> | undefined;

  constructor(options: CallTransfersOptions) {
    this.options = options;
  }

  /**
   * Connects the other side to the target; what `by` may hear of that is reported, 200 last. Who was
   * replaced is hung up once that was heard.
   */
  start(by: Side, target: TransferTarget, progress: ReferProgress): void {
    const report = (status: number): void => progress.report(status);
    const { id, runtime, relays, ringTimeoutMs, webSocketMedia } = this.options;
    const { contacts, sides, winner, input, digits } = this.options;
    const stays = by === 'caller' ? 'callee' : 'caller';
    const staying = sides.sessionOf(stays, winner());
    if (staying === undefined) return report(481);
    input({ type: 'transferAsked', by });
    const stayer = sides.userOf(stays, winner());
    const user = target.kind === 'session' ? target.user : userAt(target.to);
    const transfer = new CallTransfer({
      runtime,
      relays,
      ringTimeoutMs,
      webSocketMedia,
      partyMedia:
        target.kind === 'user' || isCalled(target.session) ? this.mediaOf(user) : undefined,
      digits:
        by === 'caller' ? digitsBetween(digits, user, stayer) : digitsBetween(digits, stayer, user),
      label: id,
      by,
      staying,
      stayingMedia: sides.isBehindWebSocket(stays, winner())
        ? webSocketMedia
        : isCalled(staying)
          ? this.mediaOf(stayer)
          : undefined,
      user: {
        onProgress: report,
        onDone: () => {
          report(200);
          this.told = progress.told;
          if (target.kind === 'session') target.give(progress.told);
          this.seat(transfer, user);
        },
        onFailed: (status) => {
          this.current = undefined;
          report(status);
          input({ type: 'transferFailed' });
        },
        onPartyEnded: (ending) => this.partyEnded(by, ending),
        onMediaEvent: (event, from) => this.options.onMediaEvent(event, from),
        telling: (side) => this.options.telling(side),
        onDead: () => input({ type: 'broken', reason: 'mediaTimeout' }),
      },
    });
    this.current = transfer;
    if (target.kind === 'session')
      void transfer.toSession(target.session, target.isBehindWebSocket);
    else void transfer.toContacts(target, contacts);
  }

  private mediaOf(user: string | undefined): CalleeMedia | undefined {
    return user === undefined ? undefined : this.options.calleeMedia(user);
  }

  /** The call is over. */
  drop(): void {
    this.current?.drop();
  }

  /** The new party is in the call: whoever it replaces is hung up. Gives the media of the two. */
  adopt(): { media: CallMedia | undefined; left: Left | undefined } {
    const { current, left } = this;
    this.current = undefined;
    void inTime(this.options.runtime.clock, this.told).then(() => leave(left));
    return { media: current?.media, left };
  }

  private seat({ by, party }: CallTransfer, user: string | undefined): void {
    const { sides, winner, link, input } = this.options;
    const before = winner();
    if (party === undefined || before === undefined) return;
    const seated = sides.replace(by, { party, user }, before);
    this.left = seated.left;
    link(party.session);
    input({ type: 'transferred', winner: seated.winner });
  }

  private partyEnded(by: Side, ending: LegEnding): void {
    const { winner, input } = this.options;
    const leg = winner();
    if (by === 'caller') input({ type: 'callerEnded', ending });
    else if (leg !== undefined) input({ type: 'legEnded', leg, ending });
  }
}

/** Whether we have offered it media as its user wants it; who called keeps to the engine's policy. */
function isCalled({ direction }: Session): boolean {
  return direction === 'outgoing';
}

function leave(left: Left | undefined): void {
  if (left instanceof CallerLeg) left.hangUp(16);
  else left?.hangUp('over');
}
