import { StrowgerError } from '@strowger/runtime';
import type {
  AnswererOutcome,
  Cleared,
  MarkOutcome,
  MediaDirection,
  MediaEndpoint,
  MediaIntent,
  MediaStats,
  PcmFrame,
  Playback,
  Recording,
  RecordingFeedRequest,
  Sdp,
} from '@strowger/session-core';
import type { FakeMediaOperation } from './fake-media.ts';

/** @internal What a feed needs of its backend. */
export interface FakeFeedHost {
  readonly address: string;
  /** Of its first line; each further one is two above. */
  readonly port: number;
  pass(operation: FakeMediaOperation): Promise<void>;
  remove(feed: FakeFeed): void;
}

/** What a fake backend sends a recording server: descriptions without packets. */
export class FakeFeed implements MediaEndpoint {
  readonly request: RecordingFeedRequest;
  /** Which of its lines the server takes; none before it has answered. */
  taken: readonly boolean[] = [];
  private readonly host: FakeFeedHost;
  private version = 0;
  private direction: MediaDirection = 'inactive';
  private isOffering = false;
  private isClosed = false;

  constructor(host: FakeFeedHost, request: RecordingFeedRequest) {
    this.host = host;
    this.request = request;
  }

  async createOffer({ direction }: MediaIntent = {}): Promise<Sdp> {
    await this.pass('createOffer');
    if (this.isOffering) throw new StrowgerError('MEDIA_WRONG_STATE', 'an offer is open');
    this.isOffering = true;
    return this.describe(direction === 'inactive' ? 'inactive' : 'sendonly');
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    await this.pass('acceptAnswer');
    this.take(answer);
    this.isOffering = false;
  }

  async acceptOffer(offer: Sdp): Promise<Sdp> {
    await this.pass('acceptOffer');
    if (this.isOffering) throw new StrowgerError('MEDIA_WRONG_STATE', 'an offer is open');
    this.take(offer);
    return this.describe(this.direction);
  }

  async rollback(): Promise<void> {
    await this.pass('rollback');
    this.isOffering = false;
  }

  async stats(): Promise<MediaStats> {
    const nothing = { packetsSent: 0, bytesSent: 0, packetsReceived: 0, bytesReceived: 0 };
    const { direction } = this;
    return { direction, ...nothing, packetsLost: 0, packetsDiscarded: 0, jitterMs: 0 };
  }

  async close(): Promise<MediaStats> {
    this.isClosed = true;
    this.host.remove(this);
    return this.stats();
  }

  play(): Playback {
    throw unsupported();
  }

  async mark(): Promise<MarkOutcome> {
    throw unsupported();
  }

  async clear(): Promise<Cleared> {
    throw unsupported();
  }

  async record(): Promise<Recording> {
    throw unsupported();
  }

  async sendDigits(): Promise<void> {
    throw unsupported();
  }

  echo(): void {
    throw unsupported();
  }

  async mute(): Promise<void> {
    throw unsupported();
  }

  async detectAnsweringMachine(): Promise<AnswererOutcome> {
    throw unsupported();
  }

  audioIn(): ReadableStream<PcmFrame> {
    throw unsupported();
  }

  audioOut(): WritableStream<PcmFrame> {
    throw unsupported();
  }

  private async pass(operation: FakeMediaOperation): Promise<void> {
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'the feed is closed');
    await this.host.pass(operation);
  }

  private take(theirs: Sdp): void {
    const ports = [...theirs.matchAll(/^m=audio (\d+) /gmu)].map(([, port]) => Number(port));
    const { length } = this.request.streams;
    if (ports.length !== length || ports.every((port) => port === 0)) {
      throw new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'no stream is taken');
    }
    this.taken = ports.map((port) => port > 0);
    this.direction = /^a=(inactive|sendonly)\r?$/mu.test(theirs) ? 'inactive' : 'sendonly';
  }

  private describe(direction: MediaDirection): Sdp {
    this.version++;
    const { address, port } = this.host;
    const lines = this.request.streams.flatMap(({ label }, at) => [
      `m=audio ${port + 2 * at} RTP/AVP 0`,
      'a=rtpmap:0 PCMU/8000',
      `a=label:${label}`,
      `a=${direction}`,
    ]);
    const family = address.includes(':') ? 'IP6' : 'IP4';
    const origin = `o=- ${port} ${this.version} IN ${family} ${address}`;
    const head = ['v=0', origin, 's=-', `c=IN ${family} ${address}`, 't=0 0'];
    return [...head, ...lines, ''].join('\r\n');
  }
}

function unsupported(): StrowgerError {
  return new StrowgerError('MEDIA_UNSUPPORTED', 'a feed has no audio of its own');
}
