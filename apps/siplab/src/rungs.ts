import type { SipMessage } from '@strowger/sip-message';
import { describeMessage } from './pattern.ts';

/** One arrow of a ladder. */
export interface Rung {
  /** Milliseconds, from whatever start. */
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** Said behind the arrow. */
  readonly note?: string;
}

/** Columns between two lifelines: what the longest label needs, within these. */
const LEAST_GAP = 22;
const MOST_GAP = 44;
/** Lifelines that are drawn; what is beyond shares one more. Text grows with lines times lanes. */
const MOST_LANES = 16;
const OTHERS = 'others';
const COLOURS = { request: '\u001b[36m', good: '\u001b[32m', bad: '\u001b[31m', end: '\u001b[0m' };

/** What a message is called on an arrow: `INVITE (SDP)`, `200 OK`. */
export function labelOf(message: SipMessage): string {
  const what = describeMessage(message);
  const type = message.body.length > 0 ? message.headers.raw('content-type')[0] : undefined;
  return type?.toLowerCase().startsWith('application/sdp') === true ? `${what} (SDP)` : what;
}

/** How a ladder is drawn. */
export interface DrawOptions {
  /** Lifelines from left to right; by default in the order in which they appear. */
  readonly lanes?: readonly string[];
  readonly colours?: boolean;
}

/**
 * Draws arrows between lifelines, one line each, with seconds since the first. Behind the first 16
 * lifelines one stands for all others.
 */
export function drawLadder(rungs: readonly Rung[], options: DrawOptions = {}): string {
  const lanes = lanesOf(rungs, options.lanes);
  const began = rungs[0]?.atMs ?? 0;
  const longest = rungs.reduce((most, { label }) => Math.max(most, label.length), 0);
  const gap = Math.min(Math.max(longest + 6, LEAST_GAP), MOST_GAP);
  const colours = options.colours === true;
  const lines = rungs.map((rung) => {
    const time = ((rung.atMs - began) / 1000).toFixed(3).padStart(9);
    const note = rung.note === undefined ? '' : `  ${rung.note}`;
    return `${time}  ${arrow(rung, { lanes, gap, colours })}${note}`.trimEnd();
  });
  return [heading(lanes, gap), ...lines].join('\n');
}

function lanesOf(rungs: readonly Rung[], first: readonly string[] = []): string[] {
  const names = new Set(first);
  for (const { from, to } of rungs) names.add(from).add(to);
  const lanes = [...names];
  return lanes.length > MOST_LANES ? [...lanes.slice(0, MOST_LANES), OTHERS] : lanes;
}

/** The names, each above its lifeline. */
function heading(lanes: readonly string[], gap: number): string {
  let text = '';
  lanes.forEach((name, index) => {
    const at = 11 + index * gap;
    const from = Math.max(text.length === 0 ? 0 : text.length + 1, at - (name.length >> 1));
    text = text.padEnd(from) + name;
  });
  return text;
}

function arrow(
  rung: Rung,
  { lanes, gap, colours }: { lanes: readonly string[]; gap: number; colours: boolean },
): string {
  const laneOf = (name: string): number => {
    const lane = lanes.indexOf(name);
    return lane < 0 ? lanes.length - 1 : lane;
  };
  const [from, to] = [laneOf(rung.from), laneOf(rung.to)];
  const [left, right] = from < to ? [from, to] : [to, from];
  const room = (right - left) * gap - 1;
  const before = `|${' '.repeat(gap - 1)}`.repeat(left);
  const after = `${' '.repeat(gap - 1)}|`.repeat(lanes.length - 1 - right);
  if (left === right) return `${before}| ${paint(rung.label, rung.label, colours)}`;
  const label = ` ${rung.label} `.slice(0, room - 2);
  const dashes = room - 1 - label.length;
  const [one, two] = ['-'.repeat(dashes >> 1), '-'.repeat(dashes - (dashes >> 1))];
  const line = from < to ? `${one}${label}${two}>` : `<${one}${label}${two}`;
  return `${before}|${paint(line, rung.label, colours)}|${after}`;
}

function paint(text: string, label: string, colours: boolean): string {
  if (!colours) return text;
  const status = Number(label.slice(0, 3));
  const kind = Number.isNaN(status) ? 'request' : status < 400 ? 'good' : 'bad';
  return `${COLOURS[kind]}${text}${COLOURS.end}`;
}
