import { isDscp, StrowgerError } from '@strowger/runtime';
import type { QualitySettings, StreamSettings } from '../core/core-api.ts';
import { DEFAULT_THRESHOLDS } from '../quality/quality-level.ts';
import type { EndpointRequest } from './media-backend.ts';
import type { MediaEngineOptions } from './media-engine-options.ts';

const SILENCE_MS = 30_000;
const MOST_WAKE_UP_MS = 10;
const MOST_WORKER_TIMEOUT_MS = 600_000;

/** How seldom workers look at their sockets. @throws StrowgerError `MEDIA_BAD_WAKE_UP`. */
export function wakeUpMsOf({ wakeUpMs = 0 }: MediaEngineOptions): number {
  if (wakeUpMs >= 0 && wakeUpMs <= MOST_WAKE_UP_MS) return wakeUpMs;
  throw new StrowgerError('MEDIA_BAD_WAKE_UP', `wakeUpMs lies within 0 and ${MOST_WAKE_UP_MS}`);
}

/** How what leaves is marked. @throws StrowgerError `MEDIA_BAD_DSCP`. */
export function dscpOf({ dscp }: MediaEngineOptions): number | undefined {
  if (dscp === undefined || isDscp(dscp)) return dscp;
  throw new StrowgerError('MEDIA_BAD_DSCP', `a DSCP is 0 to 63, not ${dscp}`);
}

/** For how long workers may do nothing. @throws StrowgerError `MEDIA_BAD_TIMEOUT`. */
export function workerTimeoutMsOf({ workerTimeoutMs = 5000 }: MediaEngineOptions): number {
  if (workerTimeoutMs >= 100 && workerTimeoutMs <= MOST_WORKER_TIMEOUT_MS) return workerTimeoutMs;
  const range = `100 and ${MOST_WORKER_TIMEOUT_MS}`;
  throw new StrowgerError('MEDIA_BAD_TIMEOUT', `workerTimeoutMs lies within ${range}`);
}

/** What every stream of an engine is set to. */
export function streamSettings(options: MediaEngineOptions): StreamSettings {
  const { timeoutMs = SILENCE_MS } = options;
  return {
    initialTimeoutMs: options.initialTimeoutMs ?? timeoutMs,
    timeoutMs,
    learning: options.learnSources ?? 'near',
    graceMs: options.sourceGraceMs ?? 250,
    relatchAfterMs: options.relatchAfterMs ?? 3000,
    jitterMinimumMs: options.jitterMs?.minimum ?? 40,
    jitterMaximumMs: options.jitterMs?.maximum ?? 200,
  };
}

/** How an endpoint's quality is told: as it asks for, else as its engine says. */
export function qualitySettings(
  { quality: { tell, ...thresholds } = {} }: MediaEngineOptions,
  asked: EndpointRequest['quality'],
): QualitySettings {
  return {
    ...DEFAULT_THRESHOLDS,
    ...thresholds,
    tellsSeconds: (asked ?? tell) === 'seconds',
  };
}
