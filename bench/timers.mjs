// A hundred thousand timers armed and cancelled: `node timers.mjs wheel|clock|setTimeout`.
// Nanoseconds each, what the collector takes for them included, for it is what timers cost most: medians
// of rounds. The wheel is told the time; the clock of `nodeRuntime` asks the system for it.
import { nodeRuntime, TimerWheel } from '@strowger/runtime';
import { median } from './processes.mjs';

const COUNT = 100_000;
const nothing = () => {};
const { clock } = nodeRuntime();
const wheel = new TimerWheel();
const kinds = {
  wheel: { arm: (ms) => wheel.arm(ms, nothing), cancel: (timer) => timer.cancel() },
  clock: { arm: (ms) => clock.arm(ms, nothing), cancel: (timer) => timer.cancel() },
  setTimeout: { arm: (ms) => setTimeout(nothing, ms), cancel: (timer) => clearTimeout(timer) },
};

const { arm, cancel } = kinds[process.argv[2] ?? 'wheel'];
const timers = Array.from({ length: COUNT });
const armed = [];
const cancelled = [];
for (let round = 0; round < 31; round++) {
  const began = process.hrtime.bigint();
  // as transactions do it: few different delays, and time passes between
  for (let i = 0; i < COUNT; i++) timers[i] = arm(32_000 + (i & 7) * 500);
  const between = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i++) cancel(timers[i]);
  const ended = process.hrtime.bigint();
  armed.push(Number(between - began) / COUNT);
  cancelled.push(Number(ended - between) / COUNT);
}
console.log(JSON.stringify({ arm: median(armed), cancel: median(cancelled) }));
