import type { CodecDescription } from '../sdp/index.ts';
import type { TranscoderPlaces } from './transcoder-places.ts';

/**
 * Whether one relay may decode and encode what cannot pass. A place among those of its core is held
 * from the offer on that has codecs of ours, so that no answer with one of them comes in vain.
 */
export class RelayTranscoding {
  private readonly places: TranscoderPlaces;
  private readonly ours: readonly CodecDescription[] | undefined;
  private hasPlace = false;
  /** Whether what was agreed last needs it. */
  private isNeeded = false;
  private isClosed = false;

  /** @param ours what we decode and encode; absent where the relay may not. */
  constructor(places: TranscoderPlaces, ours: readonly CodecDescription[] | undefined) {
    this.places = places;
    this.ours = ours;
  }

  /** What may be offered beside what passes; absent where nothing may. */
  get offered(): readonly CodecDescription[] | undefined {
    return this.hasPlace ? this.ours : undefined;
  }

  /** An offer will be made: takes a place, where one is free. */
  prepare(): void {
    if (this.ours !== undefined && !this.isClosed) this.hasPlace = this.places.take(this);
  }

  /** A round is agreed: the place is kept where it is needed. */
  settle(isNeeded: boolean): void {
    this.isNeeded = isNeeded;
    this.rollback();
  }

  /** What was agreed before holds again. */
  rollback(): void {
    if (this.isNeeded) return;
    this.hasPlace = false;
    this.places.release(this);
  }

  /** Idempotent. */
  close(): void {
    this.isClosed = true;
    this.settle(false);
  }
}
