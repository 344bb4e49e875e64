import { StrowgerError } from '@strowger/runtime';

/** The code of an error, ours or the system's. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined;
}

/** What is told where a port cannot be bound. */
export function unavailable(address: string, cause: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause) && cause.code.startsWith('MEDIA_')) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('MEDIA_ADDRESS_UNAVAILABLE', `Cannot bind ${address}: ${why}`, {
    cause,
  });
}

/** What is told after the end. */
export function closedError(): StrowgerError {
  return new StrowgerError('MEDIA_CLOSED', 'The media engine was closed');
}
