import { StrowgerError, type Unsubscribe } from '@strowger/runtime';
import { NameAddr, type Uri } from '@strowger/sip-message';
import type { CallOptions, MediaWishes } from './call-options.ts';
import type { MediaBackend, MediaEndpoint } from './media-backend.ts';
import type { Session } from './session.ts';
import type { SessionEventDetails } from './session-events.ts';

/** Names a relay between two sessions of one manager. */
export type RelayId = string & { readonly __relayId: unique symbol };

/** @internal What bridges are made with. */
export interface BridgesOptions {
  readonly media: MediaBackend;
  /** What media of a new call keeps to. */
  readonly protection: Protection;
  call(options: CallOptions): Session;
  tell<T extends 'relayEstablished' | 'relayTerminated'>(
    session: Session,
    type: T,
    details: SessionEventDetails[T],
  ): void;
  newId(): string;
}

/** @internal How a target is called. */
export interface BridgedCall {
  readonly call: Partial<CallOptions>;
  onProgress(status: number): void;
}

/**
 * @internal Pairs of sessions whose media flows through a relay of the backend. What one side
 * changes is asked of the other; when one ends so does the other, and the relay is closed.
 */
export class Bridges {
  private readonly options: BridgesOptions;
  private readonly couples = new Map<RelayId, Couple>();

  constructor(options: BridgesOptions) {
    this.options = options;
  }

  /**
   * Moves the media of two answered sessions onto a relay. Rejects where one of them does not agree:
   * then `one` stays where it was, and `other` gets media of its own again where it had moved.
   */
  async join(one: Session, other: Session): Promise<RelayId> {
    const relay = await this.openRelay(one, other);
    let hasMoved = false;
    try {
      await other.moveMedia(relay.b);
      hasMoved = true;
      await one.moveMedia(relay.a);
    } catch (error) {
      if (hasMoved) await other.renewMedia().catch(() => {}); // why they were not joined says more
      await relay.close();
      throw error;
    }
    return this.couple(one, other, relay);
  }

  /** Parts two sessions again: each gets media of its own. Rejects with `NO_RELAY`. */
  async part(id: RelayId): Promise<void> {
    const couple = this.couples.get(id);
    if (couple === undefined) throw new StrowgerError('NO_RELAY', `there is no relay ${id}`);
    await Promise.all([couple.one.renewMedia(), couple.other.renewMedia()]);
    await this.end(id, 'parted');
  }

  /** Calls somebody on a relay, and moves the session there once that is answered. */
  async callAndJoin(
    session: Session,
    target: Uri | NameAddr,
    { call, onProgress }: BridgedCall,
  ): Promise<void> {
    let other: Session | undefined;
    const relay = await this.openRelay(session, () => other);
    try {
      const uri = target instanceof NameAddr ? target.uri : target;
      const from = session.local.withTag(undefined);
      other = this.options.call({ from, ...call, to: uri, endpoint: relay.b });
      const heard = other.on('progress', ({ status }) => onProgress(status));
      const giveUp = session.on('terminated', () => void other?.hangUp());
      await other.connected.finally(() => {
        heard();
        giveUp();
      });
      await session.moveMedia(relay.a);
    } catch (error) {
      await other?.hangUp();
      await relay.close();
      throw error;
    }
    this.couple(session, other, relay);
  }

  /** From here on the two sessions live and die together. */
  private couple(one: Session, other: Session, relay: Relay): RelayId {
    const { id } = relay;
    this.couples.set(id, { one, other, relay, unfollow: [follow(one, other), follow(other, one)] });
    this.options.tell(one, 'relayEstablished', { relayId: id, other: other.id });
    void Promise.all([one.ended, other.ended]).then(() => this.end(id, 'ended'));
    return id;
  }

  private async end(id: RelayId, reason: 'parted' | 'ended'): Promise<void> {
    const couple = this.couples.get(id);
    if (couple === undefined) return;
    this.couples.delete(id);
    for (const unfollow of couple.unfollow) unfollow();
    this.options.tell(couple.one, 'relayTerminated', { relayId: id, reason });
    await couple.relay.close();
  }

  private async openRelay(
    one: Session,
    other: Session | (() => Session | undefined),
  ): Promise<Relay> {
    let ends: Awaited<ReturnType<MediaBackend['openRelay']>> | undefined;
    const far = typeof other === 'function' ? this.options.protection : other.protection;
    ends = await this.options.media.openRelay({
      label: one.id,
      sessions: { a: one.id, ...(typeof other === 'function' ? {} : { b: other.id }) },
      ...perEnd('srtp', one.protection, far),
      ...perEnd('keying', one.protection, far),
      onEvent: (end, event) => {
        const there = typeof other === 'function' ? other() : other;
        if (ends !== undefined) (end === 'a' ? one : there)?.takeMediaEvent(event, ends[end]);
      },
    });
    const { a, b, relayId } = ends;
    const id = (relayId ?? this.options.newId()) as RelayId; // a brand
    return { id, a, b, close: async () => void (await Promise.allSettled([a.close(), b.close()])) };
  }
}

type Protection = Pick<MediaWishes, 'srtp' | 'keying'>;

/** What two sessions' ends of a relay keep to, each its own. */
function perEnd<K extends keyof Protection>(
  wish: K,
  a: Protection,
  b: Protection,
): { readonly [key in K]?: { a?: Protection[K]; b?: Protection[K] } } {
  const ends = { ...(a[wish] && { a: a[wish] }), ...(b[wish] && { b: b[wish] }) };
  if (ends.a === undefined && ends.b === undefined) return {};
  return { [wish]: ends } as { [key in K]: typeof ends }; // the compiler widens the key
}

interface Couple {
  readonly one: Session;
  readonly other: Session;
  readonly relay: Relay;
  readonly unfollow: readonly Unsubscribe[];
}

interface Relay {
  readonly id: RelayId;
  readonly a: MediaEndpoint;
  readonly b: MediaEndpoint;
  close(): Promise<void>;
}

function follow(one: Session, other: Session): Unsubscribe {
  const hangUp = (): void => void other.hangUp();
  if (one.endReason !== undefined) hangUp();
  const listeners = [
    one.on('stateChanged', ({ to }) => {
      if (to === 'terminating') hangUp();
    }),
    one.on('changeOffered', () => {
      other.renegotiate().catch(() => {}); // the relay tells the side that asked
    }),
  ];
  return () => listeners.forEach((end) => end());
}
