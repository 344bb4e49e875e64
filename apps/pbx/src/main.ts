#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Logger, StrowgerError } from '@strowger/runtime';
import { pino } from 'pino';
import { ConfigError, readConfig } from './config.ts';
import { type Pbx, startPbx } from './pbx.ts';

const USAGE = `usage: npm start -- [--config FILE] [--help]

  --config FILE   YAML or JSON; without it: loopback, users alice and bob, ./strowger.db

Environment variables override the file: STROWGER_DOMAIN, STROWGER_LISTEN, STROWGER_HTTP_LISTEN,
STROWGER_MEDIA_ADDRESS, STROWGER_MEDIA_PORTS, STROWGER_STORE and others: see the README.
LOG_LEVEL (default warn) sets what is logged, as JSON, on standard error.
`;

process.exitCode = await main();

/** Resolves with the exit code: 0 after a drain, 1 when it could not start, 2 for a wrong call. */
async function main(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    const { config: file } = values;
    const text = file === undefined ? '' : readFileSync(file, 'utf8');
    const config = readConfig(text, { env: process.env, ...(file === undefined ? {} : { file }) });
    const logger = pino({ level: logLevel() }, pino.destination({ dest: 2, sync: true }));
    const pbx = await startPbx(config, logger);
    process.stdout.write(`${pbx.banner}\n`);
    process.on('SIGHUP', () => reload(pbx, logger));
    await toldToStop();
    await pbx.stop();
    return 0;
  } catch (error) {
    process.stderr.write(`${inWords(error)}\n`);
    return isMisuse(error) ? 2 : 1;
  }
}

/** Calls go on, with the old certificates where the new ones are no good. */
function reload(pbx: Pbx, logger: Logger): void {
  try {
    pbx.reload();
    logger.info({}, 'certificates read anew');
  } catch (error) {
    logger.error({ err: error }, 'the certificates stay as they were');
  }
}

function logLevel(): string {
  const level = process.env['LOG_LEVEL'] || 'warn';
  const allowed = [...Object.keys(pino.levels.values), 'silent'];
  if (allowed.includes(level)) return level;
  throw new ConfigError([`LOG_LEVEL: "${level}" is not allowed; allowed: ${allowed.join(', ')}`]);
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (told) process.exit(1);
        told = true;
        resolve();
      });
    }
  });
}

function isMisuse(error: unknown): boolean {
  if (error instanceof ConfigError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_PARSE_ARGS') || code === 'ENOENT' || code === 'EISDIR';
}

function inWords(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join('\n');
  if (!(error instanceof Error)) return String(error);
  const cause =
    StrowgerError.isInstance(error) && error.cause instanceof Error ? error.cause : null;
  return cause === null ? error.message : `${error.message}: ${cause.message}`;
}
