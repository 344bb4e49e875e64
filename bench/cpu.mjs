// CPU time and garbage of one function that is called over and over.

/** CPU microseconds per call of `act(messages[i])`, which has to give a number. */
export function microseconds(act, messages, forSeconds) {
  let sink = 0;
  let done = 0;
  let batch = 16;
  const began = process.cpuUsage();
  let used = 0;
  while (used < forSeconds * 1e6) {
    for (let count = 0; count < batch; count++) {
      sink += act(messages[(done + count) % messages.length]);
    }
    done += batch;
    const { user, system } = process.cpuUsage(began);
    // asking for the time costs as much as a dozen messages, on a busy machine far more: ask ten times
    // a second
    if (user + system - used < 100_000) batch *= 2;
    used = user + system;
  }
  if (Number.isNaN(sink)) throw new Error('nothing was done');
  return used / done;
}

/**
 * Bytes put on the heap per call. Needs a young generation in which nothing is collected meanwhile:
 * `node --max-semi-space-size=256 --min-semi-space-size=256`.
 */
export function bytesAllocated(act, messages) {
  const calls = 4096;
  let sink = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < calls; i++) sink += act(messages[i % messages.length]);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown > 0) least = Math.min(least, grown / calls);
  }
  if (Number.isNaN(sink)) throw new Error('nothing was done');
  return least;
}
