import { ConfigError, ConfigFile } from '@strowger/daemon';
import { type Config, configSchema } from './config-schema.ts';

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
export function readConfig(
  text: string,
  { file = 'configuration', env = {} }: { file?: string; env?: NodeJS.ProcessEnv } = {},
): Config {
  const source = new ConfigFile(text, file);
  const { document } = source;
  const overridden = new Map<string, string>();
  for (const [variable, path] of Object.entries(ENVIRONMENT)) {
    const value = env[variable];
    if (value !== undefined && value !== '' && document.hasIn(path.slice(0, 1))) {
      document.setIn(path, value);
      overridden.set(path.join('.'), variable);
    }
  }
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const key = issue.path.map(String).join('.');
      return `${overridden.get(key) ?? source.at(issue)}: ${key || 'the whole file'}: ${issue.message}`;
    }),
  );
}
