import type { MediaEndpoint, MediaEndpointEvent, MediaStats, Sdp } from '@strowger/session-core';
import type { CalleeMedia } from './call-engine-options.ts';
import type { MediaPolicy, RelayOpener } from './media-policy.ts';
import { OfferPassing, type RecordingTelling, RelayEnd } from './relay-end.ts';
import { SharedEnd } from './shared-end.ts';
import { SilenceWatch } from './silence-watch.ts';

/** What a call wants of its media. */
export interface CallMediaOptions {
  readonly backend: RelayOpener;
  readonly label: string;
  /** The caller's offer; without one each side is made an offer of its own. */
  readonly offer: Sdp | undefined;
  /** Whether our candidates may reach the caller after the answer to its offer (RFC 8840). */
  readonly trickles?: boolean;
  /** How media is offered to the callee; default: as the backend does. */
  readonly callee?: CalleeMedia | undefined;
  /** The same for the caller, where it makes no offer. */
  readonly caller?: CalleeMedia | undefined;
  /** Whose statistics those of the caller's end are; it stays when the other is transferred away. */
  readonly stays?: 'caller' | 'callee';
  /** What becomes of digits; absent: they pass as media passes. */
  readonly digits?: CallDigits | undefined;
  /** What of recordings is told to each side. */
  telling(side: 'caller' | 'callee'): RecordingTelling;
  /** `from`: whose end tells it. */
  onEvent(event: MediaEndpointEvent, from: 'caller' | 'callee'): void;
  /** Neither side has been heard for as long as the backend waits. */
  onDead(): void;
  /** A side has made an offer within the call: gives what asks the other one, or throws. */
  onOffer(from: 'caller' | 'callee'): () => void;
}

/** What becomes of the digits of a call's two ends. */
export interface CallDigits {
  /** Whether each side takes and is sent events for itself. */
  readonly converts: boolean;
  /** Whose audio is listened to for digits. */
  readonly inband: { readonly caller: boolean; readonly callee: boolean };
}

/** Final statistics of both sides of a call. */
export interface CallStats {
  readonly caller: MediaStats;
  readonly callee: MediaStats;
}

type Relay = Awaited<ReturnType<RelayOpener['openRelay']>>;

/** The relay between a caller and whoever answers. */
export class CallMedia {
  readonly callerEnd: RelayEnd;
  readonly calleeEnd: SharedEnd;
  /** Our answer to the caller's offer, once a contact has given its own. */
  readonly answer: Promise<Sdp> | undefined;
  /** What each end keeps to besides the engine's policy: its sessions are judged by it. */
  readonly policies: { readonly caller: MediaPolicy; readonly callee: MediaPolicy };
  private contactsOffer: Sdp | undefined;
  private readonly relay: Relay;
  private readonly stays: 'caller' | 'callee';

  /** Rejects with `MEDIA_NOT_ACCEPTABLE` where nothing in the caller's offer can be relayed. */
  static async open(options: CallMediaOptions): Promise<CallMedia> {
    const relay = await openRelay(options);
    try {
      return await prepare(relay, options);
    } catch (error) {
      await Promise.all([relay.a.close(), relay.b.close()]);
      throw error;
    }
  }

  /** A relay between two that talk already: each is asked with an offer of its own end. */
  static async between(options: CallMediaOptions): Promise<CallMedia> {
    const relay = await openRelay(options);
    return new CallMedia(relay, { ...options, offer: undefined, answer: undefined });
  }

  /** @internal */
  constructor(
    relay: Relay,
    {
      offer,
      answer,
      onOffer,
      telling,
      stays = 'caller',
      caller,
      callee,
    }: Pick<CallMediaOptions, 'onOffer' | 'telling' | 'stays' | 'caller' | 'callee'> & {
      offer: Sdp | undefined;
      answer: Promise<Sdp> | undefined;
    },
  ) {
    const passing = new OfferPassing((from) =>
      onOffer(from === this.callerEnd ? 'caller' : 'callee'),
    );
    this.relay = relay;
    this.stays = stays;
    this.policies = { caller: policyOf(caller), callee: policyOf(callee) };
    this.contactsOffer = offer;
    this.answer = answer;
    this.callerEnd = new RelayEnd(relay.a, passing, telling(stays));
    const leaves = stays === 'caller' ? 'callee' : 'caller';
    this.calleeEnd = new SharedEnd(relay.b, passing, telling(leaves));
  }

  /** The end of the relay that faces one side. */
  endOf(side: 'caller' | 'callee'): MediaEndpoint {
    return this.relay[nameOf(side, this.stays)];
  }

  /** What all contacts of the callee are offered; absent where its end makes offers as asked. */
  get offer(): Sdp | undefined {
    return this.contactsOffer;
  }

  /**
   * Who rang does not any more, and somebody else is called for whom the caller's answer has to stand:
   * what they are offered is what was agreed with the caller.
   */
  async offerAgain(): Promise<void> {
    this.calleeEnd.forget();
    this.contactsOffer = await this.relay.b.createOffer();
  }

  /** Frees both ends. */
  async close(): Promise<CallStats> {
    const [a, b] = await Promise.all([this.relay.a.close(), this.relay.b.close()]);
    return this.stays === 'caller' ? { caller: a, callee: b } : { caller: b, callee: a };
  }
}

/** Which end is whose: the first is that of the side that stays. */
function nameOf(side: 'caller' | 'callee', stays: 'caller' | 'callee'): 'a' | 'b' {
  return side === stays ? 'a' : 'b';
}

function policyOf({ srtp, keying }: CalleeMedia = {}): MediaPolicy {
  return { ...(srtp && { srtp }), ...(keying && { keying }) };
}

async function openRelay(options: CallMediaOptions): Promise<Relay> {
  const {
    backend,
    label,
    onEvent,
    onDead,
    caller: a,
    callee: b,
    digits,
    stays = 'caller',
  } = options;
  const leaves = stays === 'caller' ? 'callee' : 'caller';
  let watch: SilenceWatch | undefined;
  const relay = await backend.openRelay({
    label,
    ...ofEnds('srtp', a, b),
    ...ofEnds('keying', a, b),
    ...ofEnds('ice', a, b),
    ...(digits?.converts && {
      convertDigits: true,
      inbandDigits: { a: digits.inband[stays], b: digits.inband[leaves] },
    }),
    onEvent: (end, event) => {
      onEvent(event, end === 'a' ? stays : leaves);
      if (event.type !== 'timeout') return;
      void watch?.isDead(end).then(
        (dead) => dead && onDead(),
        () => {}, // closed meanwhile
      );
    },
  });
  watch = new SilenceWatch((end) => relay[end].stats());
  return relay;
}

/** One wish of both ends, where they have it. */
function ofEnds<K extends keyof CalleeMedia>(
  wish: K,
  a: CalleeMedia | undefined,
  b: CalleeMedia | undefined,
): Partial<Record<K, { a?: CalleeMedia[K]; b?: CalleeMedia[K] }>> {
  const ends = { ...(a?.[wish] && { a: a[wish] }), ...(b?.[wish] && { b: b[wish] }) };
  return Object.keys(ends).length === 0 ? {} : ({ [wish]: ends } as Record<K, typeof ends>);
}

async function prepare(relay: Relay, options: CallMediaOptions): Promise<CallMedia> {
  const { offer, trickles = false } = options;
  let refusal: unknown;
  const answer =
    offer === undefined ? undefined : relay.a.acceptOffer(offer, trickles ? { trickle: true } : {});
  // whoever awaits the answer hears of it too; here it must not go unheard while nobody does
  answer?.catch((error: unknown) => (refusal = error));
  await Promise.resolve(); // what cannot be read is refused by now, and nothing is spent on it
  if (refusal !== undefined) throw refusal;
  const forContacts = await relay.b.createOffer();
  if (refusal !== undefined) throw refusal;
  return new CallMedia(relay, { ...options, offer: forContacts, answer });
}
