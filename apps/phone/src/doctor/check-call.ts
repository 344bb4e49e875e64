import { levelDbm0, toneShare } from '@strowger/media-core';
import { type Clock, within } from '@strowger/runtime';
import type { Call, SipClient } from '@strowger/sip-client';
import type { MediaStats } from '@strowger/session-core';
import { ending } from '../report.ts';
import { bad, doubtful, type Finding, good } from './finding.ts';

const TONE_HZ = 440;
const TALK_MS = 4000;
const RING_MS = 15_000;
/** A frame with this share of the tone, and louder than this, is an echo of ours. */
const SHARE = 0.5;
const LEVEL_DBM0 = -45;
/** What of the frames has to be our echo, for a call that is good. */
const ENOUGH = 0.7;

/** What was heard of a tone that was said. */
interface Heard {
  frames: number;
  echoed: number;
  /** From the beginning of the tone to its echo. */
  delayMs?: number;
}

interface Checked {
  readonly finding: Finding;
  readonly codec: string | undefined;
}

/** Calls somebody who sends back what it hears, and measures that. */
export async function checkCall(
  client: Pick<SipClient, 'call'>,
  target: string,
  clock: Clock,
): Promise<Checked> {
  let call: Call | undefined;
  try {
    call = await client.call(target, { ringTimeoutMs: RING_MS });
    await call.connected;
    return await measure(call, target, clock);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const remedy = `see whether ${target} may be called and sends back what it hears; --call calls another`;
    return { finding: bad('call', `${target}: ${why}`, remedy), codec: undefined };
  } finally {
    await call?.hangUp();
  }
}

/** Throws what the media do, where the call is over by now. */
async function measure(call: Call, target: string, clock: Clock): Promise<Checked> {
  const began = performance.now();
  call.play({ type: 'tone', frequencyHz: TONE_HZ }).finished.catch(() => undefined); // told by the end
  const heard: Heard = { frames: 0, echoed: 0 };
  await within(listen(call, heard, began), TALK_MS, clock);
  const isOver = await within(call.ended, 0, clock);
  await call.hangUp();
  const stats = await call.stats();
  const found = `${target}: ${describe(heard, stats)}`;
  if (isOver !== undefined) {
    const remedy = 'the other side ended a call that it had answered: ask why';
    return { finding: bad('call', `${found}; ${ending(isOver)}`, remedy), codec: stats?.codec };
  }
  return { finding: judge(found, heard, stats), codec: stats?.codec };
}

async function listen(call: Call, heard: Heard, began: number): Promise<void> {
  for await (const { samples, sampleRate } of call.audioIn()) {
    heard.frames++;
    const isEcho =
      levelDbm0(samples) > LEVEL_DBM0 && toneShare(samples, sampleRate, TONE_HZ) > SHARE;
    if (!isEcho) continue;
    heard.echoed++;
    heard.delayMs ??= performance.now() - began;
  }
}

function judge(found: string, heard: Heard, stats: MediaStats | undefined): Finding {
  const { packetsReceived = 0, packetsLost = 0, jitterMs = 0 } = stats ?? {};
  if (packetsReceived === 0) {
    const remedy =
      'nothing is heard: UDP to our RTP ports is blocked, or the address in our description is not reachable';
    return bad('call', found, remedy);
  }
  if (heard.echoed === 0) {
    const remedy =
      'packets come, but not our tone: what is called sends nothing back, or does not hear us';
    return bad('call', found, remedy);
  }
  const loss = packetsLost / (packetsReceived + packetsLost);
  if (heard.echoed / Math.max(heard.frames, 1) < ENOUGH || loss > 0.02 || jitterMs > 30) {
    return doubtful('call', found, 'the way loses or delays packets: try a cable, another network');
  }
  return good('call', found);
}

function describe({ frames, echoed, delayMs }: Heard, stats: MediaStats | undefined): string {
  const { packetsSent = 0, packetsReceived = 0, packetsLost = 0, jitterMs = 0 } = stats ?? {};
  const share = frames === 0 ? 0 : Math.round((100 * echoed) / frames);
  const delay = delayMs === undefined ? '' : `, first after ${delayMs.toFixed(0)} ms`;
  return (
    `${packetsSent} packets sent, ${packetsReceived} heard, ${packetsLost} lost, ` +
    `jitter ${jitterMs.toFixed(1)} ms; our tone in ${share} % of what is heard${delay}`
  );
}
