import type { Dialog } from '@strowger/dialog-core';
import { type Clock, Emitter, StrowgerError, type Unsubscribe } from '@strowger/runtime';
import type { NameAddr } from '@strowger/sip-message';
import { CallLinks } from './call-links.ts';
import { EventStreams } from './event-stream.ts';
import type { Session } from './session.ts';
import type { SessionEvent, SessionEventDetails, SessionEvents } from './session-events.ts';
import type { SessionId } from './session-state.ts';

/** @internal The live sessions of a manager: by id, by dialog, by call; and who listens to them. */
export class SessionRegistry {
  readonly events: Emitter<SessionEvents>;
  readonly streams = new EventStreams();
  private readonly sessions = new Map<SessionId, Session>();
  private readonly byDialog = new Map<string, Session>();
  private readonly byCallId = new Map<string, readonly Session[]>();
  private readonly byCaller = new Map<string, number>();
  private readonly links = new CallLinks<Session>();
  private readonly ownEvents = new Map<SessionId, Emitter<SessionEvents>>();
  private readonly clock: Clock;
  private readonly report: (error: unknown) => void;
  private seq = 0;

  constructor(clock: Clock, report: (error: unknown) => void) {
    this.clock = clock;
    this.report = report;
    this.events = new Emitter(report);
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Of all sessions, early ones too. */
  get dialogs(): number {
    return this.byDialog.size;
  }

  /** How many sessions this address has begun. */
  begunBy(address: NameAddr): number {
    return this.byCaller.get(keyOfAddress(address)) ?? 0;
  }

  all(): Session[] {
    return [...this.sessions.values()];
  }

  get(id: SessionId): Session | undefined {
    return this.sessions.get(id);
  }

  /** Throws `NO_SESSION` where it does not live. */
  live(id: SessionId): Session {
    const session = this.sessions.get(id);
    if (session === undefined) throw new StrowgerError('NO_SESSION', `there is no session ${id}`);
    return session;
  }

  add(session: Session): void {
    this.sessions.set(session.id, session);
    this.countCaller(session, 1);
    const { callId } = session;
    this.byCallId.set(callId, [...(this.byCallId.get(callId) ?? []), session]);
  }

  remove(session: Session): void {
    this.sessions.delete(session.id);
    this.countCaller(session, -1);
    const { callId } = session;
    const others = this.byCallId.get(callId)?.filter((one) => one !== session) ?? [];
    if (others.length > 0) this.byCallId.set(callId, others);
    else this.byCallId.delete(callId);
    this.ownEvents.delete(session.id);
    this.links.unlink(session);
  }

  private countCaller({ direction, local, remote }: Session, by: 1 | -1): void {
    const key = keyOfAddress(direction === 'incoming' ? remote : local);
    const count = (this.byCaller.get(key) ?? 0) + by;
    if (count > 0) this.byCaller.set(key, count);
    else this.byCaller.delete(key);
  }

  /** The tags in either order. */
  byTags(callId: string, oneTag: string, otherTag: string): Session | undefined {
    const { byDialog } = this;
    return (
      byDialog.get(keyOf(callId, oneTag, otherTag)) ?? byDialog.get(keyOf(callId, otherTag, oneTag))
    );
  }

  /** The one of this Call-ID; nobody where we talk to ourselves. */
  onlyOf(callId: string): Session | undefined {
    const found = this.byCallId.get(callId);
    return found?.length === 1 ? found[0] : undefined;
  }

  mapDialog(session: Session, { id }: Dialog, exists: boolean): void {
    const key = keyOf(id.callId, id.localTag, id.remoteTag);
    if (exists) this.byDialog.set(key, session);
    else if (this.byDialog.get(key) === session) this.byDialog.delete(key);
  }

  /** Throws `NO_SESSION` where it does not live. */
  link(id: SessionId, callId: string): void {
    this.links.link(this.live(id), callId);
  }

  callOf(session: Session): string | undefined {
    return this.links.callOf(session);
  }

  sessionsOf(callId: string): Session[] {
    return this.links.of(callId);
  }

  listen<T extends keyof SessionEvents>(
    id: SessionId,
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    if (!this.sessions.has(id)) return () => {};
    const own = this.ownEvents.get(id) ?? new Emitter(this.report);
    this.ownEvents.set(id, own);
    return own.on(type, listener);
  }

  emit<T extends keyof SessionEventDetails>(
    { id, callId }: Session,
    type: T,
    details: SessionEventDetails[T],
  ): void {
    const head = { type, seq: ++this.seq, at: this.clock.wall(), sessionId: id, callId };
    // `details` are those of `type`, which the compiler cannot follow through the generic
    const told = { ...details, ...head } as SessionEvent;
    const event = told as SessionEvents[T];
    this.streams.tell(told);
    this.events.emit(type, event);
    this.ownEvents.get(id)?.emit(type, event);
  }
}

/** Host and user alone: parameters do not make another user of somebody. */
function keyOfAddress({ uri }: NameAddr): string {
  return 'host' in uri ? `${uri.user ?? ''}@${uri.host.toLowerCase()}` : uri.toString();
}

function keyOf(callId: string, oneTag: string, otherTag: string): string {
  return `${callId}\n${oneTag}\n${otherTag}`;
}
