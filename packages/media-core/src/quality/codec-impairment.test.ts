import { expect, it } from 'vitest';
import { codecImpairment } from './codec-impairment.ts';

it.each([
  ['l16', 8000, false],
  ['l16', 48_000, true],
  ['x-unknown', 8000, false],
])(
  'takes %s at %i Hz to bear losses as G.711 does with concealment',
  (name, clockRate, wideband) => {
    const { bpl } = codecImpairment({ name: 'pcmu', clockRate: 8000 });
    expect(codecImpairment({ name, clockRate })).toEqual({ ie: 0, bpl, wideband });
  },
);
