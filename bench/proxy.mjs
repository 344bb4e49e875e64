// CPU per call of a stateful proxy under sipp over UDP:
// `node proxy.mjs strowger|batched|dgram|kamailio RATE SECONDS`. One call is INVITE, 180, 200, ACK, BYE,
// 200, the proxy in the route of all of them; `dgram` sends on what comes, unread. Ten seconds, the first
// of them at a lower rate, warm up and are not counted. `--timers` tells how late the timers of the
// transactions fired.
import { once } from 'node:events';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMicroseconds, folder, sippColumn, start, until } from './processes.mjs';

const [name = 'strowger', rate = '1000', seconds = '5', ...flags] = process.argv.slice(2);
const at = (file) => fileURLToPath(new URL(file, import.meta.url));
const memory = ['-m', '512', '-M', '16', '-x', 'tlsf', '-X', 'tlsf'];
const places = ['-Y', folder, '-P', join(folder, 'pid'), '-w', folder];
const programs = {
  strowger: [process.execPath, [at('proxy/strowger.mjs'), '5060', '5070', ...flags]],
  batched: [process.execPath, [at('proxy/strowger.mjs'), '5060', '5070', '--batched', ...flags]],
  dgram: [process.execPath, [at('proxy/dgram.mjs'), '5060', '5070', '5081']],
  kamailio: ['kamailio', ['-f', at('kamailio-proxy.cfg'), '-DD', '-E', ...places, ...memory]],
};

const [command, args] = programs[name];
const under = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder });
process.on('exit', () => under.kill('SIGKILL'));
let printed = '';
under.stdout.on('data', (bytes) => {
  printed += bytes;
});
const common = ['-nostdin', '-i', '127.0.0.1'];
const callee = start('sipp', ['-sf', at('proxy/callee.xml'), ...common, '-p', '5070']);
await until('the callee listens', () => listens(5070));
await until(`${name} listens`, () => listens(5060));
await call(6, Math.min(250, Number(rate)));
await call(4);
const before = cpuMicroseconds(under.pid);
const { successful, failed, retransmissions } = await call(Number(seconds));
const used = cpuMicroseconds(under.pid) - before;
printed = '';
if (name === 'strowger' || name === 'batched') {
  under.kill('SIGUSR2');
  await until('its timers are told', () => printed.includes('}'));
}
const timers = printed === '' ? {} : JSON.parse(printed);
await callee.stop('SIGKILL');
under.kill('SIGTERM');
const late = setTimeout(() => under.kill('SIGKILL'), 3000);
await once(under, 'exit');
clearTimeout(late);
const microseconds = used / successful;
console.log(JSON.stringify({ microseconds, successful, failed, retransmissions, ...timers }));

async function call(forSeconds, perSecond = Number(rate)) {
  const file = join(folder, `proxy-${Date.now()}.csv`);
  const calls = String(perSecond * forSeconds);
  const load = ['-r', String(perSecond), '-m', calls, '-l', '20000', '-max_retrans', '5'];
  const who = ['-s', 'bob', '-set', 'caller', 'alice', '-p', '5081'];
  const trace = ['-trace_stat', '-fd', '1', '-stf', file];
  const scenario = ['127.0.0.1:5060', '-sf', at('proxy/caller.xml')];
  await start('timeout', [
    '-k',
    '2',
    '120',
    'sipp',
    ...scenario,
    ...common,
    ...who,
    ...trace,
    ...load,
  ]).ended;
  return {
    successful: sippColumn(file, 'SuccessfulCall(C)'),
    failed: sippColumn(file, 'FailedCall(C)'),
    retransmissions: sippColumn(file, 'Retransmissions(C)'),
  };
}

function listens(port) {
  return spawnSync('ss', ['-Hlun', `sport = :${port}`], { encoding: 'utf8' }).stdout.length > 0;
}
