import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.ts';

const OWN = fileURLToPath(new URL('../../bench/corpus/', import.meta.url));
const CASES =
  process.env['STROWGER_CASES'] ?? fileURLToPath(new URL('../../../shared/cases', import.meta.url));

/** What a campaign begins with: the target's seeds, real messages, and the torture tests that are here;
 * `kept` are inputs that it did not stand once. */
export function corpusOf(target: Target, kept: readonly Uint8Array[] = []): Uint8Array[] {
  const seeds = [...target.seeds.map((one) => Buffer.from(one)), ...kept];
  if (target.takesMessages !== true) return seeds;
  const torture = ['rfc4475', 'nist_torture'].map((suite) => join(CASES, suite, 'messages'));
  return [...seeds, ...filesOf(OWN).map(withCrlf), ...torture.flatMap(filesOf)];
}

function filesOf(folder: string): Buffer[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
}

/** The corpus is kept with the line ends of the editor. */
function withCrlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1');
}
