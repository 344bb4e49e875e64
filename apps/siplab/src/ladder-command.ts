import { readFileSync, statSync } from 'node:fs';
import type { LadderOptions } from './command-line.ts';
import { type Flows, readFlows } from './pcap/read-flows.ts';
import type { RtpStream } from './pcap/rtp-streams.ts';
import type { Sight } from './pcap/sip-sights.ts';
import { drawLadder } from './rungs.ts';
import { EXIT, type Surroundings } from './surroundings.ts';

/** What is read into memory at most. */
const MAX_BYTES = 2 ** 30;

/** Draws a capture; gives the exit code. Throws `CaptureError` and the system's errors. */
export function ladderCommand(
  { file, options }: { file: string; options: LadderOptions },
  { out, isOutTerminal }: Pick<Surroundings, 'out' | 'isOutTerminal'>,
): number {
  if (statSync(file).size > MAX_BYTES) throw new Error(`${file} is larger than 1 GiB`);
  const flows = readFlows(readFileSync(file));
  const { callId = '', rtp, json } = options;
  const sights = flows.sights.filter((sight) => sight.callId.includes(callId));
  if (json) out(`${JSON.stringify(asJson({ ...flows, sights }, rtp))}\n`);
  else out(`${asText({ ...flows, sights }, { rtp, colours: isOutTerminal })}\n`);
  return sights.length > 0 ? EXIT.ok : EXIT.failed;
}

/**
 * One ladder for each Call-ID, in the order in which they began, and the streams below. What has no
 * Call-ID belongs to no call: it is listed.
 */
export function asText(
  { frames, sights, streams, omitted }: Flows,
  { rtp, colours }: { rtp: boolean; colours: boolean },
): string {
  const parts = [...byCall(sights)].map(([callId, ofCall]) => {
    const began = timeOf(ofCall[0]?.atMs ?? 0);
    if (callId === '') return `(no Call-ID)   ${began}\n${asList(ofCall)}\n`;
    return `${callId}   ${began}\n${drawLadder(ofCall, { colours })}\n`;
  });
  if (rtp && streams.length > 0) parts.push(streams.map(describeStream).join('\n'));
  if (omitted > 0) parts.push(`${omitted} more messages were left out`);
  if (parts.length === 0) parts.push(`no SIP in ${frames} frames`);
  return parts.join('\n');
}

function asJson({ frames, sights, streams }: Flows, rtp: boolean): object {
  const messages = sights.map(({ atMs, from, to, transport, label, callId }) => {
    return { atMs, from, to, transport, label, callId };
  });
  return { frames, messages, ...(rtp && { streams }) };
}

function asList(sights: readonly Sight[]): string {
  const began = sights[0]?.atMs ?? 0;
  return sights
    .map(({ atMs, from, to, label }) => {
      return `${((atMs - began) / 1000).toFixed(3).padStart(9)}  ${from} -> ${to}  ${label}`;
    })
    .join('\n');
}

/** As ISO 8601 has it; a capture may hold times that no calendar does. */
function timeOf(atMs: number): string {
  const time = new Date(atMs);
  return Number.isNaN(time.getTime()) ? '(no time)' : time.toISOString();
}

function byCall(sights: readonly Sight[]): Map<string, Sight[]> {
  const calls = new Map<string, Sight[]>();
  for (const sight of sights) {
    const known = calls.get(sight.callId);
    if (known === undefined) calls.set(sight.callId, [sight]);
    else known.push(sight);
  }
  return calls;
}

function describeStream(stream: RtpStream): string {
  const { from, to, ssrc, payloadType, packets, lost, jitterMs } = stream;
  const share = ((100 * lost) / (packets + lost)).toFixed(1);
  const seconds = ((stream.lastMs - stream.firstMs) / 1000).toFixed(1);
  return (
    `RTP ${from} -> ${to} ${ssrc} type ${payloadType}: ${packets} packets in ${seconds} s, ` +
    `lost ${lost} (${share} %), jitter ${jitterMs.toFixed(1)} ms`
  );
}
