import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { raceConnections } from './connection-race.ts';
import type { Hop } from './hop.ts';

/** A race whose racers do what the test says, and its story. */
function race(addresses: readonly string[], settle: Readonly<Record<string, [number, boolean]>>) {
  const clock = new VirtualClock();
  const story: string[] = [];
  const note = (what: string): void => void story.push(`${clock.now()} ${what}`);
  const hops = addresses.map((address): Hop => ({ transport: 'tcp', address, port: 5060 }));
  const winner = raceConnections(hops, {
    clock,
    startMs: 250,
    connect: ({ address }, ended) => {
      note(`starts ${address}`);
      const [ms, reached] = settle[address] ?? [Number.POSITIVE_INFINITY, false];
      if (ms === 0) ended(reached);
      else if (Number.isFinite(ms)) clock.arm(ms, () => ended(reached));
      return { withdraw: () => note(`withdraws ${address}`) };
    },
  });
  return { clock, story, winner };
}

describe('a race of connections (RFC 8305 §5)', () => {
  it('starts the next a little later, and withdraws the slower', async () => {
    const { clock, story, winner } = race(['six', 'four', 'more'], { four: [100, true] });
    clock.advance(10_000);
    expect((await winner)?.address).toBe('four');
    expect(story).toEqual(['0 starts six', '250 starts four', '350 withdraws six']);
  });

  it('never starts the second where the first is quick', async () => {
    const { clock, story, winner } = race(['six', 'four'], { six: [30, true] });
    clock.advance(10_000);
    expect((await winner)?.address).toBe('six');
    expect(story).toEqual(['0 starts six']);
    expect(clock.armedTimers).toBe(0);
  });

  it('starts the next at once where one fails, even at once', async () => {
    const { clock, story, winner } = race(['a', 'b', 'c'], {
      a: [0, false],
      b: [20, false],
      c: [5, true],
    });
    clock.advance(10_000);
    expect((await winner)?.address).toBe('c');
    expect(story).toEqual(['0 starts a', '0 starts b', '20 starts c']);
  });

  it('has no winner where all fail', async () => {
    const { clock, winner } = race(['a', 'b'], { a: [300, false], b: [10, false] });
    clock.advance(10_000);
    expect(await winner).toBeUndefined();
    expect(clock.armedTimers).toBe(0);
  });

  it('has none without racers', async () => {
    expect(await race([], {}).winner).toBeUndefined();
  });
});
