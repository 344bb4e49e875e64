// The jitter buffer: its delay against its loss, fixed and adaptive, as a picture.
import { writeFileSync } from 'node:fs';
import { plot } from '../plot.mjs';
import { fixed, measure, quick, table } from '../report.mjs';

const DELAYS = quick ? [20, 100, 200] : [20, 30, 40, 60, 80, 100, 120, 140, 160, 180, 200];
/** The bounds of the buffer that an engine has by default. */
const [MINIMUM, MAXIMUM] = [40, 200];
const NETWORKS = {
  lan: 'LAN',
  wlan: 'wireless LAN',
  mobile: 'mobile network',
};
const PICTURE = 'jitter-buffer.svg';

export function jitter() {
  const curves = Object.entries(NETWORKS).map(([network, name]) => {
    const at = (minimum, maximum) => measure('jitter.mjs', [network, minimum, maximum]);
    const points = DELAYS.map((delay) => at(delay, delay));
    return { name, points, adaptive: at(MINIMUM, MAXIMUM) };
  });
  if (!quick) writeFileSync(new URL(`../${PICTURE}`, import.meta.url), picture(curves));
  return [
    '## Jitter buffer: delay against loss',
    '',
    'Ten minutes of packets of 20 ms on three made-up networks, the same for every setting: the mean',
    'delay of the fastest packets in the buffer, and the share of sound that came too late and was',
    `stood in for. Lines: fixed delays from ${DELAYS[0]} to ${DELAYS.at(-1)} ms. Dots: adaptive, with the bounds that`,
    `engines have by default (${MINIMUM} to ${MAXIMUM} ms); it aims at 2 % at most.`,
    '',
    `![Delay against loss](${PICTURE})`,
    '',
    ...table(
      ['network', 'adaptive: delay, ms', 'loss, %', 'fixed delay with that loss, ms'],
      curves.map(({ name, points, adaptive }) => [
        name,
        fixed(adaptive.delayMs),
        fixed(adaptive.lossPercent),
        fixed(delayAt(points, adaptive.lossPercent)),
      ]),
    ),
  ];
}

/** Where the line of fixed delays has this loss. */
function delayAt(points, loss) {
  const after = points.findIndex(({ lossPercent }) => lossPercent <= loss);
  if (after <= 0) return points[0].delayMs;
  const [one, other] = [points[after - 1], points[after]];
  const share = (one.lossPercent - loss) / (one.lossPercent - other.lossPercent);
  return one.delayMs + share * (other.delayMs - one.delayMs);
}

function picture(curves) {
  return plot({
    x: { title: 'delay, ms', most: 220, step: 20 },
    y: { title: 'loss, %', most: 12, step: 2 },
    curves: curves.map(({ name, points, adaptive }) => ({
      name,
      points: points.map(({ delayMs, lossPercent }) => [delayMs, lossPercent]),
      marks: [[adaptive.delayMs, adaptive.lossPercent, 'adaptive']],
    })),
  });
}
