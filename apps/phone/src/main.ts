#!/usr/bin/env node
import { SipClient, type SipClientOptions } from '@strowger/sip-client';
import { CommanderError } from 'commander';
import { type CommonOptions, type Request, readCommandLine } from './command-line.ts';
import { EXIT, exitCodeOfStatus } from './exit-code.ts';
import { jsonReport, type Report, wordReport } from './report.ts';
import { talk } from './talk.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  let request: Request;
  try {
    request = readCommandLine(process.argv.slice(2), process.env);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  const { options } = request;
  const write = (text: string): void => void process.stdout.write(text);
  const report = options.json ? jsonReport(write) : wordReport(write, process.stdout.isTTY);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(130);
      interrupted.abort();
    });
  }
  try {
    const client = new SipClient(clientOptions(options));
    try {
      return await run(request, client, { report, signal: interrupted.signal });
    } finally {
      await client.close();
    }
  } catch (error) {
    report.say({ type: 'error', message: error instanceof Error ? error.message : String(error) });
    return EXIT.failed;
  }
}

interface Surroundings {
  report: Report;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

function run(request: Request, client: SipClient, around: Surroundings): Promise<number> {
  switch (request.command) {
    case 'call':
      return call(client, request, around);
    case 'answer':
      return answer(client, request, around);
    case 'register':
      return register(client, around);
    case 'options':
      return options(client, request.target, around);
    default:
      request satisfies never;
      throw new Error('unknown command');
  }
}

async function call(
  client: SipClient,
  { target, options: talkOptions }: Extract<Request, { command: 'call' }>,
  { report, signal }: Surroundings,
): Promise<number> {
  report.say({ type: 'calling', target });
  const outgoing = await client.call(target, { signal });
  const stopTicking = tickWhileRinging(outgoing, report);
  outgoing.connected.then(stopTicking, stopTicking);
  return talk(outgoing, talkOptions, { report, signal });
}

async function answer(
  client: SipClient,
  { options: talkOptions }: Extract<Request, { command: 'answer' }>,
  { report, signal }: Surroundings,
): Promise<number> {
  const calls = client.incoming({ signal });
  const next = calls.next();
  if (talkOptions.password !== undefined || talkOptions.server !== undefined) {
    report.say({ type: 'registered', ...(await client.register()) });
  } else {
    await client.sessions(); // no registrar: hears calls at its own address
  }
  const { value: incoming } = await next;
  if (incoming === undefined) return EXIT.ok; // interrupted
  report.say({ type: 'incoming', from: incoming.remote.uri.toString() });
  incoming.ring();
  await incoming.answer().catch(() => undefined); // `talk` tells how it ended
  const code = await talk(incoming, talkOptions, { report, signal });
  await calls.return();
  await client.unregister();
  return code;
}

async function register(client: SipClient, { report, signal }: Surroundings): Promise<number> {
  let refused: number | undefined;
  client.on('registration', (change) => {
    if (change.type === 'registrationFailed') refused = change.status;
    if (change.type !== 'unregistered') report.say(change);
  });
  try {
    await client.register();
  } catch {
    return refused === undefined ? EXIT.failed : exitCodeOfStatus(refused);
  }
  await aborted(signal);
  await client.unregister();
  return EXIT.ok;
}

async function options(
  client: SipClient,
  target: string,
  { report }: Surroundings,
): Promise<number> {
  const { status, reason, allow, roundTripMs: ms } = await client.options(target);
  report.say({ type: 'capabilities', status, reason, allow, ms });
  return status < 300 ? EXIT.ok : exitCodeOfStatus(status);
}

function clientOptions(options: CommonOptions): SipClientOptions {
  const { user, password, server, transport, listen } = options;
  return {
    uri: user.startsWith('sip:') ? user : `sip:${user}`,
    transport,
    ...(password === undefined ? {} : { password }),
    ...(server === undefined ? {} : { server: /^sips?:/.test(server) ? server : `sip:${server}` }),
    ...(listen === undefined ? {} : { listen: [`${transport}:${listen}`] }),
    userAgent: 'strowger-phone',
  };
}

/** Says every second for how long it has been ringing. */
function tickWhileRinging({ session }: { session: { state: string } }, report: Report): () => void {
  let since: number | undefined;
  let told = -1;
  const look = (): void => {
    if (session.state !== 'ringing') return;
    since ??= Date.now();
    const seconds = Math.floor((Date.now() - since) / 1000);
    if (seconds > told) report.say({ type: 'ringing', seconds });
    told = seconds;
  };
  const timer = setInterval(look, 100);
  return () => clearInterval(timer);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
