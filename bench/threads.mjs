// Calls per second of a UAS on so many threads, as fast as sipp can with 200 calls under way:
// `node threads.mjs dispatch|reusePort THREADS WORK_MS CALLS`.
import { spawn } from 'node:child_process';
import { nodeRuntime } from '@strowger/runtime';
import { startCallThreads } from '@strowger/sip-transport';
import { cpuMicroseconds, folder } from './processes.mjs';

const [mode, threads, workMs, calls] = process.argv.slice(2);
const PORT = 5970;
const listen = [
  { transport: 'udp', address: '127.0.0.1', port: PORT, reusePort: mode === 'reusePort' },
];
const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 0',
  '',
];
const transport = { listen };
const spread = await startCallThreads({
  runtime: nodeRuntime(),
  script: new URL('uas/call-thread.mjs', import.meta.url),
  threads: Number(threads),
  mode,
  transport,
  workerData: { transport, sdp: sdp.join('\r\n'), workMs: Number(workMs) },
});
await sipp(500); // warm
const cpu = cpuMicroseconds(process.pid);
const began = performance.now();
await sipp(Number(calls));
const seconds = (performance.now() - began) / 1000;
const used = cpuMicroseconds(process.pid) - cpu;
console.log(JSON.stringify({ perSecond: calls / seconds, microseconds: used / calls }));
await spread.close({ deadlineMs: 100 });
process.exit(0);

async function sipp(count) {
  const where = [`127.0.0.1:${PORT}`, '-i', '127.0.0.1', '-p', String(PORT + 1)];
  const load = ['-m', String(count), '-r', '20000', '-l', '200', '-d', '0', '-nostdin'];
  const child = spawn('sipp', ['-sn', 'uac', ...where, ...load], { stdio: 'ignore', cwd: folder });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`sipp ended with ${code}`);
}
