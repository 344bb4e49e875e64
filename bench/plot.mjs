// A picture of curves: points over two axes, as SVG.

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 400, 60, 150, 20, 45];
const COLOURS = ['#1f77b4', '#d95f02', '#2ca02c', '#7570b3'];

/**
 * `curves`: `{ name, points: [x, y][], marks: [x, y, what][] }`; axes: `{ title, most, step }`.
 * What lies beyond an axis is not drawn.
 */
export function plot({ x, y, curves }) {
  const across = (value) => LEFT + (value / x.most) * (WIDTH - LEFT - RIGHT);
  const up = (value) => HEIGHT - BOTTOM - (value / y.most) * (HEIGHT - TOP - BOTTOM);
  const at = ([one, other]) => `${across(one).toFixed(1)},${up(other).toFixed(1)}`;
  const parts = [...axis(x, across, true), ...axis(y, up, false)];
  curves.forEach(({ name, points, marks }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const drawn = points.filter(([, value]) => value <= y.most);
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${drawn.map(at).join(' ')}"/>`,
      text(WIDTH - RIGHT + 12, TOP + 20 + index * 20, name, `fill="${colour}"`),
    );
    for (const [one, other, what] of marks) {
      const [cx, cy] = at([one, other]).split(',');
      parts.push(
        `<circle cx="${cx}" cy="${cy}" r="5" fill="${colour}"/>`,
        text(Number(cx) + 8, Number(cy) - 8, what, `fill="${colour}"`),
      );
    }
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function axis({ title, most, step }, place, isAcross) {
  const parts = [];
  for (let value = 0; value <= most; value += step) {
    const at = place(value).toFixed(1);
    const grid = isAcross
      ? `x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"`
      : `y1="${at}" y2="${at}" x1="${LEFT}" x2="${WIDTH - RIGHT}"`;
    parts.push(`<line ${grid} stroke="#ddd"/>`);
    parts.push(
      isAcross
        ? text(at, HEIGHT - BOTTOM + 18, value, 'text-anchor="middle"')
        : text(LEFT - 8, Number(at) + 4, value, 'text-anchor="end"'),
    );
  }
  const middle = (HEIGHT - BOTTOM + TOP) / 2;
  parts.push(
    isAcross
      ? text((WIDTH - RIGHT + LEFT) / 2, HEIGHT - 8, title, 'text-anchor="middle"')
      : text(18, middle, title, `text-anchor="middle" transform="rotate(-90 18 ${middle})"`),
  );
  return parts;
}

const text = (x, y, words, more = '') => `<text x="${x}" y="${y}" ${more}>${words}</text>`;
