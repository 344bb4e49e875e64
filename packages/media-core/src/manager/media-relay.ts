import type { RtpStream } from '../engine/rtp-stream.ts';
import type { RelayMode } from './media-event.ts';

/** Two streams whose media flows through each other. */
export interface MediaRelay {
  readonly mode: RelayMode;
  end(): Promise<void>;
}

/**
 * Joins two streams that run: packet by packet where both are in one worker and have a codec in
 * common, else by their sound, with digits as events.
 */
export async function relayBetween(a: RtpStream, b: RtpStream): Promise<MediaRelay> {
  if (a.canRelayTo(b) && b.canRelayTo(a)) return relayPackets(a, b);
  return relayAudio(a, b);
}

async function relayPackets(a: RtpStream, b: RtpStream): Promise<MediaRelay> {
  await a.relayTo(b);
  try {
    await b.relayTo(a);
  } catch (error) {
    await a.endRelay();
    throw error;
  }
  const end = async (): Promise<void> => {
    await Promise.allSettled([a.endRelay(), b.endRelay()]);
  };
  return { mode: 'packets', end };
}

function relayAudio(a: RtpStream, b: RtpStream): MediaRelay {
  const ending = new AbortController();
  const { signal } = ending;
  const pipe = (from: RtpStream, to: RtpStream): Promise<void> =>
    from.endpoint.audioIn().pipeTo(to.endpoint.audioOut(), { signal });
  const flowing = Promise.allSettled([pipe(a, b), pipe(b, a)]);
  const end = async (): Promise<void> => {
    ending.abort();
    await flowing;
  };
  return { mode: 'audio', end };
}
