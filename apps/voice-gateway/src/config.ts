import { parseDocument } from 'yaml';
import { type Config, configSchema } from './config-schema.ts';

/** What is wrong with a configuration, in words for the person who wrote it. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Environment variables for what should not stand in a file, and the keys that they override. */
export const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  STROWGER_PASSWORD: ['sip', 'password'],
  STROWGER_PROGRAM_AUTHORIZATION: ['program', 'headers', 'Authorization'],
  STROWGER_HTTP_TOKEN: ['http', 'token'],
};

/**
 * Reads a configuration, YAML or JSON, with the environment on top.
 * @throws ConfigError with a line for everything that is wrong.
 */
export function readConfig(text: string, env: NodeJS.ProcessEnv = {}): Config {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map(({ message }) => message.split('\n')[0] ?? message));
  }
  for (const [variable, path] of Object.entries(ENVIRONMENT)) {
    const value = env[variable];
    if (value !== undefined && value !== '' && document.hasIn(path.slice(0, 1))) {
      document.setIn(path, value);
    }
  }
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map(({ path, message }) => {
      return `${path.map(String).join('.') || 'the configuration'}: ${message}`;
    }),
  );
}
