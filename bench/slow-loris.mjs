// What 1,000 connections that do nothing cost those who call: `node slow-loris.mjs [ROUNDS] [CALLS]`.
// sipp calls through the PBX at 25 calls/s, without and with the connections of
// slow-loris-connections.mjs, in pairs of which every other one begins with them; the response time
// is from the first INVITE to the 200, digest included. The figures are of all samples of a kind.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, start, until } from './processes.mjs';

const [rounds = '6', calls = '200'] = process.argv.slice(2);
const CONNECTIONS = 1000;
const root = fileURLToPath(new URL('..', import.meta.url));
const scenario = (name) => join(root, 'e2e/sipp', `${name}.xml`);

const pbx = startPbx();
await until('the PBX is ready', async () => (await fetch('http://127.0.0.1:8089/ready')).ok);
await measure('50'); // warm

const kinds = { without: measure, with: measureCrowded };
const samples = { without: [], with: [] };
const failed = { without: 0, with: 0 };
for (let round = 0; round < Number(rounds); round++) {
  const order = round % 2 === 0 ? ['without', 'with'] : ['with', 'without'];
  for (const kind of order) {
    const one = await kinds[kind](calls);
    samples[kind].push(...one.times);
    failed[kind] += one.failed;
  }
}
await pbx.stop();
const figures = Object.keys(kinds).map((kind) => [
  kind,
  { ...statistics(samples[kind]), failed: failed[kind], calls: samples[kind].length },
]);
console.log(JSON.stringify(Object.fromEntries(figures)));

async function measureCrowded(count) {
  const script = fileURLToPath(new URL('slow-loris-connections.mjs', import.meta.url));
  const loris = start(process.execPath, [script, String(CONNECTIONS), '5060', '5061', '5062']);
  await until('the connections are open', () => openConnections() > CONNECTIONS * 0.95);
  const measured = await measure(count);
  await loris.stop('SIGKILL');
  await until('they are gone', () => openConnections() < 10, 60_000);
  return measured;
}

function statistics(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const meanMs = times.reduce((sum, one) => sum + one, 0) / times.length;
  return { meanMs, medianMs: at(0.5), p99Ms: at(0.99) };
}

async function measure(count) {
  const callee = await startCallee();
  const who = ['-s', 'bob', '-set', 'caller', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
  const trace = ['-trace_rtt', '-rtt_freq', '1', '-timer_resol', '1'];
  const rate = ['-m', count, '-r', '25', '-d', '300', ...trace];
  const before = new Set(readdirSync(folder));
  const { status, stderr } = sipp('caller', ['-p', '5072', ...who, ...rate]);
  await callee.stop('SIGKILL');
  const file = readdirSync(folder).find((name) => name.endsWith('_rtt.csv') && !before.has(name));
  if (file === undefined) throw new Error(`sipp wrote no response times: ${stderr.slice(-800)}`);
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1);
  const times = lines.map((line) => Number(line.split(';')[1]));
  // a callee that is late with its BYE is a failed call, too, though it has a response time
  const missing = Number(count) - times.length;
  return { times, failed: status === 0 ? missing : Math.max(1, missing) };
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
