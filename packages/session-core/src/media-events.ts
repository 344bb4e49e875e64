import type { MediaEndpointEvent } from './media-backend.ts';
import type { SessionEventDetails } from './session-events.ts';

/**
 * @internal Tells what an endpoint tells as events of its session; digits, candidates and intrusions go
 * another way.
 */
export function tellMedia(
  event: Exclude<MediaEndpointEvent, { type: 'digit' | 'candidate' | 'intrusion' }>,
  emit: <T extends keyof SessionEventDetails>(type: T, details: SessionEventDetails[T]) => void,
): void {
  switch (event.type) {
    case 'started':
      return emit('mediaStarted', event.remote);
    case 'speechStarted':
      return emit('speechStarted', { agoMs: event.agoMs });
    case 'speechEnded':
      return emit('speechEnded', { durationMs: event.durationMs, silentMs: event.silentMs });
    case 'silence':
    case 'deadAir':
      return emit(event.type, { silentMs: event.silentMs });
    case 'tone':
      return emit('tone', { name: event.name });
    case 'timeout':
      return emit('mediaSilent', { silentMs: event.silentMs, initial: event.initial === true });
    case 'secured':
      return emit('mediaSecured', { keying: event.keying, suite: event.suite });
    case 'quality':
      return emit('quality', { metrics: event.metrics });
    case 'qualityChanged': {
      const { from, to, metrics } = event;
      return emit('qualityChanged', { from, to, metrics });
    }
    case 'failed':
      return emit('mediaFailed', { code: event.code, message: event.message });
    default:
      event satisfies never;
  }
}
