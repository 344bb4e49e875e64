import { StrowgerError } from '@strowger/runtime';

/** A recording did not get where it should. */
export function recordingFailed(where: string, cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('RECORDING_FAILED', `Cannot record to ${where}: ${why}`, { cause });
}
