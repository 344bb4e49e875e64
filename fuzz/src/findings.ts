import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broken, type Target } from './target.ts';

/** An input that a target does not stand, and what it does instead. */
export interface Finding {
  readonly target: string;
  readonly bytes: Uint8Array;
  /** What happened, the same for all inputs with the same fault. */
  readonly fault: string;
}

/** What the input does to the target; undefined where all promises hold. */
export function faultOf(target: Target, bytes: Uint8Array): string | undefined {
  try {
    target.run(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return `throws ${typeof error}`;
    // by name: the targets are a bundle of their own, with a class of their own
    if (error.name === Broken.name) return `broken promise: ${error.message}`;
    const place = /\n\s+at (?:new )?([\w.#$<>]+)/.exec(error.stack ?? '')?.[1] ?? 'somewhere';
    return `throws ${error.name} in ${place}`;
  }
}

/** Writes the input as a file, which `findings.test.ts` replays from now on; gives its name. */
export function keep({ target, bytes }: Finding, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const name = `${target}-${hash}.bin`;
  writeFileSync(join(folder, name), bytes);
  return name;
}

/** The inputs that were kept, each with the target that it was found for. */
export function keptFindings(
  folder: string,
): { name: string; target: string; bytes: Uint8Array }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.bin'))
    .map((name) => {
      const target = name.slice(0, name.lastIndexOf('-'));
      return { name, target, bytes: readFileSync(join(folder, name)) };
    });
}
