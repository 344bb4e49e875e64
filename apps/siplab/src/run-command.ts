import { readFileSync } from 'node:fs';
import { nodeRuntime, type Runtime } from '@strowger/runtime';
import { parseListenPoint, type TlsSettings } from '@strowger/sip-transport';
import type { RunOptions } from './command-line.ts';
import { loadScenario } from './load-scenario.ts';
import { runLoad } from './load.ts';
import type { FailedCall } from './party.ts';
import { planOf, settingsOf } from './play-options.ts';
import { followProgress, type Progress } from './progress.ts';
import { describeFailure } from './report.ts';
import { openSockets } from './sockets.ts';
import { Tally } from './tally.ts';
import { EXIT, type Surroundings } from './surroundings.ts';

/** What `run` was asked for. */
interface RunRequest {
  readonly scenario: string;
  readonly remote: string | undefined;
  readonly options: RunOptions;
}

/** Plays a scenario on real sockets; resolves with the exit code. */
export async function run(
  request: RunRequest,
  { out, log, screen, signal }: Surroundings,
): Promise<number> {
  const { json } = request.options;
  const runtime = nodeRuntime();
  const tally = new Tally();
  const progress = followProgress(tally, { clock: runtime.clock, screen, log, signal });
  const failures: FailedCall[] = [];
  try {
    await play(request, { runtime, tally, progress, signal, failures });
  } finally {
    progress.stop();
  }
  const colours = screen !== undefined;
  for (const failed of failures) log(describeFailure(failed, { colours }));
  const summary = tally.summary();
  const elapsedMs = progress.elapsedMs();
  out(json ? `${JSON.stringify({ ...summary, elapsedMs })}\n` : progress.text());
  return summary.failed === 0 && summary.calls > 0 ? EXIT.ok : EXIT.failed;
}

/** Places or takes calls until all have come to their end. */
async function play(
  { scenario: name, remote, options }: RunRequest,
  {
    runtime,
    tally,
    progress,
    signal,
    failures,
  }: {
    runtime: Runtime;
    tally: Tally;
    progress: Progress;
    signal: AbortSignal;
    failures: FailedCall[];
  },
): Promise<void> {
  const { log } = progress;
  const scenario = await loadScenario(name, { keys: Object.keys(options.set), log });
  const role =
    options.role ?? (scenario.caller !== undefined && remote !== undefined ? 'caller' : 'callee');
  const played = scenario[role];
  if (played === undefined) throw new Error(`${scenario.name} has no ${role}`);
  if (role === 'caller' && remote === undefined)
    throw new Error('a caller needs to know whom to call');
  const sockets = await openSockets({
    runtime,
    tally,
    settings: { ...settingsOf(options), ...mediaAddressOf(options) },
    transport: options.transport,
    listen: options.listen,
    connects: role === 'caller',
    tls: tlsOf(options),
    ...(options.wsPath !== undefined && { wsPath: options.wsPath }),
    onFailure: (failed) => void (failures.length < options.ladders && failures.push(failed)),
  });
  try {
    if (role === 'caller') {
      const peer = await sockets.locate(remote ?? '');
      const place = (): Promise<void> => sockets.party.place(played, peer);
      await runLoad(planOf(options), { clock: runtime.clock, place, signal });
      return;
    }
    log(`listening at ${sockets.at} over ${options.transport}`);
    const total = options.calls ?? Number.POSITIVE_INFINITY;
    await Promise.race([sockets.party.serve(played, total), ended(signal, options.duration)]);
    // the other side may not have heard our last answer
    if (options.transport === 'udp') await ended(signal, LAST_WORDS_MS);
  } finally {
    await sockets.close();
  }
}

/** T1: when the other side says it again if our last answer was lost. */
const LAST_WORDS_MS = 500;

/** What a WebSocket calls us leads nowhere (RFC 7118 §5.2): media is at the address of --listen. */
function mediaAddressOf({ transport, listen }: RunOptions): { mediaAddress?: string } {
  if (transport !== 'ws' && transport !== 'wss') return {};
  return { mediaAddress: parseListenPoint(`${transport}:${listen}`).address };
}

function tlsOf({ ca, cert, key }: RunOptions): TlsSettings {
  return {
    ...(ca !== undefined && { authorities: [readFileSync(ca)] }),
    ...(cert !== undefined &&
      key !== undefined && {
        certificates: [{ certificate: readFileSync(cert), key: readFileSync(key) }],
      }),
  };
}

function ended(signal: AbortSignal, ms: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = ms === undefined ? undefined : setTimeout(() => resolve(), ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
