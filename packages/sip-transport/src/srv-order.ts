import type { SrvRecord } from './dns-resolver.ts';

/**
 * The order in which targets are tried (RFC 2782): by priority, and within one priority drawn by
 * weight. A weight of 0 is drawn rarely while others are left; where all are 0 all are alike.
 *
 * @param draw a uniform number from 0 (included) to 1 (excluded).
 * @param most how many are wanted: the rest is not drawn.
 */
export function orderSrv(
  records: readonly SrvRecord[],
  draw: () => number,
  most = records.length,
): SrvRecord[] {
  const byPriority = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const order: SrvRecord[] = [];
  for (let start = 0; start < byPriority.length && order.length < most; ) {
    const priority = byPriority[start]?.priority;
    const next = byPriority.findIndex((one, at) => at > start && one.priority !== priority);
    const end = next < 0 ? byPriority.length : next;
    order.push(...drawByWeight(byPriority.slice(start, end), draw, most - order.length));
    start = end;
  }
  return order;
}

/** @param left records of one priority, by weight: those of 0 first, as RFC 2782 wants it. */
function drawByWeight(left: SrvRecord[], draw: () => number, most: number): SrvRecord[] {
  const order: SrvRecord[] = [];
  let sum = left.reduce((total, record) => total + record.weight, 0);
  while (left.length > 0 && order.length < most) {
    const index = sum === 0 ? Math.floor(draw() * left.length) : drawn(left, draw() * (sum + 1));
    const [record] = left.splice(index, 1);
    if (record === undefined) break;
    sum -= record.weight;
    order.push(record);
  }
  return order;
}

function drawn(left: readonly SrvRecord[], at: number): number {
  let running = 0;
  return left.findIndex((record) => (running += record.weight) >= Math.floor(at));
}
