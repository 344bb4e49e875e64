import type { Clock } from './clock.ts';
import type { NetworkWatch } from './network-watch.ts';
import type { Timer } from './timer-wheel.ts';

/** One switch fires several events, one after the other: what comes within is one change. */
const SETTLE_MS = 1000;

/** The part of a page's `navigator` that is used. */
interface PageNavigator {
  readonly onLine?: boolean;
  /** Network Information API; what it is connected by is told on few platforms. */
  readonly connection?: EventTarget & { readonly type?: string };
}

/** What a page is told: it is on line again, or connected by something else. */
export function pageNetwork(clock: Clock): NetworkWatch {
  return {
    watch(onChange) {
      const page = globalThis as unknown as EventTarget; // a page's window, a worker's scope
      const { navigator } = globalThis as { navigator?: PageNavigator };
      const connection = navigator?.connection;
      let timer: Timer | undefined;
      let known = connection?.type;
      const settle = (): void => {
        timer?.cancel();
        timer = clock.arm(SETTLE_MS, () => {
          if (navigator?.onLine !== false) onChange();
        });
      };
      // fired for each new estimate of the speed as well, and when the page goes off line
      const changed = (): void => {
        const type = connection?.type;
        if (type === undefined || type === known || navigator?.onLine === false) return;
        known = type;
        settle();
      };
      page.addEventListener?.('online', settle);
      connection?.addEventListener?.('change', changed);
      return () => {
        timer?.cancel();
        page.removeEventListener?.('online', settle);
        connection?.removeEventListener?.('change', changed);
      };
    },
  };
}
