// CPU per call under sipp: `node calls.mjs strowger|kamailio RATE CALLS`. sipp calls through the
// program under test to another sipp; no media flows. Strowger is the PBX (registrar, digest, B2BUA
// on a media relay, CDR in memory); kamailio is a stateful proxy with Record-Route.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMicroseconds, folder, sippColumn, start, until } from './processes.mjs';

const [target = 'strowger', rate = '50', calls = '500'] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
const scenario = (name) => join(root, 'e2e/sipp', `${name}.xml`);
const PORT = 5060;
const common = ['-nostdin', '-i', '127.0.0.1', '-trace_stat', '-fd', '1'];

const targets = { strowger: startStrowger, kamailio: startKamailio };
const under = await targets[target]();
const callee = start('timeout', [
  '-k',
  '2',
  '300',
  'sipp',
  '-sf',
  scenario('callee'),
  ...common.slice(0, 3),
  '-p',
  '5070',
]);
await until('the callee listens', () => {
  const args = ['-Hlun', 'sport = :5070'];
  return spawnSync('ss', args, { encoding: 'utf8' }).stdout.length > 0;
});
if (target === 'strowger') await register();
const before = cpuMicroseconds(under.pid);
const began = Date.now();
const result = await call();
const seconds = (Date.now() - began) / 1000;
// transactions linger: their end belongs to the price of the call
await new Promise((resolve) => setTimeout(resolve, 1000));
const used = cpuMicroseconds(under.pid) - before;
await callee.stop('SIGKILL');
await under.stop();
console.log(
  JSON.stringify({
    microseconds: used / result.successful,
    callsPerSecond: result.successful / seconds,
    failed: result.failed,
  }),
);

async function startStrowger() {
  const file = join(folder, 'pbx.json');
  const configuration = {
    domain: '127.0.0.1',
    listen: [`udp:127.0.0.1:${PORT}`],
    http: { listen: '127.0.0.1:8089' },
    media: { address: '127.0.0.1', ports: '20000-39999' },
    store: 'memory',
    users: ['alice', 'bob'].map((user) => ({ user, password: `pw-${user}` })),
  };
  writeFileSync(file, JSON.stringify(configuration));
  const pbx = start(process.execPath, [join(root, 'apps/pbx/dist/main.js'), '--config', file]);
  await until('the PBX is ready', async () => (await fetch('http://127.0.0.1:8089/ready')).ok);
  return pbx;
}

async function startKamailio() {
  const file = join(root, 'bench/kamailio-proxy.cfg');
  const memory = ['-m', '256', '-M', '16', '-x', 'tlsf', '-X', 'tlsf'];
  const args = ['-f', file, '-DD', '-E', '-Y', folder, '-P', join(folder, 'pid'), '-w', folder];
  const kamailio = start('kamailio', [...args, ...memory]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return kamailio;
}

async function register() {
  const args = ['-s', 'bob', '-au', 'bob', '-ap', 'pw-bob', '-m', '1', '-p', '5071'];
  // bob's contact is where the callee listens
  const text = readFileSync(scenario('register'), 'utf8').replaceAll(
    '[service]@[local_ip]:[local_port]',
    '[service]@[local_ip]:5070',
  );
  const file = join(folder, 'register.xml');
  writeFileSync(file, text);
  const code = await start('timeout', [
    '20',
    'sipp',
    `127.0.0.1:${PORT}`,
    '-sf',
    file,
    ...common.slice(0, 3),
    ...args,
  ]).ended;
  if (code !== 0) throw new Error('bob could not register');
}

async function call() {
  const file = join(folder, `calls-${Date.now()}.csv`);
  const name = target === 'strowger' ? 'caller' : 'caller-unchallenged';
  const load = ['-r', rate, '-m', calls, '-l', '5000', '-d', '200'];
  const user = ['-s', 'bob', '-set', 'caller', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
  await start('timeout', [
    '-k',
    '2',
    '200',
    'sipp',
    `127.0.0.1:${PORT}`,
    '-sf',
    scenario(name),
    ...common,
    '-stf',
    file,
    '-p',
    '5072',
    ...load,
    ...user,
  ]).ended;
  return {
    successful: sippColumn(file, 'SuccessfulCall(C)'),
    failed: sippColumn(file, 'FailedCall(C)'),
  };
}
