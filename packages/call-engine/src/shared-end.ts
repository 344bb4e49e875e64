import type { MediaEndpoint, Sdp } from '@strowger/session-core';
import { preferenceOf } from './recording-indication.ts';
import { type OfferPassing, type RecordingTelling, RelayEnd } from './relay-end.ts';

/**
 * The callee's end of a relay, shared by the sessions of all contacts that ring: one offer goes to
 * all of them. Early media is heard of the first that has some; the contact that is elected keeps
 * the end to itself.
 */
export class SharedEnd {
  private readonly end: MediaEndpoint;
  private readonly passing: OfferPassing;
  private readonly telling: RecordingTelling;
  /** Whose answer the end has taken. */
  private holder: ContactEnd | undefined;
  private elected: ContactEnd | undefined;

  constructor(end: MediaEndpoint, passing: OfferPassing, telling: RecordingTelling) {
    this.end = end;
    this.passing = passing;
    this.telling = telling;
  }

  /** The end as the session with one more contact sees it. */
  contact(): ContactEnd {
    const { end, passing, telling } = this;
    return new ContactEnd(end, passing, { telling, shared: this });
  }

  /** This contact has answered: from now on the end hears nobody else. */
  async elect(contact: ContactEnd): Promise<void> {
    this.elected = contact;
    const { kept } = contact;
    if (this.holder !== contact && kept !== undefined) await this.end.acceptAnswer(kept);
  }

  /** Whoever rang does not any more: the next contact's early media may be heard. */
  forget(): void {
    this.holder = undefined;
  }

  /** @internal Whether this contact's media may be heard. */
  async take(contact: ContactEnd, answer: Sdp): Promise<void> {
    if (this.elected !== undefined && this.elected !== contact) return;
    if (this.elected === undefined && this.holder !== undefined && this.holder !== contact) return;
    this.holder = contact;
    try {
      await this.end.acceptAnswer(answer);
    } catch (error) {
      if (this.holder === contact) this.holder = undefined;
      throw error;
    }
  }

  /** @internal Whether this contact's early media is what the caller may hear. */
  isHeard(contact: ContactEnd): boolean {
    return this.holder === contact;
  }
}

/** The shared end in the hands of one contact's session. */
export class ContactEnd extends RelayEnd {
  private readonly shared: SharedEnd;
  /** @internal The contact's latest answer. */
  kept: Sdp | undefined;

  /** @internal Made by `SharedEnd.contact`. */
  constructor(
    end: MediaEndpoint,
    passing: OfferPassing,
    { telling, shared }: { telling: RecordingTelling; shared: SharedEnd },
  ) {
    super(end, passing, telling);
    this.shared = shared;
  }

  /** Whether the early media of the call is this contact's. */
  get isHeard(): boolean {
    return this.shared.isHeard(this);
  }

  override async acceptAnswer(answer: Sdp): Promise<void> {
    this.kept = answer;
    await this.shared.take(this, answer);
    this.telling.prefers(preferenceOf(answer));
  }
}
