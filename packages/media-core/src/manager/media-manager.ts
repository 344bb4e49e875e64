import {
  Emitter,
  nodeRuntime,
  type Runtime,
  StrowgerError,
  type Unsubscribe,
} from '@strowger/runtime';
import type {
  EndpointRequest,
  FeedEndpoint,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaEngine,
  MediaStats,
  RecordingFeedRequest,
  RelayRequest,
} from '../engine/media-backend.ts';
import type { ConferenceRequest, MediaConference } from '../engine/media-conference.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import {
  extractMediaConfig,
  type MediaConfig,
  type MediaDirection,
  type Sdp,
} from '../sdp/index.ts';
import { ManagedEndpoint } from './managed-endpoint.ts';
import { ManagedEndpoints, tellMediaEvent } from './managed-endpoints.ts';
import type {
  MediaEvent,
  MediaEventDetails,
  MediaEvents,
  MediaSessionId,
  RelayId,
} from './media-event.ts';
import { type MediaRelay, relayBetween } from './media-relay.ts';
import { type MediaAudio, MediaSession, type RtpStreamInfo } from './media-session.ts';

/** What a manager is made with. */
export interface MediaManagerOptions {
  /** From `createMediaEngine`; the manager closes what it opened there, not the engine. */
  readonly engine: MediaEngine;
  /** Default `nodeRuntime()`. */
  readonly runtime?: Runtime;
}

/** Descriptions that were exchanged by somebody else, and who tells and hears of the media. */
export interface NegotiatedRequest extends Pick<EndpointRequest, 'label' | 'onEvent'> {
  /** Our description: its port is one that `setupRtpStreams` gave. */
  readonly local: Sdp;
  readonly remote: Sdp;
  /** Whose the offer was: ours, or theirs. */
  readonly role: 'offerer' | 'answerer';
}

interface Relay {
  readonly relay: MediaRelay;
  /** Of `setupRtpRelay`; the ends of `openRelay` are no sessions that could be in another one. */
  readonly sessions: readonly MediaSession[];
  readonly ends?: readonly MediaSessionId[];
}

/**
 * Local media by the names of its sessions. For programs that negotiate by themselves: ports and streams
 * first, then what was agreed (`extractMediaConfig`), then RTP. And for `SessionManager`, as its media
 * backend: what that opens are media sessions here, under the session's own id. A media session goes
 * `reserved`, `configured`, `active` and is gone. Everything rejects with a `StrowgerError`:
 * `MEDIA_UNKNOWN_SESSION` for an id that is none or no more, `MEDIA_WRONG_STATE`, and what the engine
 * says.
 */
export class MediaManager {
  private readonly engine: MediaEngine;
  private readonly runtime: Runtime;
  private readonly sessions = new Map<MediaSessionId, MediaSession>();
  /** Those that offer and answer by themselves. */
  private readonly endpoints: ManagedEndpoints;
  private readonly feeds = new Set<FeedEndpoint>();
  private readonly relays = new Map<RelayId, Relay>();
  private readonly events: Emitter<MediaEvents>;
  private seq = 0;

  constructor({ engine, runtime = nodeRuntime() }: MediaManagerOptions) {
    this.engine = engine;
    this.runtime = runtime;
    this.events = new Emitter((error) =>
      runtime.logger.error({ error }, 'a listener to media events threw'),
    );
    this.endpoints = new ManagedEndpoints({
      engine,
      newId: () => this.newId(),
      tell: (type, details) => this.tell(type, details),
      onGone: (_, reason) => this.endpointGone(reason),
    });
  }

  on<T extends keyof MediaEvents>(type: T, listener: (event: MediaEvents[T]) => void): Unsubscribe {
    return this.events.on(type, listener);
  }

  /** An endpoint of the engine that is a media session here; `label` names the session that it is for. */
  openEndpoint(request: EndpointRequest): Promise<ManagedEndpoint> {
    return this.endpoints.open(request);
  }

  /**
   * The endpoint of streams that were set up, running as two descriptions say that were exchanged by
   * somebody else; it negotiates on from there. Rejects with `MEDIA_UNKNOWN_SESSION` where no streams
   * are at the port of `local`, `MEDIA_NOT_ACCEPTABLE` where the two do not fit, `MEDIA_WRONG_STATE` where
   * they run for somebody, `MEDIA_UNSUPPORTED` for keys by DTLS.
   */
  async openNegotiated(request: NegotiatedRequest): Promise<ManagedEndpoint> {
    const { label: sessionId, local, remote, role, onEvent } = request;
    const agreed = extractMediaConfig({ local, remote, role });
    if (!agreed.ok) {
      const { message, section } = agreed.reason;
      throw new StrowgerError('MEDIA_NOT_ACCEPTABLE', `${message} (${section})`);
    }
    const { config } = agreed;
    const session = this.streamsAt(config);
    const { id } = session;
    await session.adopt({ sessionId, config, local, remote, listener: onEvent });
    this.find(id); // it was stopped meanwhile
    this.tell('mediaStarted', { sessionId, mediaSessionId: id, config });
    const { endpoint } = session.stream;
    const close = (): Promise<MediaStats> =>
      this.sessions.has(id) ? this.stopMedia(id, 'closed') : endpoint.close();
    return new ManagedEndpoint({ id, sessionId, endpoint, onAgreed: () => {}, close });
  }

  /** What the engine opens; the streams may be endpoints and ends of relays of this manager. */
  async openRecordingFeed(request: RecordingFeedRequest): Promise<FeedEndpoint> {
    this.endpoints.assertOpen();
    const streams = request.streams.map((stream) => {
      const { of } = stream;
      return of instanceof ManagedEndpoint ? { ...stream, of: of.endpoint } : stream;
    });
    const feed = await this.engine.openRecordingFeed({ ...request, streams });
    await this.keep(() => feed.close());
    this.feeds.add(feed);
    const close = feed.close.bind(feed);
    return Object.assign(feed, {
      close: (): ReturnType<FeedEndpoint['close']> => {
        this.feeds.delete(feed);
        return close();
      },
    });
  }

  /** A relay of the engine; its ends are media sessions here, and it is told as those of `setupRtpRelay`. */
  async openRelay(
    request: RelayRequest,
  ): Promise<{ a: ManagedEndpoint; b: ManagedEndpoint; relayId: RelayId }> {
    const { a, b } = await this.endpoints.openRelay(request);
    const relayId = this.newRelayId();
    const end = async (): Promise<void> => {
      await Promise.allSettled([a.close(), b.close()]);
    };
    const ends = [a.mediaSessionId, b.mediaSessionId];
    this.relays.set(relayId, { relay: { mode: 'packets', end }, sessions: [], ends });
    const named = { sessionAId: a.sessionId, sessionBId: b.sessionId };
    this.tell('relayEstablished', { relayId, ...named });
    return { a, b, relayId };
  }

  /** A conference of the engine, whose members are media sessions here. */
  openConference(request: ConferenceRequest): Promise<MediaConference> {
    return this.endpoints.openConference(request);
  }

  /** Of the engine: all its endpoints and ports, whoever opened them. */
  usage(): { endpoints: number; ports: number } {
    return this.engine.usage();
  }

  /** Binds a pair of ports: what a description of ours has to say. They are held until `stopMedia`. */
  async setupRtpStreams({ label = 'media' }: { label?: string } = {}): Promise<RtpStreamInfo> {
    this.endpoints.assertOpen();
    const id = this.newId();
    const holder: { session?: MediaSession } = {};
    const stream = await this.engine.openStream({
      label,
      onEvent: (event) => holder.session && this.onMedia(holder.session, event),
    });
    await this.keep(() => stream.endpoint.close());
    const session = new MediaSession(id, stream);
    holder.session = session;
    this.sessions.set(id, session);
    return session.info;
  }

  /**
   * Takes what was agreed for the streams that were set up at `config.local`. Rejects with
   * `MEDIA_UNKNOWN_SESSION` where none were: nobody could have been told of that port.
   */
  async createMediaSession(config: MediaConfig): Promise<MediaSessionId> {
    const session = this.streamsAt(config);
    session.assign(config);
    return session.id;
  }

  /** RTP runs from now on; `sessionId` is the application's own name of the session it is for. */
  async startMedia(sessionId: string, mediaSessionId: MediaSessionId): Promise<void> {
    const session = this.find(mediaSessionId);
    const config = await session.start(sessionId);
    this.tell('mediaStarted', { sessionId, mediaSessionId, config });
  }

  /** Says BYE, frees the ports, ends a relay that it is in; resolves with what was counted. */
  async stopMedia(mediaSessionId: MediaSessionId, reason: string): Promise<MediaStats> {
    const stopped = await this.endpoints.stop(mediaSessionId, reason);
    if (stopped !== undefined) return stopped;
    const session = this.find(mediaSessionId);
    this.sessions.delete(mediaSessionId);
    await this.endRelaysOf(session, reason);
    const stats = await session.stream.endpoint.close();
    const { sessionId } = session;
    if (sessionId !== undefined) this.tell('mediaStopped', { sessionId, mediaSessionId, reason });
    return stats;
  }

  /** Holds, resumes, mutes: the direction of a session that runs, agreed or not. */
  async updateMediaDirection(id: MediaSessionId, direction: MediaDirection): Promise<void> {
    await this.find(id).turn(direction);
  }

  /**
   * The media of two sessions flows through each other: packet by packet where they are in one worker
   * and have a codec in common, else by its sound. Rejects with `MEDIA_WRONG_STATE` where one is not
   * active, or in a relay already.
   */
  async setupRtpRelay(sessionAId: string, sessionBId: string): Promise<RelayId> {
    const sessions = [this.active(sessionAId), this.active(sessionBId)] as const;
    const [a, b] = sessions;
    this.assertFree(a, b);
    const relay = await relayBetween(a.stream, b.stream);
    try {
      this.find(a.id);
      this.find(b.id);
      this.assertFree(a, b);
    } catch (error) {
      await relay.end(); // one was stopped meanwhile, or is in another relay
      throw error;
    }
    const relayId = this.newRelayId();
    this.relays.set(relayId, { relay, sessions });
    this.tell('relayEstablished', { relayId, sessionAId, sessionBId, mode: relay.mode });
    return relayId;
  }

  /** Both sessions play and hear by themselves again. */
  async teardownRtpRelay(relayId: RelayId, reason = 'torn down'): Promise<void> {
    const found = this.relays.get(relayId);
    if (found === undefined) throw unknown(`relay ${relayId}`);
    this.relays.delete(relayId);
    await found.relay.end();
    this.tell('relayTerminated', { relayId, reason });
  }

  /** What a session plays, records, hears and says. */
  audio(id: MediaSessionId): MediaAudio {
    return this.endpointOf(id);
  }

  /** Where a session's RTP is, and how it runs. */
  rtpStreamInfo(id: MediaSessionId): RtpStreamInfo {
    return this.endpoints.get(id)?.info ?? this.find(id).info;
  }

  /** How well the other side was heard until now; absent before anything came. */
  async qualityMetrics(id: MediaSessionId): Promise<QualityMetrics | undefined> {
    const { quality } = await this.endpointOf(id).stats();
    return quality;
  }

  /** The media sessions that were started for a session of the application's. */
  mediaSessionsOf(sessionId: string): MediaSessionId[] {
    const streams = [...this.sessions].filter(([, one]) => one.sessionId === sessionId);
    return [...streams.map(([id]) => id), ...this.endpoints.of(sessionId)];
  }

  /**
   * Stops every session, conference and copy for a recorder, and opens none from now on
   * (`MEDIA_CLOSED`); the engine goes on.
   */
  async close(): Promise<void> {
    const streams = [...this.sessions.keys()].map((id) => this.stopMedia(id, 'closed'));
    const feeds = [...this.feeds].map((feed) => feed.close());
    await Promise.all([...streams, ...feeds, this.endpoints.close()]);
  }

  private onMedia(session: MediaSession, event: MediaEndpointEvent): void {
    const { id: mediaSessionId, sessionId } = session;
    if (event.type === 'failed') this.fail(session, event);
    else if (sessionId !== undefined) {
      tellMediaEvent({ sessionId, mediaSessionId }, event, (type, details) =>
        this.tell(type, details),
      );
    }
    session.listener?.(event);
    // a tone is in the sound
    if (event.type === 'digit' && event.source === 'rtp') this.passDigit(session, event);
  }

  /** A relay whose ends are both closed is no more. */
  private endpointGone(reason: string): void {
    for (const [relayId, { ends }] of this.relays) {
      if (ends === undefined || ends.some((id) => this.endpoints.get(id) !== undefined)) continue;
      this.relays.delete(relayId);
      this.tell('relayTerminated', { relayId, reason });
    }
  }

  private endpointOf(id: MediaSessionId): MediaEndpoint {
    return this.endpoints.get(id) ?? this.find(id).stream.endpoint;
  }

  private newId(): MediaSessionId {
    return this.runtime.random.token() as MediaSessionId; // the only place where ids are made
  }

  private newRelayId(): RelayId {
    return this.runtime.random.token() as RelayId; // the only place where ids are made
  }

  /** Where the sound is relayed and not its packets, digits that are events go on beside it. */
  private passDigit(
    from: MediaSession,
    { digit, durationMs }: { digit: string; durationMs: number },
  ): void {
    const found = [...this.relays.values()].find((one) => isIn(one, from));
    const to = found?.sessions.find((one) => one !== from);
    if (found?.relay.mode !== 'audio' || to === undefined) return;
    const length = Math.min(8000, Math.max(40, durationMs));
    to.stream.endpoint.sendDigits(digit, { durationMs: length }).catch(() => {
      // the other side takes no events, or is gone: there is nobody to tell it to
    });
  }

  private fail(session: MediaSession, { code, message }: { code: string; message: string }): void {
    const { id: mediaSessionId, sessionId = '' } = session;
    this.sessions.delete(mediaSessionId);
    this.tell('mediaFailed', { sessionId, mediaSessionId, error: { code, message } });
    void this.endRelaysOf(session, message);
    session.stream.endpoint.close().catch(() => {
      // it failed: what it has left to say was told
    });
  }

  private async endRelaysOf(session: MediaSession, reason: string): Promise<void> {
    const ids = [...this.relays].filter(([, one]) => isIn(one, session)).map(([id]) => id);
    await Promise.all(ids.map((id) => this.teardownRtpRelay(id, reason)));
  }

  private assertFree(a: MediaSession, b: MediaSession): void {
    if (a === b || [...this.relays.values()].some((one) => isIn(one, a) || isIn(one, b))) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'A session is in one relay, with another one');
    }
  }

  /** What was opened while everything was closed is closed as well. */
  private async keep(close: () => Promise<unknown>): Promise<void> {
    try {
      this.endpoints.assertOpen();
    } catch (error) {
      await close();
      throw error;
    }
  }

  private streamsAt({ local: { address, port } }: MediaConfig): MediaSession {
    for (const session of this.sessions.values()) {
      const { local } = session.stream;
      if (local.port === port && local.address === address) return session;
    }
    throw unknown(`streams at ${address}:${port}`);
  }

  private find(id: MediaSessionId): MediaSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw unknown(`media session ${id}`);
    return session;
  }

  private active(sessionId: string): MediaSession {
    for (const session of this.sessions.values()) {
      if (session.sessionId === sessionId && session.state === 'active') return session;
    }
    throw new StrowgerError('MEDIA_WRONG_STATE', `Session ${sessionId} has no active media`);
  }

  private tell<T extends keyof MediaEventDetails>(type: T, details: MediaEventDetails[T]): void {
    const head = { type, seq: ++this.seq, at: this.runtime.clock.wall() };
    // head and details of one type make its event
    this.events.emit(type, { ...head, ...details } as unknown as MediaEvents[T] & MediaEvent);
  }
}

function isIn({ sessions }: Relay, session: MediaSession): boolean {
  return sessions.includes(session);
}

function unknown(what: string): StrowgerError {
  return new StrowgerError('MEDIA_UNKNOWN_SESSION', `There is no ${what}`);
}
