import { type Endpoint, nodeRuntime, type Runtime, StrowgerError } from '@strowger/runtime';
import type {
  EndpointRequest,
  MediaBackend,
  MediaEndpoint,
  MediaEndpointEvent,
  RelayRequest,
} from '@strowger/session-core';
import { DigitLog, type LoggedDigit } from './digit-log.ts';
import { Engine, type EngineState, type RtpengineAddress } from './engine.ts';
import { type PeerMediaPolicy, policyAt, policyOf } from './media-policy.ts';
import { NgCall } from './ng-call.ts';
import { RelayEnd } from './relay-end.ts';
import { RelayWatch } from './relay-watch.ts';
import { TerminalEndpoint } from './terminal-endpoint.ts';

/** What a backend is made of. */
export interface RtpengineBackendOptions {
  /** At least one; calls are shared out by weight and health. */
  readonly engines: readonly RtpengineAddress[];
  /**
   * Where the audio of endpoints begins and ends, such as `createMediaEngine` of media-core: it
   * speaks plain RTP with the engine. It is closed with this backend.
   */
  readonly terminal: MediaBackend;
  /** How peers are met: SRTP, DTLS, ICE. */
  readonly peers?: PeerMediaPolicy;
  /**
   * Whether relays transcode what their two ends do not share, unless they say it themselves; the
   * engines must be built with it. Default `never`, for an engine without it takes the wish in silence.
   */
  readonly transcode?: 'never' | 'whenNeeded';
  /** Where this program takes the engines' `--dtmf-log-dest`: digits of relays are told from it. */
  readonly digitLog?: Endpoint;
  /** Between two pings of an engine, in milliseconds. Default 2000. */
  readonly pingMs?: number;
  /** An engine that has not replied for so long has lost its calls. Default 6000 ms. */
  readonly lostAfterMs?: number;
  /** Between two looks at a relay's counters, in milliseconds. Default 5000. */
  readonly pollMs?: number;
  /** Silence after which a relay's end tells `timeout`, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  readonly runtime?: Runtime;
}

/** Both ends of a relay, with what rtpengine can do besides. */
export interface RtpengineRelay {
  readonly a: RelayEnd;
  readonly b: RelayEnd;
}

/** A live relay: how its ends are told. */
interface LiveRelay {
  onDigit(digit: LoggedDigit): void;
}

/** Media in rtpengine daemons: relays there, endpoints behind them. */
export class RtpengineBackend implements MediaBackend {
  private readonly options: RtpengineBackendOptions;
  private readonly runtime: Runtime;
  private readonly pool: readonly Engine[];
  private readonly digits: DigitLog | undefined;
  private readonly open = new Set<MediaEndpoint>();
  private readonly calls = new Map<string, NgCall>();
  private readonly relays = new Map<string, LiveRelay>();
  private closing: Promise<void> | undefined;

  /** @throws StrowgerError `RTPENGINE_NONE` where no engine is given. */
  constructor(options: RtpengineBackendOptions) {
    const { engines, runtime = nodeRuntime(), pingMs = 2000, lostAfterMs = 6000 } = options;
    if (engines.length === 0) throw new StrowgerError('RTPENGINE_NONE', 'There is no engine');
    this.options = options;
    this.runtime = runtime;
    this.pool = engines.map((one) => new Engine(runtime, one, { pingMs, lostAfterMs }));
    const { digitLog } = options;
    this.digits =
      digitLog &&
      new DigitLog(runtime, digitLog, (digit) => this.relays.get(digit.callId)?.onDigit(digit));
  }

  /** Every engine: whether it replies, and how many calls it has. */
  get engines(): EngineState[] {
    return this.pool.map((engine) => engine.state);
  }

  /** Rejects as the terminal's `openEndpoint` does. */
  async openEndpoint(request: EndpointRequest): Promise<MediaEndpoint> {
    await this.ready();
    // what peers are to meet is rtpengine's to do; between it and the terminal is plain RTP
    const onEvent = (event: MediaEndpointEvent): void => request.onEvent(event);
    const plain = { ...request, srtp: 'off', ice: 'off', onEvent } as const;
    const terminal = await this.options.terminal.openEndpoint(plain);
    const call = this.call(request.onEvent);
    const endpoint: TerminalEndpoint = new TerminalEndpoint({
      call,
      terminal,
      policy: policyOf(this.options.peers ?? {}, request),
      onGone: () => this.forget(call, endpoint),
    });
    this.open.add(endpoint);
    return endpoint;
  }

  /** Rejects with `MEDIA_UNSUPPORTED`: rtpengine does not mix. */
  async openConference(): Promise<never> {
    throw new StrowgerError('MEDIA_UNSUPPORTED', 'rtpengine does not mix');
  }

  /** Rejects with `MEDIA_UNSUPPORTED`: its copies are not what a recording server is described. */
  async openRecordingFeed(): Promise<never> {
    throw new StrowgerError('MEDIA_UNSUPPORTED', 'media behind rtpengine is not copied');
  }

  /**
   * `convertDigits` and `inbandDigits` change nothing: digits pass as they are, and are told as the
   * daemon's log has them.
   */
  async openRelay({ codecs, onEvent, ...request }: RelayRequest): Promise<RtpengineRelay> {
    await this.ready();
    const tell = this.guarded(onEvent);
    const call = this.call((event) => {
      for (const end of ['a', 'b'] as const) tell(end, event);
    });
    const transcodes = (request.transcode ?? this.options.transcode) === 'whenNeeded';
    const end = (tag: 'a' | 'b'): RelayEnd => {
      const policy = policyOf(this.options.peers ?? {}, policyAt(request, tag));
      const made: RelayEnd = new RelayEnd({
        call,
        tag,
        policy,
        codecs,
        transcodes,
        onGone: () => gone(made),
      });
      this.open.add(made);
      return made;
    };
    const [a, b] = [end('a'), end('b')];
    RelayEnd.join(a, b);
    const { runtime } = this;
    const { pollMs = 5000, timeoutMs = 30_000 } = this.options;
    const watch = new RelayWatch({ runtime, ends: [a, b], pollMs, timeoutMs, onEvent: tell });
    const gone = (made: RelayEnd): void => {
      watch.stop();
      this.forget(call, made);
    };
    this.relays.set(call.id, {
      onDigit({ tag, digit, durationMs }) {
        if (tag === 'a' || tag === 'b')
          tell(tag, { type: 'digit', source: 'rtp', digit, durationMs });
      },
    });
    watch.start();
    return { a, b };
  }

  /** Endpoints, and the ports of engines and terminal that belong to them. */
  usage(): { endpoints: number; ports: number } {
    const allocated = [...this.calls.values()].filter(({ isAllocated }) => isAllocated);
    // RTP and RTCP on either side of the engine
    const ports = this.options.terminal.usage().ports + 4 * allocated.length;
    return { endpoints: this.open.size, ports };
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    await Promise.all([...this.open].map((endpoint) => endpoint.close().catch(() => {})));
    await Promise.all([
      this.digits?.close(),
      this.options.terminal.close(),
      ...this.pool.map((engine) => engine.close()),
    ]);
  }

  private async ready(): Promise<void> {
    if (this.closing !== undefined) {
      throw new StrowgerError('MEDIA_CLOSED', 'The media backend was closed');
    }
    await this.digits?.opened();
  }

  private call(onEvent: (event: MediaEndpointEvent) => void): NgCall {
    const tell = this.guarded((_end: 'a', event) => onEvent(event));
    const call = new NgCall({
      engines: this.pool,
      id: this.runtime.random.token(128),
      onFailed: ({ code, message }) => tell('a', { type: 'failed', code, message }),
    });
    this.calls.set(call.id, call);
    return call;
  }

  private forget(call: NgCall, endpoint: MediaEndpoint): void {
    this.open.delete(endpoint);
    if (call.isAllocated) return; // the other end of a relay goes on
    this.calls.delete(call.id);
    this.relays.delete(call.id);
  }

  /** A listener that throws is reported and harms nobody. */
  private guarded<End>(
    onEvent: (end: End, event: MediaEndpointEvent) => void,
  ): (end: End, event: MediaEndpointEvent) => void {
    return (end, event) => {
      try {
        onEvent(end, event);
      } catch (error) {
        this.runtime.logger.error({ error, event }, 'a listener to media events threw');
      }
    };
  }
}
