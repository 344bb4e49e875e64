import { readFileSync } from 'node:fs';
import { nodeRuntime } from '@strowger/runtime';
import { parseListenPoint, type TlsSettings } from '@strowger/sip-transport';
import type { RunOptions } from './command-line.ts';
import { loadScenario } from './load-scenario.ts';
import { runLoad } from './load.ts';
import type { FailedCall } from './party.ts';
import { planOf, settingsOf } from './play-options.ts';
import { describeFailure, describeSummary, LiveView } from './report.ts';
import { openSockets } from './sockets.ts';
import { Tally } from './tally.ts';
import { EXIT, type Surroundings } from './surroundings.ts';

const SHOW_MS = 500;
/** Where there is no terminal to repaint. */
const SAY_MS = 10_000;

/** Plays a scenario on real sockets; resolves with the exit code. */
export async function run(
  {
    scenario: name,
    remote,
    options,
  }: { scenario: string; remote: string | undefined; options: RunOptions },
  { out, log, isTerminal, signal }: Surroundings,
): Promise<number> {
  const scenario = await loadScenario(name, { keys: Object.keys(options.set), log });
  const role =
    options.role ?? (scenario.caller !== undefined && remote !== undefined ? 'caller' : 'callee');
  const played = scenario[role];
  if (played === undefined) throw new Error(`${scenario.name} has no ${role}`);
  if (role === 'caller' && remote === undefined)
    throw new Error('a caller needs to know whom to call');
  const runtime = nodeRuntime();
  const tally = new Tally();
  const failures: FailedCall[] = [];
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
  const progress = followProgress(tally, { log, isTerminal });
  try {
    if (role === 'callee') log(`listening at ${sockets.at} over ${options.transport}`);
    const total = options.calls ?? Number.POSITIVE_INFINITY;
    if (role === 'callee')
      await Promise.race([sockets.party.serve(played, total), ended(signal, options.duration)]);
    else {
      const peer = await sockets.locate(remote ?? '');
      const place = (): Promise<void> => sockets.party.place(played, peer);
      await runLoad(planOf(options), { clock: runtime.clock, place, signal });
    }
    // the other side may not have heard our last answer
    if (role === 'callee' && options.transport === 'udp') await ended(signal, LAST_WORDS_MS);
  } finally {
    progress.stop();
    await sockets.close();
  }
  for (const failed of failures) log(describeFailure(failed, { colours: isTerminal }));
  const summary = tally.summary();
  out(
    options.json
      ? `${JSON.stringify({ ...summary, elapsedMs: progress.elapsedMs() })}\n`
      : progress.text(),
  );
  return summary.failed === 0 && summary.calls > 0 ? EXIT.ok : EXIT.failed;
}

/** T1: when the other side says it again if our last answer was lost. */
const LAST_WORDS_MS = 500;

/** Shows the counts while they grow. */
function followProgress(
  tally: Tally,
  { log, isTerminal }: Pick<Surroundings, 'log' | 'isTerminal'>,
): { stop(): void; text(): string; elapsedMs(): number } {
  const began = performance.now();
  const view = new LiveView((text) => void process.stderr.write(text));
  const recent: { at: number; calls: number }[] = [{ at: began, calls: 0 }];
  const lines = (): string[] => {
    const now = performance.now();
    const first = recent[0] ?? { at: began, calls: 0 };
    const rate = ((tally.calls - first.calls) * 1000) / Math.max(now - first.at, 1);
    return describeSummary(tally.summary(), { elapsedMs: now - began, rate });
  };
  const timer = setInterval(
    () => {
      if (isTerminal) view.show(lines());
      else log(lines()[0] ?? '');
      recent.push({ at: performance.now(), calls: tally.calls });
      if (recent.length > 10) recent.shift();
    },
    isTerminal ? SHOW_MS : SAY_MS,
  );
  return {
    stop: () => {
      clearInterval(timer);
      if (isTerminal) view.show([]);
    },
    elapsedMs: () => Math.round(performance.now() - began),
    text: () => {
      const elapsedMs = performance.now() - began;
      const rate = (tally.calls * 1000) / elapsedMs;
      return `${describeSummary(tally.summary(), { elapsedMs, rate }).join('\n')}\n`;
    },
  };
}

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
