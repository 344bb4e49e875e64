import { HashIndex } from './hash-index.ts';
import type { ServerPlace } from './server-place.ts';
import { TextHash } from './text-hash.ts';

/**
 * The places of all requests that are here, found by their keys, and those of first requests by their
 * identities: a new one is looked for without a look at any other, and what ends leaves no gap.
 */
export class ServerPlaces {
  private readonly hash = new TextHash();
  private readonly byKey = new HashIndex();
  private readonly firsts = new HashIndex();
  /** By their numbers, from 1 on. */
  private readonly places: (ServerPlace | undefined)[] = [undefined];
  private readonly free: number[] = [];

  get size(): number {
    return this.byKey.size;
  }

  /** What `find`, `hasFirst` and a place are told of a key or an identity. */
  hashOf(text: string): number {
    return this.hash.of(text);
  }

  find(key: string, hash = this.hashOf(key)): ServerPlace | undefined {
    const { byKey, places } = this;
    for (let at = byKey.seek(hash); at >= 0; at = byKey.seekOn(hash, at)) {
      const place = places[byKey.numberAt(at)];
      if (place?.key === key) return place;
    }
    return undefined;
  }

  /** Whether a first request of this identity is here. */
  hasFirst(identity: string, hash: number): boolean {
    const { firsts, places } = this;
    for (let at = firsts.seek(hash); at >= 0; at = firsts.seekOn(hash, at)) {
      if (places[firsts.numberAt(at)]?.identity === identity) return true;
    }
    return false;
  }

  add(place: ServerPlace): void {
    const number = this.free.pop() ?? this.places.length;
    place.number = number;
    this.places[number] = place;
    this.byKey.add(place.keyHash, number);
    if (place.isFirst) this.firsts.add(place.identityHash, number);
  }

  /** Idempotent. */
  remove(place: ServerPlace): void {
    const { number } = place;
    if (this.places[number] !== place) return;
    this.byKey.remove(place.keyHash, number);
    if (place.isFirst) this.firsts.remove(place.identityHash, number);
    this.places[number] = undefined;
    this.free.push(number);
    place.number = 0;
  }

  /** Forgets all of them. */
  clear(): void {
    this.byKey.clear();
    this.firsts.clear();
    this.places.length = 1;
    this.free.length = 0;
  }

  *values(): Iterable<ServerPlace> {
    for (const place of this.places) if (place !== undefined) yield place;
  }
}
