import { StrowgerError, type Unsubscribe } from '@strowger/runtime';
import type { Challenge } from '@strowger/sip-message';
import { type CallStatistics, statisticsOf } from './call-statistics.ts';
import { endCall } from './call-verbs.ts';
import type { EndReason, PeerReason } from './end-reason.ts';
import type { EventsDropped, EventStreamOptions } from './event-stream.ts';
import { DialogManager } from './dialog-manager.ts';
import type { DialogId } from '@strowger/dialog-core';
import type { MediaSessionId, Sdp, SessionMediaManager } from './media-backend.ts';
import type { Session } from './session.ts';
import { SessionAuthentication, type SessionCredentials } from './session-authentication.ts';
import type { SessionEvent, SessionEvents } from './session-events.ts';
import type { SessionManagerOptions } from './session-manager-options.ts';
import { SessionRegistry } from './session-registry.ts';
import { isMeant, type SessionFilter } from './session-search.ts';
import type { SessionId } from './session-state.ts';
import { badOption } from './recovery.ts';

/** The sessions of a manager: how they are found, listened to, counted, and asked who they are. */
export abstract class SessionDirectory {
  /** The dialogs of the sessions. */
  readonly dialogManager: DialogManager;
  /** @internal */
  protected readonly registry: SessionRegistry;
  /** @internal */
  protected readonly options: SessionManagerOptions;
  /** @internal */
  protected readonly authentication: SessionAuthentication | undefined;

  /** @internal */
  constructor(options: SessionManagerOptions) {
    this.options = options;
    this.registry = new SessionRegistry(options.runtime.clock, (error) => this.report(error));
    this.dialogManager = new DialogManager(this.registry);
    this.authentication = this.makeAuthentication();
  }

  /** The live sessions, oldest first. */
  sessions(): Session[] {
    return this.registry.all();
  }

  get(id: SessionId): Session | undefined {
    return this.registry.get(id);
  }

  /** The session of a dialog, early ones too; the tags in either order. Constant time. */
  findSessionForDialog(callId: string, fromTag: string, toTag: string): Session | undefined {
    return this.registry.byTags(callId, fromTag, toTag);
  }

  /**
   * Says that a session is a leg of the application's call `callId`; a session belongs to one call
   * at most. Throws `NO_SESSION` when it does not live.
   */
  linkSessionToCall(id: SessionId, callId: string): void {
    this.registry.link(id, callId);
  }

  /** The live sessions that were linked to this call, in the order of linking. */
  getSessionsForCall(callId: string): Session[] {
    return this.registry.sessionsOf(callId);
  }

  /** The application's call that a live session was linked to. */
  callOf(id: SessionId): string | undefined {
    const session = this.registry.get(id);
    return session && this.registry.callOf(session);
  }

  /** Live sessions that the filter means, oldest first; by call in constant time. */
  find({ linkedTo, ...filter }: SessionFilter): Session[] {
    const { registry } = this;
    const among = linkedTo === undefined ? registry.all() : registry.sessionsOf(linkedTo);
    return among.filter((session) => isMeant(session, filter));
  }

  /** Ends all sessions that the filter means; resolves with why each ended, when all have. */
  endSessions(
    filter: SessionFilter,
    options: { readonly reason?: PeerReason } = {},
  ): Promise<EndReason[]> {
    return Promise.all(this.find(filter).map((session) => endCall(session, options)));
  }

  /** The live legs of an application's call, and their sums. */
  getCallStatistics(callId: string): Promise<CallStatistics> {
    const now = this.options.runtime.clock.wall();
    return statisticsOf(callId, this.registry.sessionsOf(callId), now);
  }

  /** All events that pass, as they come; what a slow reader missed is told as `dropped`. */
  events<T extends SessionEvent['type'] = SessionEvent['type']>(
    options?: EventStreamOptions<T>,
  ): AsyncGenerator<SessionEvents[T] | EventsDropped, void, void> {
    return this.registry.streams.read(options);
  }

  /**
   * The caller has to prove who it is (RFC 3261 §22): resolves with whether it has. Where not, it was
   * challenged, or refused with 403 after too many failures, and the session ends. Rejects with
   * `NO_AUTHENTICATION` without `authentication`, and `SESSION_STATE` for a call of ours.
   */
  async requireAuthentication(id: SessionId): Promise<boolean> {
    return this.authenticator().require(this.registry.live(id));
  }

  /**
   * Refuses a call with a challenge; gives what that says. Throws `SESSION_STATE` unless it waits for
   * its answer, `NO_SESSION`, `NO_AUTHENTICATION`.
   */
  challengeSession(id: SessionId): readonly Challenge[] {
    return this.authenticator().challenge(this.registry.live(id));
  }

  /** Whether the caller knows this very password, by its INVITE; rejects as `requireAuthentication`. */
  async authenticateSession(id: SessionId, credentials: SessionCredentials): Promise<boolean> {
    return this.authenticator().authenticate(this.registry.live(id), credentials);
  }

  private authenticator(): SessionAuthentication {
    if (this.authentication !== undefined) return this.authentication;
    throw badOption(
      'NO_AUTHENTICATION',
      'authentication',
      'the manager was given no `authentication`',
    );
  }

  /** Listens to all sessions. Told after the state was committed and the outputs were performed. */
  on<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.registry.events.on(type, listener);
  }

  /** Listens to all sessions, once. */
  once<T extends keyof SessionEvents>(
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe {
    return this.registry.events.once(type, listener);
  }

  off<T extends keyof SessionEvents>(type: T, listener: (event: SessionEvents[T]) => void): void {
    this.registry.events.off(type, listener);
  }

  /** Opens media for an answered session, and offers it; see `Session.startMedia`. */
  async startSessionMedia(id: SessionId): Promise<void> {
    return this.registry.live(id).startMedia();
  }

  /** Takes media away from a session that goes on; see `Session.stopMedia`. */
  async stopSessionMedia(id: SessionId): Promise<void> {
    return this.registry.live(id).stopMedia();
  }

  /** Applies a description to the media of a session; see `Session.updateMedia`. */
  async updateSessionMedia(id: SessionId, sdp: Sdp): Promise<Sdp> {
    return this.registry.live(id).updateMedia(sdp);
  }

  /**
   * Gives the session of a dialog media that runs as two descriptions say which the application has
   * exchanged itself: it answered with `answer({ sdp })`, called with `call({ offer })`, or brings them from
   * elsewhere. The port of `local` is one that the backend gave out before: `mediaManager.setupRtpStreams`.
   * From then on the media is the session's own: it goes by the session-media table, offers that come
   * are answered, and it is closed with the session or by `teardownMediaForSession`.
   *
   * Resolves with its name. Rejects with `NO_SESSION` for a dialog of nobody, `SESSION_STATE` unless the
   * call is answered and no negotiation is under way, `SESSION_MEDIA_OWNED` where it has media,
   * `MEDIA_UNSUPPORTED` where the backend cannot, `MEDIA_UNKNOWN_SESSION` for a port that it did not give out,
   * `MEDIA_NOT_ACCEPTABLE` for two descriptions that do not fit; then nothing has changed.
   *
   * @param options.role whose the offer was; default: as the INVITE had it.
   */
  async setupMediaForDialog(
    { callId, localTag, remoteTag }: DialogId,
    local: Sdp,
    remote: Sdp,
    options: { readonly role?: 'offerer' | 'answerer' } = {},
  ): Promise<MediaSessionId> {
    const session = this.registry.byTags(callId, localTag, remoteTag);
    if (session === undefined) {
      throw new StrowgerError('NO_SESSION', `there is no session of the dialog ${callId}`);
    }
    return session.setupMedia({ local, remote, role: options.role });
  }

  /** The media backend, where it keeps media by the ids of sessions; see `SessionMediaManager`. */
  get mediaManager(): SessionMediaManager | undefined {
    const { media } = this.options;
    return 'mediaSessionsOf' in media && 'setupRtpStreams' in media
      ? (media as SessionMediaManager) // what has both is one
      : undefined;
  }

  /** Frees the media of a session that goes on, and asks nobody; see `Session.tearDownMedia`. */
  async teardownMediaForSession(id: SessionId): Promise<void> {
    return this.registry.live(id).tearDownMedia();
  }

  private makeAuthentication(): SessionAuthentication | undefined {
    const { authentication, runtime } = this.options;
    if (authentication === undefined) return undefined;
    return new SessionAuthentication(authentication, runtime, (session, event) => {
      const source = session.source?.address ?? '';
      this.registry.emit(session, 'security', { ...event, source });
    });
  }

  /** @internal */
  protected report(error: unknown): void {
    this.options.runtime.logger.error({ err: error }, 'the application threw');
  }
}
