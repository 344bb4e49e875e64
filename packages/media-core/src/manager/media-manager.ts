import {
  Emitter,
  nodeRuntime,
  type Runtime,
  StrowgerError,
  type Unsubscribe,
} from '@strowger/runtime';
import type { MediaEndpointEvent, MediaEngine, MediaStats } from '../engine/media-backend.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import type { MediaConfig, MediaDirection } from '../sdp/index.ts';
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

interface Relay {
  readonly relay: MediaRelay;
  readonly sessions: readonly [MediaSession, MediaSession];
}

/**
 * The local media backend for programs that negotiate by themselves: ports and streams first, then
 * what was agreed (`extractMediaConfig`), then RTP. A media session goes `reserved`, `configured`,
 * `active` and is gone. Everything rejects with a `StrowgerError`: `MEDIA_UNKNOWN_SESSION` for an id
 * that is none or no more, `MEDIA_WRONG_STATE`, and what the engine says.
 */
export class MediaManager {
  private readonly engine: MediaEngine;
  private readonly runtime: Runtime;
  private readonly sessions = new Map<MediaSessionId, MediaSession>();
  private readonly relays = new Map<RelayId, Relay>();
  private readonly events: Emitter<MediaEvents>;
  private seq = 0;

  constructor({ engine, runtime = nodeRuntime() }: MediaManagerOptions) {
    this.engine = engine;
    this.runtime = runtime;
    this.events = new Emitter((error) =>
      runtime.logger.error({ error }, 'a listener to media events threw'),
    );
  }

  on<T extends keyof MediaEvents>(type: T, listener: (event: MediaEvents[T]) => void): Unsubscribe {
    return this.events.on(type, listener);
  }

  /** Binds a pair of ports: what a description of ours has to say. They are held until `stopMedia`. */
  async setupRtpStreams({ label = 'media' }: { label?: string } = {}): Promise<RtpStreamInfo> {
    const id = this.runtime.random.token() as MediaSessionId; // the only place where ids are made
    const holder: { session?: MediaSession } = {};
    const stream = await this.engine.openStream({
      label,
      onEvent: (event) => holder.session && this.onMedia(holder.session, event),
    });
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
    const { address, port } = config.local;
    for (const session of this.sessions.values()) {
      const { local } = session.stream;
      if (local.port !== port || local.address !== address) continue;
      session.assign(config);
      return session.id;
    }
    throw unknown(`streams at ${address}:${port}`);
  }

  /** RTP runs from now on; `sessionId` is the application's own name of the session it is for. */
  async startMedia(sessionId: string, mediaSessionId: MediaSessionId): Promise<void> {
    const session = this.find(mediaSessionId);
    const config = await session.start(sessionId);
    this.tell('mediaStarted', { sessionId, mediaSessionId, config });
  }

  /** Says BYE, frees the ports, ends a relay that it is in; resolves with what was counted. */
  async stopMedia(mediaSessionId: MediaSessionId, reason: string): Promise<MediaStats> {
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
    if (a === b || [...this.relays.values()].some((one) => isIn(one, a) || isIn(one, b))) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'A session is in one relay, with another one');
    }
    const relay = await relayBetween(a.stream, b.stream);
    const relayId = this.runtime.random.token() as RelayId; // the only place where ids are made
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
    return this.find(id).stream.endpoint;
  }

  /** Where a session's RTP is, and how it runs. */
  rtpStreamInfo(id: MediaSessionId): RtpStreamInfo {
    return this.find(id).info;
  }

  /** How well the other side was heard until now; absent before anything came. */
  async qualityMetrics(id: MediaSessionId): Promise<QualityMetrics | undefined> {
    const { quality } = await this.find(id).stream.endpoint.stats();
    return quality;
  }

  /** The media sessions that were started for a session of the application's. */
  mediaSessionsOf(sessionId: string): MediaSessionId[] {
    const all = [...this.sessions.values()];
    return all.filter((one) => one.sessionId === sessionId).map(({ id }) => id);
  }

  /** Stops every session; the engine goes on. */
  async close(): Promise<void> {
    await Promise.all([...this.sessions.keys()].map((id) => this.stopMedia(id, 'closed')));
  }

  private onMedia(session: MediaSession, event: MediaEndpointEvent): void {
    const { id: mediaSessionId, sessionId } = session;
    if (event.type === 'failed') return this.fail(session, event);
    if (sessionId === undefined) return;
    if (event.type === 'timeout') {
      this.tell('mediaSilent', { sessionId, mediaSessionId, silentMs: event.silentMs });
    } else if (event.type === 'qualityChanged') {
      const { from, to, metrics } = event;
      this.tell('mediaQualityChanged', { sessionId, mediaSessionId, from, to, metrics });
    } else if (event.type === 'digit') {
      const { digit, durationMs } = event;
      this.tell('mediaDigit', { sessionId, mediaSessionId, digit, durationMs });
      if (event.source === 'rtp') this.passDigit(session, event); // a tone is in the sound
    }
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
