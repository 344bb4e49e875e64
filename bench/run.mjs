// One command, one table: `pnpm bench`, or some parts of it: `node bench/run.mjs parse uas`.
// Interleaved runs, medians; ratios within one run are what counts, absolute figures belong to this
// machine. Each part writes its own section of RESULTS.md; `--quick` runs each once and writes none,
// `--rounds=9` more often than three times, for short parts on a noisy machine.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { answer } from './parts/answer.mjs';
import { audio } from './parts/audio.mjs';
import { bargein } from './parts/bargein.mjs';
import { calls } from './parts/calls.mjs';
import { dialogs } from './parts/dialogs.mjs';
import { gate } from './parts/gate.mjs';
import { jitter } from './parts/jitter.mjs';
import { linear } from './parts/linear.mjs';
import { loris } from './parts/loris.mjs';
import { opus } from './parts/opus.mjs';
import { pacing } from './parts/pacing.mjs';
import { parse } from './parts/parse.mjs';
import { proxy } from './parts/proxy.mjs';
import { rates } from './parts/rates.mjs';
import { relay } from './parts/relay.mjs';
import { sessions } from './parts/sessions.mjs';
import { srtp } from './parts/srtp.mjs';
import { threads } from './parts/threads.mjs';
import { transactions } from './parts/transactions.mjs';
import { uas } from './parts/uas.mjs';
import { quick, rounds } from './report.mjs';

const parts = {
  parse,
  linear,
  gate,
  answer,
  transactions,
  dialogs,
  sessions,
  uas,
  proxy,
  rates,
  threads,
  loris,
  calls,
  relay,
  audio,
  opus,
  jitter,
  pacing,
  bargein,
  srtp,
};
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('--'));
const unknown = wanted.find((name) => !(name in parts));
if (unknown !== undefined)
  throw new Error(`${unknown} is none of ${Object.keys(parts).join(', ')}`);

const file = new URL('RESULTS.md', import.meta.url);
const sections = sectionsOf(existsSync(file) ? readFileSync(file, 'utf8') : '');
for (const [name, run] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const lines = run();
  console.log(`\n${lines.join('\n')}`);
  sections.set(name, [`<!-- ${name} -->`, ...heading(lines)].join('\n').trimEnd());
  if (!quick) write();
}

/** Each part says when and where it was measured: they need not be of one run. */
function heading([title, ...lines]) {
  const date = new Date().toISOString().slice(0, 10);
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${memory}, Linux ${release()}`;
  const when = `${date}, ${machine}, Node ${process.version}; medians of ${rounds} rounds.`;
  // more than one at the end means that others were at work meanwhile
  const load = `Load average at the end: ${loadavg()[0].toFixed(1)}.`;
  return [title, '', when, load, ...lines];
}

function sectionsOf(text) {
  const found = text.matchAll(/<!-- (\w+) -->\n[^]*?(?=\n<!-- \w+ -->|$)/g);
  return new Map(Array.from(found, ([section, name]) => [name, section.trimEnd()]));
}

function write() {
  const intro = [
    '# Bench results',
    '',
    'Written by `pnpm bench`. The machine is shared with others: read the ratios, which are of',
    'interleaved runs.',
  ];
  const all = Object.keys(parts).flatMap((name) => sections.get(name) ?? []);
  writeFileSync(file, `${[intro.join('\n'), ...all].join('\n\n')}\n`);
}
