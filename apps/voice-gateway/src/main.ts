#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMisuse, logDestination, logLevel, toldToStop } from '@strowger/daemon';
import { pino } from 'pino';
import { readConfig } from './config.ts';
import { startGateway } from './wiring.ts';

const USAGE = `usage: voice-gateway --config FILE [--help]

  --config FILE   YAML or JSON: see the README

LOG_LEVEL (default info) sets what is logged, as JSON, on standard error.
`;

process.exitCode = await main();

/** Resolves with the exit code: 0 after a drain, 1 when it could not start, 2 for a wrong call. */
async function main(): Promise<number> {
  try {
    const { values } = parseArgs({
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true || values.config === undefined) {
      process.stdout.write(USAGE);
      return values.help === true ? 0 : 2;
    }
    const { config: file } = values;
    const config = readConfig(readFileSync(file, 'utf8'), { file, env: process.env });
    const level = logLevel(process.env, 'info');
    const logger = pino({ level }, logDestination());
    const running = await startGateway(config, logger);
    process.stdout.write(`${running.banner}\n`);
    await toldToStop();
    await running.stop();
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return isMisuse(error) ? 2 : 1;
  }
}
