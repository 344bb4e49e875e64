import { ConfigError } from './config-error.ts';

/** Whether a person called the program wrong: its arguments, its file, or what stands in it. */
export function isMisuse(error: unknown): boolean {
  if (error instanceof ConfigError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_PARSE_ARGS') || code === 'ENOENT' || code === 'EISDIR';
}
