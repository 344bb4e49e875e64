#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMisuse, logDestination, logLevel, toldToStop } from '@strowger/daemon';
import { type Logger, StrowgerError } from '@strowger/runtime';
import { pino } from 'pino';
import { readConfig } from './config.ts';
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
    const logger = pino({ level: logLevel(process.env, 'warn') }, logDestination());
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

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause =
    StrowgerError.isInstance(error) && error.cause instanceof Error ? error.cause : null;
  return cause === null ? error.message : `${error.message}: ${cause.message}`;
}
