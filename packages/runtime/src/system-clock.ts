import type { Clock } from './clock.ts';
import { TimerWheel, type Timer } from './timer-wheel.ts';

/** @internal The time of this machine; one `setTimeout` drives the whole wheel. */
export class SystemClock implements Clock {
  // no alarm keeps a process alive that waits for nothing
  private readonly wheel = new TimerWheel(performance.now(), () => this.clearAlarm());
  private alarm: ReturnType<typeof setTimeout> | undefined;
  private alarmAt = Number.POSITIVE_INFINITY;
  private readonly holdsProcess: boolean;

  /** @param options.holdsProcess whether Node lives on while a timer is armed. */
  constructor({ holdsProcess = true }: { holdsProcess?: boolean } = {}) {
    this.holdsProcess = holdsProcess;
  }

  get armedTimers(): number {
    return this.wheel.size;
  }

  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  arm(delayMs: number, fire: () => void, slackMs = 0): Timer {
    const now = performance.now();
    const due = now + Math.max(0, delayMs);
    const at = slackMs > 0 ? Math.ceil(due / slackMs) * slackMs : due;
    if (this.wheel.size === 0) this.wheel.advanceTo(now);
    const timer = this.wheel.arm(at, fire);
    if (at < this.alarmAt) this.setAlarm();
    return timer;
  }

  private setAlarm(): void {
    clearTimeout(this.alarm);
    const next = this.wheel.nextAt();
    this.alarmAt = next ?? Number.POSITIVE_INFINITY;
    if (next === undefined) return;
    const delay = Math.min(Math.max(Math.ceil(next - performance.now()), 1), 0x7fffffff);
    this.alarm = setTimeout(() => this.ring(), delay);
    if (!this.holdsProcess) this.alarm.unref();
  }

  private clearAlarm(): void {
    clearTimeout(this.alarm);
    if (this.alarmAt !== Number.NEGATIVE_INFINITY) this.alarmAt = Number.POSITIVE_INFINITY;
  }

  private ring(): void {
    this.alarmAt = Number.NEGATIVE_INFINITY; // what is armed meanwhile needs no alarm of its own
    try {
      this.wheel.advanceTo(performance.now());
    } finally {
      this.setAlarm();
    }
  }
}
