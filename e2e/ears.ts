import { toneShare } from '@strowger/media-core';
import type { Call } from '@strowger/sip-client';

/** Whether a call of our client's hears this tone for 200 ms on end, within `ms`. */
export async function hears(call: Call | undefined, hz: number, ms = 8000): Promise<boolean> {
  if (call === undefined) return false;
  const reader = call.audioIn().getReader();
  const late = setTimeout(() => void reader.cancel(), ms);
  try {
    for (let run = 0; run < 10; ) {
      const { value, done } = await reader.read();
      if (done) return false;
      run = toneShare(value.samples, value.sampleRate, hz) > 0.8 ? run + 1 : 0;
    }
    return true;
  } finally {
    clearTimeout(late);
    await reader.cancel();
  }
}
