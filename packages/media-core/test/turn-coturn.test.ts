import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntime, type Runtime } from '@strowger/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMediaEngine, type MediaEngine, type MediaEngineOptions } from '../src/index.ts';

const absent = spawnSync('sh', ['-c', 'command -v turnserver']).status !== 0;
if (absent) console.log('skipped: coturn (turnserver is not installed)');

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
});

/** A port of UDP that nobody has just now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** A machine behind a firewall that lets packets to this port through, and no other. */
function reachingOnly(port: number): Runtime {
  const runtime = nodeRuntime();
  const { datagrams } = runtime;
  const open: Runtime['datagrams']['open'] = async (options) => {
    const socket = await datagrams.open(options);
    return {
      local: socket.local,
      send: (packet, to) => void (to.port === port && socket.send(packet, to)),
      close: () => socket.close(),
    };
  };
  return { ...runtime, datagrams: { open } };
}

describe.skipIf(absent)('ICE with coturn', () => {
  let server: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'strowger-coturn-'));
    const place = ['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`];
    const users = ['--lt-cred-mech', '--user=alice:secret', '--realm=here'];
    const plain = ['--no-tls', '--no-dtls', '--no-tcp', '--no-cli', '--allow-loopback-peers'];
    const files = [`--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'db')}`];
    const log = ['--log-file=stdout', '--simple-log', '--verbose'];
    server = spawn('turnserver', ['-n', ...place, ...users, ...plain, ...files, ...log], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      server.stdout?.on('data', (chunk) => {
        output += String(chunk);
        if (/UDP listener opened|IPv4\. UDP listener/.test(output)) resolve();
      });
      server.on('exit', () => reject(new Error(output)));
    });
  });
  afterAll(() => {
    server.kill();
  });

  const side = async (from: number, options: Partial<MediaEngineOptions>) => {
    const engine = createMediaEngine({
      address: '127.0.0.1',
      ports: { from, to: from + 98 },
      srtp: 'required',
      keying: ['dtls'],
      ...options,
    });
    engines.push(engine);
    let tell: () => void = () => {};
    const heard = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const endpoint = await engine.openEndpoint({
      label: 'test',
      ice: 'full',
      onEvent: ({ type }) => {
        if (type === 'started') tell();
      },
    });
    return { endpoint, heard };
  };

  it('tells of our address at the relay, and carries media through it alone', async () => {
    const turn = { address: '127.0.0.1', port, username: 'alice', password: 'secret' };
    const alice = await side(41_000, { turnServers: [turn], runtime: reachingOnly(port) });
    const bob = await side(42_000, {});
    const offer = await alice.endpoint.createOffer();
    const [, relayed = ''] = /^a=candidate:(.* typ relay .*)$/m.exec(offer) ?? [];
    expect(relayed).toContain(' 127.0.0.1 ');
    await alice.endpoint.acceptAnswer(await bob.endpoint.acceptOffer(offer));
    await Promise.all([alice.heard, bob.heard]);
    const [, relayPort] = / 127\.0\.0\.1 (\d+) /.exec(relayed) ?? [];
    const { remote, strangers } = await bob.endpoint.stats();
    expect({ remote, strangers }).toEqual({
      remote: { address: '127.0.0.1', port: Number(relayPort) },
      strangers: 0,
    });
  });

  it('does without a relay that does not know us', async () => {
    const turn = { address: '127.0.0.1', port, username: 'alice', password: 'wrong' };
    const alice = await side(41_100, { turnServers: [turn] });
    const bob = await side(42_100, { stunServers: [{ address: '127.0.0.1', port }] });
    const offer = await alice.endpoint.createOffer();
    expect(offer).not.toContain('typ relay');
    await alice.endpoint.acceptAnswer(await bob.endpoint.acceptOffer(offer));
    await Promise.all([alice.heard, bob.heard]);
  });
});
