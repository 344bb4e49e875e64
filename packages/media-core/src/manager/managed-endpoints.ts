import { StrowgerError } from '@strowger/runtime';
import type {
  EndpointRequest,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaEngine,
  MediaStats,
  RelayRequest,
} from '../engine/media-backend.ts';
import type {
  ConferenceMemberRequest,
  ConferenceRequest,
  MediaConference,
} from '../engine/media-conference.ts';
import { ManagedEndpoint } from './managed-endpoint.ts';
import type { MediaEventDetails, MediaSessionId } from './media-event.ts';

/** What managed endpoints are made with. */
export interface ManagedEndpointsOptions {
  readonly engine: MediaEngine;
  newId(): MediaSessionId;
  tell<T extends keyof MediaEventDetails>(type: T, details: MediaEventDetails[T]): void;
  /** One is over, and no longer among them. */
  onGone(id: MediaSessionId, reason: string): void;
}

/** Who an event is of; `id` is absent until the endpoint is there. */
interface Named {
  readonly id: MediaSessionId | undefined;
  readonly sessionId: string;
}

/** Endpoints of an engine that offer and answer by themselves, as media sessions of a manager. */
export class ManagedEndpoints {
  private readonly options: ManagedEndpointsOptions;
  private readonly byId = new Map<MediaSessionId, ManagedEndpoint>();
  private readonly conferences = new Set<MediaConference>();
  private isClosed = false;

  constructor(options: ManagedEndpointsOptions) {
    this.options = options;
  }

  /** Closes all of them; from now on none is opened. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.byId.keys()].map((id) => this.stop(id, 'closed')));
    await Promise.all([...this.conferences].map((conference) => conference.close()));
    this.conferences.clear();
  }

  /** @throws StrowgerError `MEDIA_CLOSED`. */
  assertOpen(): void {
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'The media manager was closed');
  }

  get(id: MediaSessionId): ManagedEndpoint | undefined {
    return this.byId.get(id);
  }

  of(sessionId: string): MediaSessionId[] {
    const own = [...this.byId.values()].filter((one) => one.sessionId === sessionId);
    return own.map(({ mediaSessionId }) => mediaSessionId);
  }

  /** Opens one; `label` names the session that it is for. */
  async open(
    request: EndpointRequest,
    open = (own: EndpointRequest) => this.options.engine.openEndpoint(own),
  ): Promise<ManagedEndpoint> {
    const named: { id: MediaSessionId | undefined; readonly sessionId: string } = {
      id: undefined,
      sessionId: request.label,
    };
    const onEvent = (event: MediaEndpointEvent): void => {
      this.heard(named, event);
      request.onEvent(event);
    };
    this.assertOpen();
    const endpoint = await open({ ...request, onEvent });
    await this.keep(endpoint);
    const managed = this.register(request.label, endpoint);
    named.id = managed.mediaSessionId;
    return managed;
  }

  async openRelay(request: RelayRequest): Promise<{ a: ManagedEndpoint; b: ManagedEndpoint }> {
    const { label, sessions = {} } = request;
    const ends: { a?: ManagedEndpoint; b?: ManagedEndpoint } = {};
    this.assertOpen();
    const relay = await this.options.engine.openRelay({
      ...request,
      onEvent: (end, event) => {
        const sessionId = sessions[end] ?? label;
        this.heard({ id: ends[end]?.mediaSessionId, sessionId }, event);
        request.onEvent(end, event);
      },
    });
    await this.keep(relay.a, relay.b);
    const a = this.register(sessions.a ?? label, relay.a);
    const b = this.register(sessions.b ?? label, relay.b);
    return Object.assign(ends, { a, b });
  }

  async openConference(request: ConferenceRequest): Promise<MediaConference> {
    this.assertOpen();
    const conference = await this.options.engine.openConference(request);
    if (this.isClosed) await conference.close();
    this.assertOpen();
    this.conferences.add(conference);
    return {
      openMember: (member) => this.openMember(conference, member),
      record: (target, options) => conference.record(target, options),
      stats: () => conference.stats(),
      close: () => {
        this.conferences.delete(conference);
        return conference.close();
      },
    };
  }

  /** Closes one; resolves with what was counted, `undefined` where there is none of this name. */
  async stop(id: MediaSessionId, reason: string): Promise<MediaStats | undefined> {
    const managed = this.byId.get(id);
    if (managed === undefined) return undefined;
    this.byId.delete(id);
    const { sessionId, endpoint } = managed;
    const wasAgreed = managed.rtp.agreed !== undefined;
    const stats = await endpoint.close();
    if (wasAgreed) this.options.tell('mediaStopped', { sessionId, mediaSessionId: id, reason });
    this.options.onGone(id, reason);
    return stats;
  }

  private async openMember(conference: MediaConference, request: ConferenceMemberRequest) {
    const opened: Awaited<ReturnType<MediaConference['openMember']>>[] = [];
    const endpoint = await this.open(request, async (own) => {
      const member = await conference.openMember({ ...request, ...own });
      opened.push(member);
      return member.endpoint;
    });
    const [member] = opened;
    if (member === undefined) throw new StrowgerError('MEDIA_FAILED', 'no member was opened');
    return {
      id: member.id,
      endpoint,
      change: (options: Parameters<typeof member.change>[0]) => member.change(options),
      join: () => member.join(),
      leave: () => member.leave(),
    };
  }

  /** What was opened while everything was closed is closed as well. */
  private async keep(...endpoints: readonly MediaEndpoint[]): Promise<void> {
    if (this.isClosed) await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    this.assertOpen();
  }

  private register(sessionId: string, endpoint: MediaEndpoint): ManagedEndpoint {
    const id = this.options.newId();
    const managed = new ManagedEndpoint({
      id,
      sessionId,
      endpoint,
      onAgreed: (config) => {
        this.options.tell('mediaStarted', { sessionId, mediaSessionId: id, config });
      },
      close: async () => (await this.stop(id, 'closed')) ?? endpoint.close(),
    });
    this.byId.set(id, managed);
    return managed;
  }

  private heard({ id, sessionId }: Named, event: MediaEndpointEvent): void {
    if (id !== undefined)
      tellMediaEvent({ sessionId, mediaSessionId: id }, event, this.options.tell);
  }
}

/** Tells what an endpoint tells as an event of a manager, where there is one for it. */
export function tellMediaEvent(
  of: { readonly sessionId: string; readonly mediaSessionId: MediaSessionId },
  event: MediaEndpointEvent,
  tell: ManagedEndpointsOptions['tell'],
): void {
  if (event.type === 'failed') {
    const { code, message } = event;
    tell('mediaFailed', { ...of, error: { code, message } });
  } else if (event.type === 'timeout') {
    tell('mediaSilent', { ...of, silentMs: event.silentMs });
  } else if (event.type === 'qualityChanged') {
    const { from, to, metrics } = event;
    tell('mediaQualityChanged', { ...of, from, to, metrics });
  } else if (event.type === 'digit') {
    const { digit, durationMs } = event;
    tell('mediaDigit', { ...of, digit, durationMs });
  }
}
