/** What browsers allow at least between two digits, and for each (W3C webrtc §7.2). */
const [SHORTEST_GAP_MS, SHORTEST_MS, LONGEST_MS] = [30, 40, 6000];

/** Sends digits as events (RFC 4733), behind those that still wait; resolves when all are sent. */
export function sendEvents(
  dtmf: RTCDTMFSender,
  digits: string,
  { durationMs, gapMs }: { durationMs: number; gapMs: number },
): Promise<void> {
  if (digits === '') return Promise.resolve();
  const duration = Math.min(Math.max(durationMs, SHORTEST_MS), LONGEST_MS);
  const gap = Math.max(gapMs, SHORTEST_GAP_MS);
  return new Promise((resolve) => {
    const told = ({ tone }: RTCDTMFToneChangeEvent): void => {
      if (tone !== '') return; // the end of all that waits
      dtmf.removeEventListener('tonechange', told);
      resolve();
    };
    dtmf.addEventListener('tonechange', told);
    dtmf.insertDTMF(dtmf.toneBuffer + digits, duration, gap);
  });
}
