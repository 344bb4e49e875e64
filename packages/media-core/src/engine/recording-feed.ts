import type { Random } from '@strowger/runtime';
import {
  type AgreedFeed,
  answerFeedOffer,
  applyFeedAnswer,
  createFeedOffer,
  type LocalFeed,
} from '../sdp/feed-description.ts';
import {
  type LocalSecurity,
  type Negotiated,
  type NegotiatedMedia,
  type PayloadFormat,
  type Sdp,
  SdpContext,
} from '../sdp/index.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import { type LocalDescription, notAcceptable, refused, wrongState } from './local-description.ts';
import type { FeedEndpoint, MediaIntent, MediaStats } from './media-backend.ts';
import { codecsOf, receivable, relayedPayloads } from './relayed-payloads.ts';
import { SilentEndpoint } from './silent-endpoint.ts';

/** One line of a feed, and what it is a copy of. */
export interface FedLine {
  readonly label: string;
  readonly core: CoreEndpoint;
  readonly description: LocalDescription;
  readonly security: LocalSecurity | undefined;
  readonly source: CoreEndpoint;
  readonly flow: 'received' | 'sent';
}

/** What a feed is made of. */
export interface RecordingFeedOptions {
  readonly address: string;
  readonly random: Random;
  readonly lines: readonly FedLine[];
}

/** Copies of streams for a recording server: one description with a line that sends for each. */
export class RecordingFeed extends SilentEndpoint implements FeedEndpoint {
  private readonly options: RecordingFeedOptions;
  private readonly sessionId: string;
  private readonly context = new SdpContext();
  private agreed: AgreedFeed = [];
  private offered: 'sendonly' | 'inactive' = 'sendonly';
  private closed: Promise<MediaStats> | undefined;

  constructor(options: RecordingFeedOptions) {
    super('What is sent to a recording server');
    this.options = options;
    this.sessionId = String(options.random.uint32());
  }

  async createOffer({ direction = 'sendrecv' }: MediaIntent = {}): Promise<Sdp> {
    await this.bind();
    const isPaused = direction === 'inactive' || direction === 'recvonly';
    this.offered = isPaused ? 'inactive' : 'sendonly';
    const { localDescription: previous } = this.context;
    const earlier = { previous, agreed: this.agreed };
    return this.context.sendOffer((version) => createFeedOffer(this.local(version), earlier));
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    this.assertAlive();
    const { answerableOffer: offer } = this.context;
    const { lines } = usable(applyFeedAnswer({ offer, answer, agreed: this.agreed }));
    this.assertPermitted(lines);
    this.context.answered(answer, some(lines));
    await this.take(lines);
  }

  async acceptOffer(offer: Sdp): Promise<Sdp> {
    this.context.assertNoOffer();
    await this.bind();
    const { agreed } = this;
    const answered = (version: number): { answer: Sdp; lines: AgreedFeed } =>
      usable(answerFeedOffer({ offer, feed: this.local(version), agreed }));
    const { lines } = answered(this.context.version);
    this.assertPermitted(lines);
    this.context.receiveOffer(offer);
    const answer = this.context.sendAnswer(some(lines), (version) => answered(version).answer);
    await this.take(lines);
    return answer;
  }

  async rollback(): Promise<void> {
    this.context.rollback();
  }

  /** There is no ICE here: they are passed over. */
  async addCandidates(): Promise<void> {}

  async stats(): Promise<MediaStats> {
    return together(await Promise.all(this.options.lines.map(({ core }) => core.stats())));
  }

  close(): Promise<MediaStats> {
    this.closed ??= Promise.all(this.options.lines.map(({ core }) => core.close())).then(together);
    return this.closed;
  }

  private async bind(): Promise<void> {
    await Promise.all(this.options.lines.map(({ core }) => core.bind()));
  }

  private local(version: number): LocalFeed {
    const { address, lines } = this.options;
    return {
      address,
      sessionId: this.sessionId,
      version,
      direction: this.offered,
      lines: lines.map(({ label, core, security, source, flow }) => {
        const codecs = codecsOf(formatsOf(source, flow));
        return { label, port: core.local?.port ?? 9, codecs, security };
      }),
    };
  }

  private assertAlive(): void {
    for (const { core } of this.options.lines) core.assertAlive();
  }

  private assertPermitted(agreed: AgreedFeed): void {
    for (const [index, { description }] of this.options.lines.entries()) {
      const media = agreed[index];
      if (media) description.assertAddresses(media.remote);
    }
  }

  /** A round is complete: each line that is taken goes where it was answered. */
  private async take(agreed: AgreedFeed): Promise<void> {
    const before = this.agreed;
    this.agreed = agreed;
    const { lines } = this.options;
    await Promise.all(
      lines.map((line, index) => this.takeLine(line, agreed[index], before[index])),
    );
  }

  private async takeLine(
    { core, source, flow }: FedLine,
    agreed: NegotiatedMedia | undefined,
    before: NegotiatedMedia | undefined,
  ): Promise<void> {
    const media = agreed ?? (before && { ...before, direction: 'inactive' as const });
    if (media === undefined) return; // it was never taken
    await core.configure(media);
    if (source.hasEnded) return;
    const payloads = relayedPayloads(formatsOf(source, flow), media.sendable);
    await core.api.tap({ from: source.id, flow, to: core.id, payloads });
  }
}

/** What a stream may be in; of what is sent, what is sent now comes first. */
function formatsOf(source: CoreEndpoint, flow: 'received' | 'sent'): readonly PayloadFormat[] {
  const { agreed } = source;
  if (agreed === undefined) throw wrongState('Nothing was agreed of a stream that is recorded');
  return flow === 'received' ? receivable(agreed) : agreed.sendable;
}

function usable<T extends object>(outcome: Negotiated<T>): T {
  if (outcome.ok) return outcome;
  throw refused(outcome);
}

function some(lines: AgreedFeed): NegotiatedMedia {
  const one = lines.find((line) => line !== undefined);
  if (one === undefined) throw notAcceptable('no stream is taken');
  return one;
}

/** The sums of all lines; what is one line's alone is the first one's. */
function together(lines: readonly MediaStats[]): MediaStats {
  const [first, ...others] = lines;
  if (first === undefined) throw wrongState('A feed has a line');
  return others.reduce(
    (sum, line) => ({
      ...sum,
      direction: sum.direction === 'inactive' ? line.direction : sum.direction,
      packetsSent: sum.packetsSent + line.packetsSent,
      bytesSent: sum.bytesSent + line.bytesSent,
    }),
    first,
  );
}
