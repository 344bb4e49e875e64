// CPU per call of a UAS under sipp over UDP: `node uas.mjs NAME RATE SECONDS [delay]`. One call is
// INVITE, 200, ACK, BYE, 200. The first four seconds warm up, as the engine still compiles, and are not
// counted. With `delay` Strowger also watches its event loop, which costs it 1000 timers a second.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './native.mjs';
import { cpuMicroseconds, folder, sippColumn, start, until } from './processes.mjs';

const [name = 'strowger', rate = '1000', seconds = '5', watch = ''] = process.argv.slice(2);
const PORT = 5080;
const at = (file) => fileURLToPath(new URL(file, import.meta.url));
const programs = {
  strowger: () => [process.execPath, [at('uas/strowger.mjs'), String(PORT)]],
  batched: () => [process.execPath, [at('uas/strowger.mjs'), String(PORT), 'batched']],
  dgram: () => [process.execPath, [at('uas/dgram.mjs'), String(PORT)]],
  sip: () => [process.execPath, [at('uas/sip.mjs'), String(PORT)]],
  nta: () => [compile('uas-nta', 'sofia-sip-ua'), [String(PORT)]],
  kamailio: () => ['kamailio', kamailioArguments()],
};

const [command, args] = programs[name]();
const under = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: folder });
process.on('exit', () => under.kill('SIGKILL'));
let printed = '';
under.stdout.on('data', (bytes) => {
  printed += bytes;
});
if (name === 'kamailio') await new Promise((resolve) => setTimeout(resolve, 1500));
else await until(`${name} is ready`, () => printed.includes('ready'));
await call(4);
if (watch === 'delay') under.kill('SIGUSR2');
const before = cpuMicroseconds(under.pid);
const { successful, failed, retransmissions } = await call(Number(seconds));
const used = cpuMicroseconds(under.pid) - before;
printed = '';
if (watch === 'delay') {
  under.kill('SIGUSR2');
  await until('its delays are told', () => printed.includes('}'));
}
const delays = printed === '' ? {} : JSON.parse(printed);
under.kill('SIGTERM');
const late = setTimeout(() => under.kill('SIGKILL'), 3000);
await once(under, 'exit');
clearTimeout(late);
console.log(
  JSON.stringify({
    microseconds: used / successful,
    successful,
    failed,
    retransmissions,
    ...delays,
  }),
);

async function call(forSeconds) {
  const file = join(folder, `uas-${Date.now()}.csv`);
  const calls = String(Number(rate) * forSeconds);
  const load = ['-r', rate, '-m', calls, '-l', '20000', '-max_retrans', '5'];
  const common = ['-nostdin', '-i', '127.0.0.1', '-p', '5081', '-trace_stat', '-fd', '1'];
  const address = `127.0.0.1:${PORT}`;
  const scenario = ['-sf', at('uas/caller.xml'), '-stf', file];
  const caller = ['-k', '2', '120', 'sipp', address, ...scenario, ...common, ...load];
  await start('timeout', caller).ended;
  return {
    successful: sippColumn(file, 'SuccessfulCall(C)'),
    failed: sippColumn(file, 'FailedCall(C)'),
    retransmissions: sippColumn(file, 'Retransmissions(C)'),
  };
}

function kamailioArguments() {
  const files = ['-f', at('uas/kamailio.cfg'), '-Y', folder, '-P', join(folder, 'pid')];
  return [...files, '-w', folder, '-DD', '-E', '-m', '512', '-M', '16', '-x', 'tlsf', '-X', 'tlsf'];
}
