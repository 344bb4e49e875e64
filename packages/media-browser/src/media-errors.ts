import { StrowgerError } from '@strowger/runtime';

/** What a browser cannot do. */
export function unsupported(what: string): StrowgerError {
  return new StrowgerError('MEDIA_UNSUPPORTED', `a browser cannot ${what}`);
}

/** What is told after the end. */
export function closed(): StrowgerError {
  return new StrowgerError('MEDIA_CLOSED', 'this endpoint is closed');
}

/** An offer while our own is open, an answer that nobody waits for, digits that are held up. */
export function wrongState(what: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', what);
}

/** What a browser refuses for reasons of its own, with its error as `cause`. */
export function failed(cause: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('MEDIA_FAILED', why, { cause });
}

/** A description in which nothing fits. */
export function notAcceptable(cause: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', why, { cause });
}
