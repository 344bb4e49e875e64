// Programs under measurement: start, CPU time of all of a process tree's threads, end.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'strowger-bench-'));
const children = new Set();
const ticksPerSecond =
  Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export function start(command, args, options = {}) {
  const log = openSync(join(folder, `${command.replaceAll(/\W/g, '-')}-${Date.now()}.log`), 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], cwd: folder, ...options });
  children.add(child);
  const ended = new Promise((resolve) => {
    child.on('exit', (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  return {
    pid: child.pid,
    ended,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** CPU microseconds, user and system, of a process, all its threads and its children. */
export function cpuMicroseconds(pid) {
  const own = statistics(pid);
  return childrenOf(pid).reduce((sum, child) => sum + cpuMicroseconds(child), own);
}

export async function until(what, ask, ms = 15_000) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined);
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** One column of the last line of sipp's statistics. */
export function sippColumn(file, column) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Number(lines.at(-1).split(';')[lines[0].split(';').indexOf(column)]);
}

/**
 * The scheduler's own account in nanoseconds, as the ticks of /proc/PID/stat miss what runs for less
 * than one; these where there is no such account.
 */
function statistics(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
      .reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1000, 0);
  } catch {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.replace(/^.*\) /, '').split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
  }
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
}
