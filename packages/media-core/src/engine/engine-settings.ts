import type { QualitySettings, StreamSettings } from '../core/core-api.ts';
import { DEFAULT_THRESHOLDS } from '../quality/quality-level.ts';
import type { EndpointRequest } from './media-backend.ts';
import type { MediaEngineOptions } from './media-engine-options.ts';

const SILENCE_MS = 30_000;

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
