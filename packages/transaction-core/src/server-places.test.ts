import { expect, it } from 'vitest';
import { ServerPlace } from './server-place.ts';
import { ServerPlaces } from './server-places.ts';

function placeIn(places: ServerPlaces, key: string, identity = ''): ServerPlace {
  const keyHash = places.hashOf(key);
  const identityHash = places.hashOf(identity);
  return new ServerPlace({ key, keyHash, identity, identityHash, isFirst: identity !== '' });
}

it('finds a place by its key, and whether a first request is here by its identity', () => {
  const places = new ServerPlaces();
  const first = placeIn(places, 'branch-1', 'call-1');
  const later = placeIn(places, 'branch-2');
  places.add(first);
  places.add(later);
  expect(places.find('branch-1')).toBe(first);
  expect(places.find('branch-2')).toBe(later);
  expect(places.find('branch-3')).toBeUndefined();
  expect(places.hasFirst('call-1', places.hashOf('call-1'))).toBe(true);
  expect(places.hasFirst('', places.hashOf(''))).toBe(false);
  expect([...places.values()]).toEqual([first, later]);
});

it('takes texts whose hashes are the same for what they are', () => {
  const places = new ServerPlaces();
  const [one, other] = ['branch-1', 'branch-2'].map(
    (key) => new ServerPlace({ key, keyHash: 7, identity: key, identityHash: 7, isFirst: true }),
  );
  if (one) places.add(one);
  expect(places.find('branch-2', 7)).toBeUndefined();
  expect(places.hasFirst('branch-2', 7)).toBe(false);
  if (other) places.add(other);
  expect(places.find('branch-2', 7)).toBe(other);
  expect(places.hasFirst('branch-2', 7)).toBe(true);
});

it('gives the number of a place that is gone to another, and is asked twice in vain', () => {
  const places = new ServerPlaces();
  const first = placeIn(places, 'branch-1', 'call-1');
  places.add(first);
  places.remove(first);
  const second = placeIn(places, 'branch-2', 'call-2');
  places.add(second);
  places.remove(first);
  expect([places.size, second.number]).toEqual([1, 1]);
  expect(places.find('branch-1')).toBeUndefined();
  expect(places.hasFirst('call-1', places.hashOf('call-1'))).toBe(false);
  expect(places.find('branch-2')).toBe(second);
  places.clear();
  places.remove(second);
  expect([places.size, [...places.values()]]).toEqual([0, []]);
});
