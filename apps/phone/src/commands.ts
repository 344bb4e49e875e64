import type { Call, SipClient } from '@strowger/sip-client';
import type { Request, TalkOptions } from './command-line.ts';
import { EXIT, exitCodeOfStatus } from './exit-code.ts';
import { hasRegistrar, providerOf } from './provider-account.ts';
import type { Report } from './report.ts';
import { talk } from './talk.ts';

/** Where a command speaks, and what ends it. */
export interface Surroundings {
  report: Report;
  /** Aborted by Ctrl-C, which also closes the client. */
  signal: AbortSignal;
}

/** Does what the command line asks for; resolves with the exit code, rejects as the client does. */
export function runCommand(
  request: Exclude<Request, { command: 'doctor' }>,
  client: SipClient,
  around: Surroundings,
): Promise<number> {
  switch (request.command) {
    case 'call':
      return call(client, request, around);
    case 'answer':
      return answer(client, request.options, around);
    case 'register':
      if (!hasRegistrar(request.options)) {
        const message = `${providerOf(request.options)?.name} has nothing to register at`;
        around.report.say({ type: 'error', message });
        return Promise.resolve(EXIT.usage);
      }
      return register(client, around);
    case 'options':
      return ask(client, request.target, around);
    default:
      request satisfies never;
      throw new Error('unknown command');
  }
}

async function call(
  client: SipClient,
  { target, options }: Extract<Request, { command: 'call' }>,
  { report, signal }: Surroundings,
): Promise<number> {
  report.say({ type: 'calling', target });
  const outgoing = await client.call(target, { signal });
  const stopTicking = tickWhileRinging(outgoing, report);
  outgoing.connected.then(stopTicking, stopTicking);
  return talk(outgoing, options, report);
}

async function answer(
  client: SipClient,
  options: TalkOptions,
  { report, signal }: Surroundings,
): Promise<number> {
  const calls = client.incoming({ signal });
  report.say({ type: 'listening', contact: await client.contact() });
  const isKnown = options.password !== undefined || options.server !== undefined;
  if (isKnown && hasRegistrar(options)) {
    report.say({ type: 'registered', ...(await client.register()) });
  }
  const { value: incoming } = await calls.next();
  await calls.return?.(); // whoever else calls gets 480
  if (incoming === undefined) return EXIT.ok; // interrupted
  report.say({ type: 'incoming', from: incoming.remote.uri.toString() });
  incoming.ring();
  await incoming.answer().catch(() => undefined); // `talk` tells how it ended
  return talk(incoming, options, report);
}

async function register(client: SipClient, { report, signal }: Surroundings): Promise<number> {
  let wasRegistered = false;
  let refused: number | undefined;
  client.on('registration', (change) => {
    if (change.type === 'registered') wasRegistered = true;
    if (change.type === 'registrationFailed') refused = change.status;
    if (change.type !== 'unregistered') report.say(change);
  });
  try {
    await client.register();
    await aborted(signal);
    return EXIT.ok;
  } catch {
    if (signal.aborted) return wasRegistered ? EXIT.ok : EXIT.network;
    return refused === undefined ? EXIT.failed : exitCodeOfStatus(refused);
  }
}

async function ask(client: SipClient, target: string, { report }: Surroundings): Promise<number> {
  const { status, reason, allow, roundTripMs: ms } = await client.options(target);
  report.say({ type: 'capabilities', status, reason, allow, ms });
  return status < 300 ? EXIT.ok : exitCodeOfStatus(status);
}

/** Says every second for how long it has been ringing. */
function tickWhileRinging({ session }: Call, report: Report): () => void {
  let timer: NodeJS.Timeout | undefined;
  session.on('stateChanged', ({ to }) => {
    if (to !== 'ringing') return;
    let seconds = 0;
    report.say({ type: 'ringing', seconds });
    timer = setInterval(() => report.say({ type: 'ringing', seconds: ++seconds }), 1000);
  });
  return () => clearInterval(timer);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
