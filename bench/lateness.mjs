/** The share of all slots between two histograms that were served less than so late; those that were missed were not. */
export function shareBelow(before, after, ms) {
  const counts = after.counts.map((count, at) => count - before.counts[at]);
  const all = counts.reduce((sum, count) => sum + count, after.skipped - before.skipped);
  const below = counts.filter((_, at) => after.boundsMs[at] <= ms);
  return below.reduce((sum, count) => sum + count, 0) / all;
}
