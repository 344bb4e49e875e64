#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ladderCommand } from './ladder-command.ts';
import { readCommandLine, type Request } from './command-line.ts';
import { run } from './run-command.ts';
import { simulateCommand } from './sim-command.ts';
import { EXIT, type Surroundings } from './surroundings.ts';

const code = await main();
process.stdout.write('', () => process.exit(code));

async function main(): Promise<number> {
  let request: Request;
  try {
    request = readCommandLine(process.argv.slice(2), process.env);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  const around: Surroundings = {
    out: (text) => void process.stdout.write(text),
    log: (text) => void process.stderr.write(`${text}\n`),
    screen: process.stderr.isTTY ? process.stderr : undefined,
    isOutTerminal: process.stdout.isTTY,
    signal: untilInterrupted(),
  };
  try {
    return await perform(request, around);
  } catch (error) {
    around.log(error instanceof Error ? error.message : String(error));
    return EXIT.usage;
  }
}

async function perform(request: Request, around: Surroundings): Promise<number> {
  switch (request.command) {
    case 'run':
      return run(request, around);
    case 'sim':
      return simulateCommand(request, around);
    case 'ladder':
      return ladderCommand(request, around);
    default:
      request satisfies never;
      throw new Error('unknown command');
  }
}

/** Ctrl-C lets the calls that run come to their end; the second one does not wait. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort();
    });
  }
  return interrupted.signal;
}
