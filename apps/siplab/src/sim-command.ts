import type { SimulateOptions } from './command-line.ts';
import { loadScenario } from './load-scenario.ts';
import { planOf, settingsOf } from './play-options.ts';
import { describeFailure, describeSummary } from './report.ts';
import { simulate } from './simulate.ts';
import { EXIT, type Surroundings } from './surroundings.ts';

/** Plays both sides in the simulator; resolves with the exit code. */
export async function simulateCommand(
  request: { caller: string; callee: string | undefined; options: SimulateOptions },
  { out, log, screen }: Surroundings,
): Promise<number> {
  const { options } = request;
  const load = { keys: Object.keys(options.set), log };
  const first = await loadScenario(request.caller, load);
  const second = request.callee === undefined ? first : await loadScenario(request.callee, load);
  const { caller } = first;
  const { callee } = second;
  if (caller === undefined) throw new Error(`${first.name} has no caller`);
  if (callee === undefined) throw new Error(`${second.name} has no callee`);
  const { seed, loss, duplicate, latency: latencyMs, transport } = options;
  const report = await simulate({
    caller,
    callee,
    seed,
    loss,
    duplicate,
    latencyMs,
    transport,
    plan: planOf(options),
    settings: settingsOf(options),
  });
  const { elapsedMs } = report;
  for (const failed of report.failures.slice(0, options.ladders)) {
    log(describeFailure(failed, { colours: screen !== undefined }));
  }
  if (options.json) {
    const { caller: calling, callee: called, traceHash } = report;
    out(`${JSON.stringify({ seed, elapsedMs, traceHash, caller: calling, callee: called })}\n`);
  } else {
    const rate = (report.caller.calls * 1000) / Math.max(elapsedMs, 1);
    const lines = [
      ...(report.caller.calls === 1 && report.failures.length === 0 ? [report.ladder(), ''] : []),
      `seed ${seed}, ${report.traceHash}; the caller:`,
      ...describeSummary(report.caller, { elapsedMs, rate }),
      'the callee:',
      ...describeSummary(report.callee, { elapsedMs, rate }),
    ];
    out(`${lines.join('\n')}\n`);
  }
  return report.caller.failed + report.callee.failed === 0 ? EXIT.ok : EXIT.failed;
}
