import { levels } from 'pino';
import { ConfigError } from './config-error.ts';

/** The level that `LOG_LEVEL` asks for. Throws `ConfigError` where pino has none of that name. */
export function logLevel(env: NodeJS.ProcessEnv, fallback: string): string {
  const level = env['LOG_LEVEL'] || fallback;
  const allowed = [...Object.keys(levels.values), 'silent'];
  if (allowed.includes(level)) return level;
  throw new ConfigError([`LOG_LEVEL: "${level}" is not allowed; allowed: ${allowed.join(', ')}`]);
}
