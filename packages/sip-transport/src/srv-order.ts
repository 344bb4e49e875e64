import type { SrvRecord } from './dns-resolver.ts';

/**
 * The order in which targets are tried (RFC 2782): by priority, and within one priority drawn by
 * weight. A weight of 0 is drawn rarely while others are left.
 *
 * @param draw a uniform number from 0 (included) to 1 (excluded).
 */
export function orderSrv(records: readonly SrvRecord[], draw: () => number): SrvRecord[] {
  const priorities = [...new Set(records.map((record) => record.priority))];
  priorities.sort((a, b) => a - b);
  return priorities.flatMap((priority) =>
    drawByWeight(
      records.filter((record) => record.priority === priority),
      draw,
    ),
  );
}

function drawByWeight(records: SrvRecord[], draw: () => number): SrvRecord[] {
  const left = records.sort((a, b) => a.weight - b.weight);
  const order: SrvRecord[] = [];
  while (left.length > 0) {
    const sum = left.reduce((total, record) => total + record.weight, 0);
    const drawn = Math.floor(draw() * (sum + 1));
    let running = 0;
    const index = left.findIndex((record) => (running += record.weight) >= drawn);
    order.push(...left.splice(index, 1));
  }
  return order;
}
