import type { MediaStats } from '@strowger/session-core';

type End = 'a' | 'b';

/** Notices that neither side of a relay is heard any more: both phones are gone, without a BYE. */
export class SilenceWatch {
  private readonly stats: (end: End) => Promise<MediaStats>;
  /** What had come from an end when it fell silent. */
  private readonly heard = new Map<End, number>();

  constructor(stats: (end: End) => Promise<MediaStats>) {
    this.stats = stats;
  }

  /** An end has fallen silent; whether the other one did before, and has been so since. */
  async isDead(silent: End): Promise<boolean> {
    const other = silent === 'a' ? 'b' : 'a';
    const [here, there] = await Promise.all([this.stats(silent), this.stats(other)]);
    this.heard.set(silent, here.packetsReceived);
    return this.heard.get(other) === there.packetsReceived;
  }
}
