import { jsonLine, printable } from '@strowger/runtime';
import type { EndReason, MediaStats } from '@strowger/session-core';

/** What the phone has to say while it works. */
export type PhoneEvent =
  | { type: 'registered'; expiresSeconds: number }
  | { type: 'registrationFailed'; status?: number; retryMs?: number }
  /** Where we can be called directly. */
  | { type: 'listening'; contact: string }
  | { type: 'calling'; target: string }
  | { type: 'incoming'; from: string }
  | { type: 'ringing'; seconds: number }
  | { type: 'connected'; with: string }
  | { type: 'digit'; digit: string }
  | { type: 'sound'; text: string }
  | { type: 'capabilities'; status: number; reason: string; allow: readonly string[]; ms: number }
  | { type: 'ended'; reason: EndReason; talkedMs: number; stats?: MediaStats }
  | { type: 'error'; message: string };

/** Where the phone says it. */
export interface Report {
  say(event: PhoneEvent): void;
}

/** One JSON object per line, for programs. */
export function jsonReport(write: (line: string) => void): Report {
  return { say: (event) => write(`${jsonLine(event)}\n`) };
}

/** Words for people; the seconds of ringing tick in one line where there is a terminal. */
export function wordReport(write: (text: string) => void, isTerminal: boolean): Report {
  let ticking = false;
  return {
    say: (event) => {
      if (event.type === 'ringing') {
        if (isTerminal) write(`\rringing … ${event.seconds} s`);
        else if (event.seconds === 0) write('ringing …\n');
        ticking = isTerminal;
        return;
      }
      const lines = inWords(event).split('\n').map(printable);
      write(`${ticking ? '\n' : ''}${lines.join('\n')}\n`);
      ticking = false;
    },
  };
}

function inWords(event: Exclude<PhoneEvent, { type: 'ringing' }>): string {
  switch (event.type) {
    case 'registered':
      return `registered for ${event.expiresSeconds} s`;
    case 'registrationFailed': {
      const why = event.status === undefined ? 'no answer' : `the answer was ${event.status}`;
      const next =
        event.retryMs === undefined ? 'giving up' : `again in ${Math.ceil(event.retryMs / 1000)} s`;
      return `not registered: ${why}; ${next}`;
    }
    case 'listening':
      return `listening at ${event.contact}`;
    case 'calling':
      return `calling ${event.target}`;
    case 'incoming':
      return `${event.from} calls`;
    case 'connected':
      return `talking with ${event.with}`;
    case 'digit':
      return `digit ${event.digit}`;
    case 'sound':
      return event.text;
    case 'capabilities':
      return `${event.status} ${event.reason} after ${event.ms.toFixed(1)} ms; allows ${
        event.allow.join(', ') || 'nothing that it says'
      }`;
    case 'ended':
      return summary(event);
    case 'error':
      return `error: ${event.message}`;
    default:
      event satisfies never;
      return '';
  }
}

/** The end of a call and how it was, in a few lines. */
function summary(event: Extract<PhoneEvent, { type: 'ended' }>): string {
  const { reason, talkedMs, stats } = event;
  const lines = [ending(reason)];
  if (talkedMs > 0) lines.push(`talked for ${(talkedMs / 1000).toFixed(1)} s`);
  if (stats !== undefined && stats.codec !== undefined) {
    const { packetsReceived, packetsLost } = stats;
    const expected = packetsReceived + packetsLost;
    const share = expected > 0 ? ((100 * packetsLost) / expected).toFixed(1) : '0.0';
    lines.push(
      `codec ${stats.codec}, sent ${stats.packetsSent} packets, heard ${packetsReceived}`,
      `lost ${packetsLost} (${share} %), jitter ${stats.jitterMs.toFixed(1)} ms, round trip ` +
        (stats.roundTripMs === undefined ? 'not reported' : `${stats.roundTripMs.toFixed(1)} ms`),
    );
  }
  return lines.join('\n');
}

/** How a call ended, for people. */
export function ending(reason: EndReason): string {
  const text = reason.text === undefined ? '' : ` (${reason.text})`;
  switch (reason.kind) {
    case 'hungUp':
      return `${reason.by === 'local' ? 'we' : 'they'} hung up${text}`;
    case 'rejected':
      return `refused with ${reason.status}${text}`;
    case 'cancelled':
      return `given up before it was answered${text}`;
    case 'timeout':
      return reason.phase === 'ring' ? 'nobody answered' : `no answer from the network${text}`;
    case 'transportFailed':
      return `no way to the other side${text}`;
    case 'mediaFailed':
      return `media failed: ${reason.code}${text}`;
    case 'dialogLost':
      return `the other side lost the call${text}`;
    default:
      reason satisfies never;
      return '';
  }
}
