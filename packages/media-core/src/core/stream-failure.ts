import type { CoreEvent } from './core-api.ts';

/** What an endpoint tells where its stream threw: nothing is sent or heard any more. */
export function streamFailure(error: unknown): CoreEvent {
  return { type: 'failed', code: 'MEDIA_FAILED', message: messageOf(error) };
}

/** In words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
