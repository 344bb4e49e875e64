import { StrowgerError } from '@strowger/runtime';
import { type DigitLimits, withinLimits } from './digit-limits.ts';
import { wrongState } from './media-errors.ts';

/** What browsers allow at least between two digits, and for each (W3C webrtc §7.2). */
const [SHORTEST_GAP_MS, SHORTEST_MS, LONGEST_MS] = [30, 40, 6000];

/**
 * Sends digits as events (RFC 4733) where none wait: of 6000 ms where longer ones are asked for, which
 * browsers do not send; rejects as `withinLimits` does.
 */
export async function sendEvents(
  dtmf: RTCDTMFSender,
  digits: string,
  limits: DigitLimits,
): Promise<void> {
  if (digits === '') return;
  const durationMs = Math.min(Math.max(limits.durationMs, SHORTEST_MS), LONGEST_MS);
  const gapMs = Math.max(limits.gapMs, SHORTEST_GAP_MS);
  let all = (): void => {};
  const sent = new Promise<void>((resolve) => {
    all = resolve;
  });
  const told = ({ tone }: RTCDTMFToneChangeEvent): void => {
    if (tone === '') all();
  };
  dtmf.addEventListener('tonechange', told);
  try {
    dtmf.insertDTMF(digits, durationMs, gapMs);
    await withinLimits(sent, digits.length, { ...limits, durationMs, gapMs });
  } catch (error) {
    if (dtmf.canInsertDTMF) dtmf.insertDTMF(''); // the rest is not sent later
    throw StrowgerError.isInstance(error) ? error : wrongState('digits cannot be sent now');
  } finally {
    dtmf.removeEventListener('tonechange', told);
  }
}
