#!/usr/bin/env node
// The front door: needs only Node and npm. Installs the pinned pnpm with npm, installs the workspace
// from the frozen lock file when that is out of date, builds through turbo's cache, does the job.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packageManager = manifest.packageManager.split('+')[0];
const [job = 'help', ...rest] = process.argv.slice(2);
const onWindows = process.platform === 'win32';

const [major, minor] = process.versions.node.split('.').map(Number);
if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24)) {
  console.error(`Node ${manifest.engines.node} is needed; this is ${process.version}`);
  process.exit(1);
}

const tools = join(root, '.tools', packageManager.replace('@', '-'));
const bin = join(tools, 'node_modules', '.bin');
const env = {
  ...process.env,
  PATH: [bin, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};
// What npm exported for its own run must not leak into pnpm; a registry, proxy or CA that the user
// set through npm_config_* has to stay.
for (const key of Object.keys(env)) {
  if (/^npm_(package|lifecycle|command|execpath|node_execpath)/i.test(key)) delete env[key];
  if (/^npm_config_(local_prefix|global_prefix|prefix|user_agent|npm_version)$/i.test(key)) {
    delete env[key];
  }
}

ensurePnpm();
ensureInstalled();
switch (job) {
  case 'start':
    build();
    await foreground(process.execPath, [join('apps', 'pbx', 'dist', 'main.js'), ...rest]);
    break;
  case 'demo':
    build();
    await foreground(process.execPath, [join('apps', 'phone', 'dist', 'demo.js'), ...rest]);
    break;
  case 'demo:agent':
    build();
    await foreground(process.execPath, [join('apps', 'voice-gateway', 'dist', 'demo.js'), ...rest]);
    break;
  case 'test':
    build();
    run(process.execPath, [join('scripts', 'test.mjs'), ...rest]);
    break;
  case 'bench':
    build();
    run(process.execPath, [join('bench', 'run.mjs'), ...rest]);
    break;
  case 'nightly':
    build();
    run(process.execPath, [join('scripts', 'nightly.mjs'), ...rest]);
    break;
  case 'build':
    build();
    break;
  case 'exec':
    run(rest[0], rest.slice(1));
    break;
  default:
    console.error(
      'jobs: start | demo | demo:agent | test | bench | nightly | build | exec COMMAND…',
    );
    process.exit(2);
}

function ensurePnpm() {
  if (existsSync(join(bin, onWindows ? 'pnpm.cmd' : 'pnpm'))) return;
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(tools, 'package.json'), '{"private":true}');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock'];
  run('npm', ['install', ...quiet, packageManager], { cwd: tools });
}

function ensureInstalled() {
  const hash = createHash('sha256').update(process.version);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  const wanted = hash.digest('hex');
  const stamp = join(root, 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // CI=true: pnpm asks nothing, whatever it finds
  run('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], {
    env: { ...env, CI: 'true' },
  });
  writeFileSync(stamp, wanted);
}

function build() {
  run('turbo', ['run', 'build', '--output-logs=errors-only', '--log-order=grouped']);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: onWindows,
    ...options,
  });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/**
 * A long-running program: it gets the signals that this process gets, and its exit code is ours.
 * npm passes a signal to the shell between us, which dies of it without a word: an orphan ends too.
 */
function foreground(command, args) {
  const child = spawn(command, args.map(String), { cwd: root, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 250);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
      resolve();
    });
  });
}
