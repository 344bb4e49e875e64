import { levelDbm0 } from '@strowger/media-core';
import type { Call } from '@strowger/sip-client';
import type { Voice } from '@strowger/voice-agent';

/** Louder than this is sound. */
const SOUND_DBM0 = -45;
/** Sentences have pauses that are shorter. */
const PAUSE_MS = 800;

/** What is heard at the other end of the line. */
export class DemoCaller {
  private readonly call: Call;
  private readonly voice: Voice;
  private wake = (): void => {};
  private quietMs = 0;
  /** How much sound was heard in all. */
  heardMs = 0;

  /** Hears from now on, until the call ends. */
  constructor(call: Call, voice: Voice) {
    this.call = call;
    this.voice = voice;
    void this.listen();
  }

  /** Waits until somebody speaks. */
  async hearsSound(): Promise<void> {
    while (this.quietMs > 0) await this.frame();
  }

  /** Waits until nobody has spoken for a while; how long, in milliseconds. */
  async hearsQuiet(ms = PAUSE_MS): Promise<void> {
    while (this.quietMs < ms) await this.frame();
  }

  /** Waits until somebody has spoken for so long in all. */
  async hearsFor(ms: number): Promise<void> {
    const until = this.heardMs + ms;
    while (this.heardMs < until) await this.frame();
  }

  /** Speaks, and tells when it begins to; resolves when all was said. */
  async says(text: string, begins: () => void): Promise<void> {
    const { signal } = new AbortController();
    const sound = await this.voice.speak(text, { signal });
    begins();
    await this.call.play(sound).finished;
  }

  async presses(digits: string): Promise<void> {
    await this.call.sendDigits(digits);
  }

  private frame(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.wake;
      this.wake = () => {
        before();
        resolve();
      };
    });
  }

  private async listen(): Promise<void> {
    this.quietMs = PAUSE_MS;
    for await (const { samples, sampleRate } of this.call.audioIn()) {
      const ms = (samples.length * 1000) / sampleRate;
      const isSound = levelDbm0(samples) > SOUND_DBM0;
      this.quietMs = isSound ? 0 : this.quietMs + ms;
      if (isSound) this.heardMs += ms;
      const { wake } = this;
      this.wake = () => {};
      wake();
    }
  }
}
