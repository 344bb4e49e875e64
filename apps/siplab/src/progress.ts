import type { Clock, Timer } from '@strowger/runtime';
import { LiveView, type Screen } from './live-view.ts';
import { describeSummary } from './report.ts';
import type { Tally } from './tally.ts';

const SHOW_MS = 500;
/** Where there is no terminal to repaint. */
const SAY_MS = 10_000;
/** How many of the last sights the rate is taken over. */
const SIGHTS = 10;

/** The counts of a run while they grow. */
export interface Progress {
  /** Says something without being in the way of what is repainted. */
  log(text: string): void;
  /** From the beginning on, in whole milliseconds. */
  elapsedMs(): number;
  /** All of the run so far, as text. */
  text(): string;
  /** Shows nothing more, and clears what is shown. */
  stop(): void;
}

/**
 * Shows the counts twice a second on a screen, or logs them every ten seconds where there is none.
 *
 * @param signal from its abort on no more calls begin, which is told.
 */
export function followProgress(
  tally: Tally,
  around: {
    clock: Clock;
    screen: Screen | undefined;
    log: (text: string) => void;
    signal: AbortSignal;
  },
): Progress {
  const { clock, screen, signal } = around;
  const began = clock.now();
  const view = screen === undefined ? undefined : new LiveView(screen);
  const sights = [{ at: began, calls: 0 }];
  let timer: Timer | undefined;

  const describe = (since: { at: number; calls: number }): string[] => {
    const rate = ((tally.calls - since.calls) * 1000) / Math.max(clock.now() - since.at, 1);
    return describeSummary(tally.summary(), { elapsedMs: clock.now() - began, rate });
  };
  const lately = (): string[] => describe(sights[0] ?? { at: began, calls: 0 });
  const log = (text: string): void => {
    if (view === undefined) around.log(text);
    else view.above(text, timer === undefined ? [] : lately());
  };
  const look = (): void => {
    if (view === undefined) around.log(lately()[0] ?? '');
    else view.show(lately());
    sights.push({ at: clock.now(), calls: tally.calls });
    if (sights.length > SIGHTS) sights.shift();
    timer = clock.arm(view === undefined ? SAY_MS : SHOW_MS, look);
  };
  const sayThatItEnds = (): void => {
    log(`no more calls begin, ${tally.running} are running; Ctrl-C once more does not wait`);
  };

  timer = clock.arm(view === undefined ? SAY_MS : SHOW_MS, look);
  signal.addEventListener('abort', sayThatItEnds, { once: true });
  return {
    log,
    elapsedMs: () => Math.round(clock.now() - began),
    text: () => `${describe({ at: began, calls: 0 }).join('\n')}\n`,
    stop: () => {
      timer?.cancel();
      timer = undefined;
      signal.removeEventListener('abort', sayThatItEnds);
      view?.show([]);
    },
  };
}
