import { VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { Watchdog } from './watchdog.ts';

function watched(answers: boolean): { clock: VirtualClock; dog: Watchdog; said: string[] } {
  const clock = new VirtualClock();
  const said: string[] = [];
  const dog = new Watchdog({
    clock,
    idleMs: 1000,
    ask: () => {
      said.push(`asked at ${clock.now()}`);
      return answers;
    },
    onDead: (silentMs) => void said.push(`dead after ${silentMs}`),
  });
  return { clock, dog, said };
}

it('asks twice in the time, and then says once that there was no sign of life', () => {
  const { clock, said } = watched(false);
  clock.advance(10_000);
  expect(said).toEqual(['asked at 500', 'asked at 1000', 'dead after 1000']);
});

it('counts from the last sign of life', () => {
  const { clock, dog, said } = watched(false);
  clock.advance(900);
  dog.alive();
  clock.advance(1100);
  expect(said.at(-1)).toBe('dead after 1100');
});

it('is content where the answer itself is a sign, and says nothing when it was stopped', () => {
  const { clock, dog, said } = watched(true);
  clock.advance(3000);
  expect(said).toHaveLength(6);
  dog.stop();
  clock.advance(10_000);
  expect(said).toHaveLength(6);
});
