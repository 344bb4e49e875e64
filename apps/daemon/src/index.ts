export { ConfigError } from './config-error.ts';
export { ConfigFile } from './config-file.ts';
export { isMisuse } from './misuse.ts';
export { logDestination } from './log-destination.ts';
export { logLevel } from './log-level.ts';
export { toldToStop } from './told-to-stop.ts';
