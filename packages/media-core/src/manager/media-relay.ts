import type { PcmFrame } from '../engine/media-capabilities.ts';
import type { RtpStream } from '../engine/rtp-stream.ts';
import type { RelayMode } from './media-event.ts';

/** Two streams whose media flows through each other. */
export interface MediaRelay {
  readonly mode: RelayMode;
  end(): Promise<void>;
}

interface Way {
  readonly from: ReadableStream<PcmFrame>;
  readonly to: WritableStream<PcmFrame>;
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

async function relayAudio(a: RtpStream, b: RtpStream): Promise<MediaRelay> {
  const ways = await openWays(a, b);
  const ending = new AbortController();
  const { signal } = ending;
  const flowing = Promise.allSettled(ways.map(({ from, to }) => from.pipeTo(to, { signal })));
  const end = async (): Promise<void> => {
    ending.abort();
    await flowing;
  };
  return { mode: 'audio', end };
}

/** What each hears and the other says; where one of the four cannot be opened, none stays open. */
async function openWays(a: RtpStream, b: RtpStream): Promise<Way[]> {
  const sampleRate = Math.max(a.sampleRate, b.sampleRate); // the better of the two is not narrowed
  const undo: (() => Promise<void>)[] = [];
  const open = (hearing: RtpStream, saying: RtpStream): Way => {
    const from = hearing.endpoint.audioIn({ sampleRate });
    undo.push(() => from.cancel());
    const to = saying.endpoint.audioOut();
    undo.push(() => to.abort());
    return { from, to };
  };
  try {
    return [open(a, b), open(b, a)];
  } catch (error) {
    await Promise.allSettled(undo.map((close) => close()));
    throw error;
  }
}
