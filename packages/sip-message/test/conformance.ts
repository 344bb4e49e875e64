import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One case of a suite; the suites are described in their own index files. */
export interface Case {
  readonly name: string;
  readonly kind?: string;
  readonly file: string;
  readonly parser?: string;
  readonly nist_verdict?: 'accept' | 'reject';
}

const FALLBACK = fileURLToPath(new URL('../../../../shared/cases', import.meta.url));

/**
 * The cases of a suite with their bytes; none, with a printed reason, where the folder is absent.
 * With `CI=true` that is an error, unless `STROWGER_CASES=none` says that there is none.
 */
export function conformanceCases(suite: string): { item: Case; bytes: Buffer }[] {
  const folder = process.env['STROWGER_CASES'];
  const root = `${folder ?? FALLBACK}/${suite}`;
  if (!existsSync(root)) {
    if (process.env['CI'] === 'true' && folder !== 'none') throw new Error(`${root} is absent`);
    console.log(`conformance suite ${suite} skipped: ${root} is absent (set STROWGER_CASES)`);
    return [];
  }
  const index = JSON.parse(readFileSync(`${root}/index.json`, 'utf8')) as { cases: Case[] };
  return index.cases.map((item) => ({ item, bytes: readFileSync(`${root}/${item.file}`) }));
}
