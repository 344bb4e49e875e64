import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Campaign } from '../src/campaign.ts';
import { faultOf, keep, keptFindings } from '../src/findings.ts';
import { minimise } from '../src/minimise.ts';
import { MAX_BYTES, mutate } from '../src/mutate.ts';
import { Random } from '../src/random.ts';
import type { Target } from '../src/target.ts';

/** Falls where the input has three signs, each of which is a branch of its own to coverage. */
function staircase() {
  const seen = new Set<string>();
  const target: Target = {
    seeds: ['an input'],
    run(bytes) {
      const text = Buffer.from(bytes).toString('latin1');
      let height = 0;
      for (const sign of ['\\', '%', '"']) if (text.includes(sign)) height++;
      seen.add(`step ${height}`);
      if (height === 3) throw new TypeError('fell');
    },
  };
  const takeCoverage = () => {
    const spots = [...seen];
    seen.clear();
    return spots;
  };
  return { target, takeCoverage };
}

function campaign(seed: number): Campaign {
  const { target, takeCoverage } = staircase();
  const seeds = [Buffer.from('an input')];
  const clock = { now: () => 0, suspiciousMs: 1 };
  return new Campaign({ name: 'stairs', target, seeds, seed, takeCoverage, ...clock });
}

describe('a campaign', () => {
  it('climbs by coverage to a fault and makes its input small', () => {
    const one = campaign(1);
    one.begin();
    for (let count = 0; count < 400 && one.findings.size === 0; count++) one.step();
    const [finding] = one.findings.values();
    expect(finding?.fault).toMatch(/^throws TypeError/);
    expect(new Set(finding?.bytes)).toEqual(new Set(Buffer.from('"%\\')));
    expect(finding?.bytes).toHaveLength(3);
    expect(one.inputs.length).toBeGreaterThan(1);
  });

  it('is the same for the same seed', () => {
    const [one, other] = [campaign(7), campaign(7)];
    for (const each of [one, other]) {
      each.begin();
      for (let count = 0; count < 20; count++) each.step();
    }
    expect(one.inputs.map(String)).toEqual(other.inputs.map(String));
    expect(one.executions).toBe(other.executions);
  });
});

describe('a mutant', () => {
  it('is never larger than a datagram', () => {
    const random = new Random(3);
    let bytes: Uint8Array = Buffer.from('a:b\r\n');
    for (let count = 0; count < 500; count++) {
      bytes = mutate(bytes, random, bytes);
      expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
    }
  });

  it('leaves its parent as it was', () => {
    const parent = Buffer.from('INVITE sip:a SIP/2.0\r\n\r\n');
    const copy = Buffer.from(parent);
    const random = new Random(5);
    for (let count = 0; count < 200; count++) mutate(parent, random, parent);
    expect(parent.equals(copy)).toBe(true);
  });
});

describe('a finding', () => {
  it('is minimised to the bytes that it takes', () => {
    const bytes = Buffer.from('some x long y word');
    const small = minimise(bytes, (one) => one.includes(120) && one.includes(121));
    expect(Buffer.from(small).toString()).toBe('xy');
  });

  it('is kept as a file that is read back for its target', () => {
    const folder = mkdtempSync(join(tmpdir(), 'strowger-findings-'));
    const name = keep({ target: 'uri', bytes: Buffer.from('sip:'), fault: 'throws' }, folder);
    const [kept] = keptFindings(folder);
    rmSync(folder, { recursive: true });
    expect(kept).toEqual({ name, target: 'uri', bytes: Buffer.from('sip:') });
  });

  it('is told by what broke, not by what the input was', () => {
    const target: Target = {
      seeds: [],
      run: (bytes) => {
        throw new RangeError(`bad ${bytes.length}`);
      },
    };
    expect(faultOf(target, Buffer.from('a'))).toBe(faultOf(target, Buffer.from('abc')));
  });
});
