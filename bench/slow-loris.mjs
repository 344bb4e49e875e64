// What 1,000 connections that do nothing cost those who call: `node slow-loris.mjs [ROUNDS] [CALLS]`.
// sipp calls through the PBX at 25 calls/s, in turn without and with the connections of
// slow-loris-connections.mjs; the response time is from the first INVITE to the 200, digest included.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, median, start, until } from './processes.mjs';

const [rounds = '3', calls = '200'] = process.argv.slice(2);
const CONNECTIONS = 1000;
const root = fileURLToPath(new URL('..', import.meta.url));
const scenario = (name) => join(root, 'e2e/sipp', `${name}.xml`);

const pbx = startPbx();
await until('the PBX is ready', async () => (await fetch('http://127.0.0.1:8089/ready')).ok);
await measure('50'); // warm

const figures = { without: [], with: [] };
for (let round = 0; round < Number(rounds); round++) {
  figures.without.push(await measure(calls));
  const script = fileURLToPath(new URL('slow-loris-connections.mjs', import.meta.url));
  const loris = start(process.execPath, [script, String(CONNECTIONS), '5060', '5061', '5062']);
  await until('the connections are open', () => openConnections() > CONNECTIONS * 0.95);
  figures.with.push(await measure(calls));
  await loris.stop('SIGKILL');
  await until('they are gone', () => openConnections() < 10, 60_000);
}
await pbx.stop();
report();

function report() {
  const of = (kind, name) => median(figures[kind].map((one) => one[name]));
  const rows = ['meanMs', 'medianMs', 'p99Ms', 'failed'].map((name) => {
    const [alone, crowded] = [of('without', name), of('with', name)];
    const ratio = name === 'failed' ? '' : (crowded / alone).toFixed(2);
    return `| ${name} | ${alone.toFixed(2)} | ${crowded.toFixed(2)} | ${ratio} |`;
  });
  const title = `${rounds} rounds in turn of ${calls} calls at 25 calls/s; medians of the rounds`;
  const head = ['| | without | with 1,000 connections | ratio |', '| --- | --- | --- | --- |'];
  console.log([title, '', ...head, ...rows, '', JSON.stringify(figures)].join('\n'));
}

async function measure(count) {
  const callee = await startCallee();
  const who = ['-s', 'bob', '-set', 'caller', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
  const rate = [
    '-m',
    count,
    '-r',
    '25',
    '-d',
    '300',
    '-trace_rtt',
    '-rtt_freq',
    '1',
    '-timer_resol',
    '1',
  ];
  const before = new Set(readdirSync(folder));
  const { status, stderr } = sipp('caller', ['-p', '5072', ...who, ...rate]);
  await callee.stop('SIGKILL');
  const file = readdirSync(folder).find((name) => name.endsWith('_rtt.csv') && !before.has(name));
  if (file === undefined) throw new Error(`sipp wrote no response times: ${stderr.slice(-800)}`);
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1);
  const times = lines.map((line) => Number(line.split(';')[1])).toSorted((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const failed = status === 0 ? 0 : Number(count) - times.length;
  const meanMs = times.reduce((sum, one) => sum + one, 0) / times.length;
  return { meanMs, medianMs: at(0.5), p99Ms: at(0.99), failed, calls: times.length };
}

/** Registers, for a minute, and listens. */
async function startCallee() {
  sipp('register', ['-p', '5070', '-m', '1', '-s', 'bob', '-au', 'bob', '-ap', 'pw-bob']);
  const args = ['-sf', scenario('callee'), '-nostdin', '-i', '127.0.0.1', '-p', '5070'];
  const callee = start('sipp', args);
  await until('the callee listens', () => connectionsAt('-Hlun', 5070) > 0);
  return callee;
}

function sipp(name, args) {
  const where = ['127.0.0.1:5060', '-i', '127.0.0.1', '-nostdin'];
  return spawnSync('timeout', ['60', 'sipp', '-sf', scenario(name), ...where, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
}

function connectionsAt(flags, port) {
  const args = [flags, `sport = :${port}`];
  return execFileSync('ss', args, { encoding: 'utf8' }).split('\n').length - 1;
}

function openConnections() {
  const ports = [5060, 5061, 5062];
  return ports.reduce((sum, port) => sum + connectionsAt('-Htn', port), 0);
}

function startPbx() {
  const files = { cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
  const subject = ['-subj', '/CN=127.0.0.1', '-nodes', '-newkey', 'ec'];
  const curve = ['-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', files.key, '-out', files.cert];
  execFileSync('openssl', ['req', '-x509', ...subject, ...curve], { stdio: 'ignore' });
  const configuration = {
    domain: '127.0.0.1',
    listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060', 'tls:127.0.0.1:5061', 'ws:127.0.0.1:5062'],
    tls: files,
    http: { listen: '127.0.0.1:8089' },
    store: 'memory',
    users: ['alice', 'bob'].map((user) => ({ user, password: `pw-${user}` })),
  };
  const file = join(folder, 'pbx.json');
  writeFileSync(file, JSON.stringify(configuration));
  return start(process.execPath, [join(root, 'apps/pbx/dist/main.js'), '--config', file]);
}
