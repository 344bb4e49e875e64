import type { MediaPlace } from './media-place.ts';

/**
 * @internal Whether the peer hears silence of us, on whatever media the session is and comes to be: none is
 * offered or answered with before it has taken this.
 */
export class MediaSilence {
  /** Where media is, and where it may have to go back to. */
  private readonly places: () => readonly (MediaPlace | undefined)[];
  private isSilent = false;
  /** Endpoints are told one after the other. */
  private telling: Promise<void> = Promise.resolve();

  constructor(places: () => readonly (MediaPlace | undefined)[]) {
    this.places = places;
  }

  /** From now on. Rejects with what an endpoint says. */
  set(isSilent: boolean): Promise<void> {
    this.isSilent = isSilent;
    return this.tell();
  }

  /** Whether media there has taken it. */
  isKept(place: MediaPlace | undefined): boolean {
    return (place?.isSilent ?? false) === this.isSilent;
  }

  /** Tells media that came meanwhile; rejects as `set` does. */
  tell(): Promise<void> {
    const work = this.telling.then(() => this.tellNow());
    this.telling = work.catch(() => {});
    return work;
  }

  private async tellNow(): Promise<void> {
    await Promise.all(this.places().map((place) => silence(place, this.isSilent)));
  }
}

/** @internal What its owner gets back has its voice. */
export async function giveBack(place: MediaPlace | undefined): Promise<void> {
  await silence(place, false).catch(() => {}); // it is closed, or broken
}

async function silence(place: MediaPlace | undefined, isSilent: boolean): Promise<void> {
  if (place === undefined || (place.isSilent ?? false) === isSilent) return;
  await place.endpoint.mute(isSilent);
  place.isSilent = isSilent;
}
