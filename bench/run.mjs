// One command, one table: `pnpm bench`. Interleaved runs, medians; ratios within one run are what
// counts, absolute figures belong to this machine. Writes RESULTS.md; `--quick` runs each once.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { has, median } from './processes.mjs';

const quick = process.argv.includes('--quick');
const rounds = quick ? 1 : 3;
const lines = [];

parse('invite.sip', 'an INVITE of 1.8 kB', 'sip');
parse('all', 'the whole corpus', 'sip');
linear();
calls();
relay();
report();

function parse(file, what, peer) {
  const names = ['strowger-keys', 'strowger-all', 'sip', 'jssip', 'sip.js'];
  const runs = interleave(
    names,
    (name) => measure('parse.mjs', [name, file, quick ? '0.3' : '1']).microseconds,
  );
  lines.push(`## Parsing ${what}`, '', '| parser | µs | times npm `sip` |', '| --- | --- | --- |');
  for (const name of names) {
    lines.push(`| ${name} | ${fixed(runs[name])} | ${fixed(runs[peer] / runs[name])} |`);
  }
  lines.push('');
}

/** Ends with an exception, and so with 1, where a grammar is not linear. */
function linear() {
  const { inputs, ratio, milliseconds } = measure('linear.mjs', []);
  lines.push(
    '## Twice the input',
    '',
    `${inputs} pathological inputs for every grammar, at 30 and at 60 kB: the steepest takes`,
    `${fixed(ratio)} times as long for twice the bytes, the slowest ${fixed(milliseconds)} ms for 60 kB.`,
    '',
  );
}

function calls() {
  if (!has('sipp')) {
    lines.push('## Calls', '', 'Not measured: sipp is not installed.', '');
    return;
  }
  const names = has('kamailio') ? ['strowger', 'kamailio'] : ['strowger'];
  const rate = '50';
  const runs = {};
  const failed = {};
  const throughput = {};
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const result = measure('calls.mjs', [name, rate, quick ? '100' : '500']);
      (runs[name] ??= []).push(result.microseconds);
      failed[name] = (failed[name] ?? 0) + result.failed;
    }
  }
  throughput.strowger = highest('strowger');
  lines.push(
    `## Calls: sipp to sipp, no media, ${rate} calls/s`,
    '',
    'Strowger: digest, B2BUA on a media relay, CDR. Kamailio (`-x tlsf -X tlsf`): a stateful proxy',
    'with Record-Route, no digest, no media.',
    '',
    '| | CPU µs per call, all threads | failed | calls/s without a failure |',
    '| --- | --- | --- | --- |',
    ...names.map(
      (name) =>
        `| ${name} | ${fixed(median(runs[name]))} | ${failed[name]} | ${throughput[name] ?? 'not measured'} |`,
    ),
    '',
  );
}

/** The highest rate at which no call of four seconds' load failed. */
function highest(name) {
  let best = 0;
  for (const rate of quick ? [100] : [100, 200, 400, 800, 1600]) {
    const result = measure('calls.mjs', [name, String(rate), String(rate * 4)]);
    if (result.failed > 0 || result.callsPerSecond < rate * 0.7) break;
    best = rate;
  }
  return best;
}

function relay() {
  const streams = '100';
  const names = ['dgram', 'strowger'];
  const runs = interleave(
    names,
    (name) => measure('relay.mjs', [name, streams, quick ? '1' : '4']).microseconds,
  );
  lines.push(
    `## RTP relay: ${streams} streams of 50 packets/s`,
    '',
    '| | CPU µs per packet | share of the bare loop |',
    '| --- | --- | --- |',
    ...names.map((name) => {
      return `| ${name} | ${fixed(runs[name])} | ${fixed(runs['dgram'] / runs[name])} |`;
    }),
    '',
  );
}

function interleave(names, run) {
  const values = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) values[name].push(run(name));
  }
  return Object.fromEntries(names.map((name) => [name, median(values[name])]));
}

function measure(program, args) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  console.log(program, ...args, stdout.trim());
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function report() {
  const machine = [
    `${cpus().length} × ${cpus()[0].model.trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}`,
    `Node ${process.version}`,
  ].join(', ');
  const date = new Date().toISOString().slice(0, 10);
  const text = [
    '# Bench results',
    '',
    `${date}, ${machine}. Medians of ${rounds} interleaved runs;`,
    'the machine is shared, so read the ratios. Written by `pnpm bench`.',
    '',
    ...lines,
  ].join('\n');
  if (!quick) writeFileSync(new URL('RESULTS.md', import.meta.url), text);
  console.log(`\n${text}`);
}

function fixed(value) {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
