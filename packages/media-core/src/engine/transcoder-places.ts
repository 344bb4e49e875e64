/** How many relays of one core may transcode: it is they that take its time. */
export class TranscoderPlaces {
  private readonly maximum: number;
  private readonly holders = new Set<object>();

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Holds a place for a relay, once however often it asks; `false` where all are taken. */
  take(relay: object): boolean {
    if (!this.holders.has(relay) && this.holders.size >= this.maximum) return false;
    this.holders.add(relay);
    return true;
  }

  /** Idempotent. */
  release(relay: object): void {
    this.holders.delete(relay);
  }
}
