import { printable } from '@strowger/runtime';
import type { FailedCall } from './party.ts';
import { drawLadder } from './rungs.ts';
import type { Summary } from './tally.ts';

/** What is told beside the counts. */
export interface Pace {
  readonly elapsedMs: number;
  /** Calls per second that began. */
  readonly rate: number;
}

/** Counts as lines of text, which fit into 80 columns but for what others wrote. */
export function describeSummary(summary: Summary, { elapsedMs, rate }: Pace): string[] {
  const { calls, running, successful, failed, retransmissions: again, strays } = summary;
  const lines = [
    `${(elapsedMs / 1000).toFixed(1).padStart(7)} s   ${rate.toFixed(1)} calls/s   ` +
      `${calls} calls: ${running} running, ${successful} successful, ${failed} failed`,
    `          sent again ${again.sent}, heard again ${again.heard}, strays ${strays}`,
  ];
  for (const [name, time] of Object.entries(summary.responseTimes)) {
    const [p50, p90, p99, max] = [time.p50, time.p90, time.p99, time.max].map(shortly);
    const times = `${printable(name).padEnd(10)}${String(time.count).padStart(6)} times`;
    lines.push(`          ${times}  p50 ${p50}  p90 ${p90}  p99 ${p99}  max ${max} ms`);
  }
  for (const [cause, count] of Object.entries(summary.failures)) {
    lines.push(`          ${String(count).padStart(7)} ${printable(cause)}`);
  }
  return lines;
}

/** A call that failed, with its ladder. */
export function describeFailure(
  { number, callId, failure, rungs }: FailedCall,
  { colours }: { colours: boolean },
): string {
  const lanes = [...new Set(rungs.flatMap(({ from, to }) => [from, to]))].toSorted(
    (one, other) => Number(other === 'siplab') - Number(one === 'siplab'),
  );
  const ladder = rungs.length === 0 ? '  (no message)' : drawLadder(rungs, { lanes, colours });
  return `call ${number} (${callId}) failed: ${failure.kind}: ${failure.message}\n${ladder}\n`;
}

const shortly = (ms: number): string => ms.toFixed(ms < 100 ? 1 : 0);
