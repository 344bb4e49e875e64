import { type Clock, StrowgerError, within } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { Capabilities, MessageTrace, SipClient } from '@strowger/sip-client';
import type { Hop } from '@strowger/sip-transport';
import { bad, doubtful, type Finding, good, skipped } from './finding.ts';

const PATIENCE_MS = 5000;
const SLOW_MS = 500;

/** Whether the server answers OPTIONS (RFC 3261 §11), and how fast. */
export async function checkServer(
  client: SipClient,
  { target, hop, clock }: { target: string; hop: Hop; clock: Clock },
): Promise<{ finding: Finding; isThere: boolean }> {
  const at = `${hop.transport} ${hop.address} port ${hop.port}`;
  let answer: Capabilities | undefined;
  try {
    answer = await within(client.options(target), PATIENCE_MS, clock);
  } catch (error) {
    const why = StrowgerError.isInstance(error) ? error.message : String(error);
    const remedy = `see whether a SIP server listens there over ${hop.transport}, and what a firewall lets out`;
    return { finding: bad('server', `no way to ${at}: ${why}`, remedy), isThere: false };
  }
  if (answer === undefined) {
    const found = `${at} says nothing within ${PATIENCE_MS / 1000} s`;
    const remedy =
      'the port or the transport is wrong, or a firewall drops what leaves or comes back';
    return { finding: bad('server', found, remedy), isThere: false };
  }
  const { status, reason, server, roundTripMs } = answer;
  const who = server === undefined ? '' : ` (${server})`;
  const found = `${at}${who} answers ${status} ${reason} after ${roundTripMs.toFixed(1)} ms`;
  const finding =
    roundTripMs > SLOW_MS
      ? doubtful('server', found, 'calls will feel slow: see what is busy on the way, or there')
      : good('server', found);
  return { finding, isThere: true };
}

/** As whom the server sees us, by the Via of its answers (RFC 3581), and whether that is who we are. */
export function checkNat(traces: readonly MessageTrace[]): Finding {
  const answer = lastResponse(traces);
  if (answer === undefined) return skipped('nat', 'no answer of the server to read it from');
  const { host, port, received, rport } = answer.via;
  if (answer.via.transport.startsWith('WS')) {
    return good('nat', 'none matters: all goes over the WebSocket that we opened');
  }
  const seen = received ?? host;
  const seenPort = typeof rport === 'number' ? rport : port;
  if (rport === '' || rport === undefined) {
    const found = `the server does not tell as whom it sees us (${host} port ${port ?? 5060})`;
    return doubtful(
      'nat',
      found,
      'behind a NAT it has to know rport (RFC 3581), else answers get lost',
    );
  }
  const isConnected = answer.via.transport !== 'UDP';
  // a connection is opened from another port than the one in Via
  if (seen === host && (seenPort === port || isConnected)) {
    return good('nat', `none: we are ${host}${isConnected ? '' : ` port ${port}`}`);
  }
  const found = `we are ${host} port ${port}, and seen as ${seen} port ${seenPort}`;
  const remedy =
    'there is a NAT between: keep registrations short, or use tcp or tls; switch off any "SIP ALG" of the router';
  return doubtful('nat', found, remedy);
}

const DRIFT_MS = 60_000;

/** Our clock beside the Date of the server's answers (RFC 3261 §20.17). */
export function checkClock(traces: readonly MessageTrace[]): Finding {
  const dated = traces.findLast(({ direction, message }) => {
    return direction === 'received' && message.headers.has('date');
  });
  const date =
    dated === undefined ? Number.NaN : Date.parse(dated.message.headers.raw('date')[0] ?? '');
  if (dated === undefined || Number.isNaN(date)) {
    return skipped('clock', 'the server tells no time (Date) to compare with');
  }
  const apartMs = dated.at - date;
  if (Math.abs(apartMs) < 2000) return good('clock', 'that of the server, to the second');
  const seconds = Math.abs(apartMs / 1000).toFixed(0);
  const found = `${seconds} s ${apartMs < 0 ? 'behind' : 'ahead of'} that of the server`;
  if (Math.abs(apartMs) <= DRIFT_MS) return good('clock', found);
  return doubtful('clock', found, 'set it by NTP: certificates and logs depend on it');
}

function lastResponse(traces: readonly MessageTrace[]): SipResponse | undefined {
  for (const { direction, message } of traces.toReversed()) {
    if (direction === 'received' && message.kind === 'response') return message;
  }
  return undefined;
}
