import type { FailedCall } from './party.ts';
import { drawLadder } from './rungs.ts';
import type { Summary } from './tally.ts';

/** What a live view shows beside the counts. */
export interface Progress {
  readonly elapsedMs: number;
  /** Calls per second that began lately. */
  readonly rate: number;
}

/** Counts as lines of text. */
export function describeSummary(summary: Summary, { elapsedMs, rate }: Progress): string[] {
  const { calls, running, successful, failed, retransmissions: again, strays } = summary;
  const lines = [
    `${(elapsedMs / 1000).toFixed(1).padStart(7)} s   ${rate.toFixed(1)} calls/s   ` +
      `${calls} calls: ${running} running, ${successful} successful, ${failed} failed`,
    `          sent again ${again.sent}, heard again ${again.heard}, strays ${strays}`,
  ];
  for (const [name, time] of Object.entries(summary.responseTimes)) {
    const { count, p50, p90, p99, max } = time;
    lines.push(
      `          ${name.padEnd(10)} ${String(count).padStart(7)} times   ` +
        `p50 ${ms(p50)}   p90 ${ms(p90)}   p99 ${ms(p99)}   max ${ms(max)}`,
    );
  }
  for (const [cause, count] of Object.entries(summary.failures)) {
    lines.push(`          ${String(count).padStart(7)} ${cause}`);
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

/** Repaints a few lines of a terminal. */
export class LiveView {
  private readonly write: (text: string) => void;
  private height = 0;

  constructor(write: (text: string) => void) {
    this.write = write;
  }

  show(lines: readonly string[]): void {
    const up = this.height === 0 ? '' : `\u001b[${this.height}A`;
    this.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    // lines that are not there any more
    const surplus = this.height - lines.length;
    if (surplus > 0) this.write(`${'\u001b[2K\n'.repeat(surplus)}\u001b[${surplus}A`);
    this.height = lines.length;
  }
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;
