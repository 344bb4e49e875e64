#!/usr/bin/env node
import { jsonLine } from '@strowger/runtime';
import { SipClient } from '@strowger/sip-client';
import { CommanderError } from 'commander';
import { clientOptions } from './client-options.ts';
import { type DoctorOptions, type Request, readCommandLine } from './command-line.ts';
import { runCommand } from './commands.ts';
import { examine } from './doctor/examine.ts';
import { describeFinding, exitCodeOfFindings, type Finding } from './doctor/finding.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { jsonReport, wordReport } from './report.ts';

const code = await main();
// all is closed: an alarm that the clock may still have set for a cancelled timer is not waited for
process.stdout.write('', () => process.exit(code));

async function main(): Promise<number> {
  let request: Request;
  try {
    request = readCommandLine(process.argv.slice(2), process.env);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  const write = (text: string): void => void process.stdout.write(text);
  const isTerminal = process.stdout.isTTY;
  const report = request.options.json ? jsonReport(write) : wordReport(write, isTerminal);
  try {
    if (request.command === 'doctor') return await runDoctor(request.options, write, isTerminal);
    const client = new SipClient(clientOptions(request));
    const signal = closeWhenInterrupted(client);
    try {
      return await runCommand(request, client, { report, signal });
    } finally {
      await client.close();
    }
  } catch (error) {
    report.say({ type: 'error', message: error instanceof Error ? error.message : String(error) });
    return exitCodeOfError(error);
  }
}

/** Says each finding as it is made; resolves with the exit code. */
async function runDoctor(
  options: DoctorOptions,
  write: (text: string) => void,
  isTerminal: boolean,
): Promise<number> {
  const say = (finding: Finding): void =>
    write(options.json ? `${jsonLine(finding)}\n` : describeFinding(finding, isTerminal));
  return exitCodeOfFindings(await examine(options, say));
}

/** Ctrl-C ends what is going on, with a BYE or whatever it takes; the second one does not wait. */
function closeWhenInterrupted(client: SipClient): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort();
      void client.close();
    });
  }
  return interrupted.signal;
}
