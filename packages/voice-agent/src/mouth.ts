import { StrowgerError } from '@strowger/runtime';
import type { Playback } from '@strowger/session-core';
import type { Call } from '@strowger/sip-client';
import type { Utterance, Voice } from './utterance.ts';

/** Something that is being said. */
export interface Speaking {
  /** Resolves when it has left as RTP or was silenced; rejects where it cannot be said. */
  readonly finished: Promise<{ playedMs: number }>;
  /** Silence within one packet. */
  silence(): void;
}

/** Says one thing after the other: the next is made while the one before it sounds. */
export function speak(
  call: Call,
  utterances: readonly Utterance[],
  voice: Voice | undefined,
): Speaking {
  const silenced = new AbortController();
  const { signal } = silenced;
  const playbacks: Playback[] = [];
  const make = async (): Promise<void> => {
    for (const utterance of utterances) {
      const source =
        typeof utterance === 'string' ? await speakWith(voice, utterance, signal) : utterance;
      if (signal.aborted) return;
      playbacks.push(call.play(source, { queue: playbacks.length > 0 }));
    }
  };
  const silence = (): void => {
    if (signal.aborted) return;
    silenced.abort();
    if (playbacks.length > 0) call.clear().catch(() => {}); // the call is over: it is silent anyway
  };
  const finish = async (): Promise<{ playedMs: number }> => {
    try {
      await unlessAborted(make(), signal);
      const played = await Promise.all(playbacks.map(({ finished }) => finished));
      return { playedMs: played.reduce((sum, { playedMs }) => sum + playedMs, 0) };
    } catch (error) {
      silence(); // what was queued before the one that failed
      throw error;
    }
  };
  return { finished: finish(), silence };
}

function speakWith(
  voice: Voice | undefined,
  text: string,
  signal: AbortSignal,
): ReturnType<Voice['speak']> {
  if (voice !== undefined) return voice.speak(text, { signal });
  const message = `Words need a voice: nobody can say "${text.slice(0, 40)}"`;
  return Promise.reject(new StrowgerError('NO_VOICE', message));
}

/** A voice that takes its time does not hold up who has silenced it. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const settled = work.catch((error: unknown) => {
    if (!signal.aborted) throw error; // a voice that was stopped may say so
  });
  return Promise.race([settled, aborted]);
}
