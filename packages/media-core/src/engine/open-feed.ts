import { StrowgerError, type Random } from '@strowger/runtime';
import type { DtlsIdentity } from '../dtls/index.ts';
import { isToken } from '../sdp/codec.ts';
import type { LocalSecurity } from '../sdp/index.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import type { CoreHost } from './core-host.ts';
import type { LocalDescription } from './local-description.ts';
import type { MediaEndpoint, MediaEndpointEvent, RecordingFeedRequest } from './media-backend.ts';
import { type FedLine, RecordingFeed } from './recording-feed.ts';

const MOST_STREAMS = 16;

/** An endpoint whose packets can be copied, and the thread that it is in. */
export interface FeedSource {
  readonly core: CoreEndpoint;
  readonly host: CoreHost;
}

/** One line of a feed, to be opened. */
export interface LineOpening {
  readonly label: string;
  readonly security: LocalSecurity | undefined;
  /** What is shown where keys come about by DTLS. */
  readonly identity?: DtlsIdentity;
  onEvent(event: MediaEndpointEvent): void;
}

/** What feeds need of their engine. */
export interface FeedParts {
  readonly address: string;
  readonly random: Random;
  sourceOf(endpoint: MediaEndpoint): FeedSource | undefined;
  /** Keys of its own for each line. */
  secured(
    wish: Pick<RecordingFeedRequest, 'srtp' | 'keying'>,
  ): Pick<LineOpening, 'security' | 'identity'>;
  open(
    host: CoreHost,
    line: LineOpening,
  ): Promise<{ readonly core: CoreEndpoint; readonly description: LocalDescription }>;
}

/** Opens what sends copies of streams to a recording server; see `MediaEngine.openRecordingFeed`. */
export async function openFeed(
  request: RecordingFeedRequest,
  parts: FeedParts,
): Promise<RecordingFeed> {
  assertLabels(request);
  const sources = request.streams.map(({ label, of, flow }) => {
    const source = parts.sourceOf(of);
    if (source === undefined) throw unsupported('what is recorded is no endpoint of this engine');
    return { label, flow, ...source };
  });
  const lines: FedLine[] = [];
  try {
    for (const { label, flow, core: source, host } of sources) {
      if (host !== sources[0]?.host) throw unsupported('the streams lie in several threads');
      const keys = parts.secured(request);
      const line = { label: `${request.label}/${label}`, ...keys, onEvent: request.onEvent };
      const { core, description } = await parts.open(host, line);
      lines.push({ label, core, description, security: keys.security, source, flow });
    }
  } catch (error) {
    await Promise.all(lines.map(({ core }) => core.close()));
    throw error;
  }
  return new RecordingFeed({ address: parts.address, random: parts.random, lines });
}

function assertLabels({ streams }: RecordingFeedRequest): void {
  const labels = new Set(streams.map(({ label }) => label));
  const { length } = streams;
  const flaw =
    ((length < 1 || length > MOST_STREAMS) && `${length} streams are not 1 to ${MOST_STREAMS}`) ||
    (labels.size < length && 'two streams have the same label') ||
    (![...labels].every((label) => isToken(label)) && 'a label is no token');
  if (flaw) throw new StrowgerError('MEDIA_BAD_FEED', `A recording server cannot be fed: ${flaw}`);
}

function unsupported(why: string): StrowgerError {
  return new StrowgerError('MEDIA_UNSUPPORTED', `A recording server cannot be fed: ${why}`);
}
