import { Buffer } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { faultOf, keptFindings } from '../src/findings.ts';
import { TARGETS } from '../src/targets.ts';

const findings = keptFindings(fileURLToPath(new URL('../findings/', import.meta.url)));

describe('what fuzzing found', () => {
  it.each(findings)('stays mended: $name', ({ target, bytes }) => {
    const subject = TARGETS[target];
    if (subject === undefined) throw new Error(`there is no target ${target} any more`);
    expect(faultOf(subject, bytes)).toBeUndefined();
  });
});

describe('every target', () => {
  it.each(Object.entries(TARGETS))('stands its own seeds: %s', (_, target) => {
    for (const seed of target.seeds) expect(faultOf(target, Buffer.from(seed))).toBeUndefined();
  });
});
