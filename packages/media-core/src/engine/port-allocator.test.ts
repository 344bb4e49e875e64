import { seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { PortAllocator } from './port-allocator.ts';

function story(from = 20_001, to = 20_008) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  return { clock, ports: new PortAllocator({ from, to, restMs: 5000, clock, random }) };
}

describe('the port allocator', () => {
  it('gives every even port whose odd neighbour lies in the range, once', () => {
    const { ports } = story();
    expect(
      [ports.acquire(), ports.acquire(), ports.acquire()].toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    ).toEqual([20_002, 20_004, 20_006]);
  });

  it('says clearly when none is left', () => {
    const { ports } = story(20_000, 20_001);
    ports.acquire();
    expect(() => ports.acquire()).toThrow(
      expect.objectContaining({ code: 'MEDIA_PORTS_EXHAUSTED' }),
    );
  });

  it('lets a pair rest after its use', () => {
    const { clock, ports } = story(20_000, 20_001);
    ports.release(ports.acquire());
    expect(ports.pairsInUse).toBe(0);
    clock.advance(4999);
    expect(() => ports.acquire()).toThrow('in use');
    clock.advance(1);
    expect(ports.acquire()).toBe(20_000);
  });

  it('frees a pair once, however often it is released', () => {
    const { ports } = story();
    const port = ports.acquire();
    ports.acquire();
    ports.release(port);
    ports.release(port);
    expect(ports.pairsInUse).toBe(1);
  });

  it.each([
    [20_001, 20_002],
    [0, 0],
    [65_535, 65_536],
    [2.5, 9],
  ])('refuses %d to %d, which hold no pair', (from, to) => {
    expect(() => story(from, to)).toThrow(expect.objectContaining({ code: 'MEDIA_BAD_PORTS' }));
  });
});

it('M07: keeps its last fiftieth for calls that have begun', () => {
  const { clock, ports } = story(20_000, 20_199);
  const taken = Array.from({ length: 98 }, () => ports.acquire());
  expect(() => ports.acquire()).toThrow(expect.objectContaining({ code: 'MEDIA_PORTS_EXHAUSTED' }));
  expect(ports.acquire('call')).toBeDefined();
  expect(ports.acquire('call')).toBeDefined();
  expect(() => ports.acquire('call')).toThrow('in use');
  for (const port of taken) ports.release(port);
  expect(() => ports.acquire()).toThrow('rest');
  clock.advance(5000);
  expect(Array.from({ length: 96 }, () => ports.acquire())).toHaveLength(96);
});
