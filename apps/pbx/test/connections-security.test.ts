import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntime, seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { byTcp, isAlive, request, serve, type Server } from './server.ts';

/** A connection on which somebody writes this, byte for byte where `drips`, and then nothing. */
async function idler(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // a reset is an ending like any other
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  socket.write(text);
  return socket;
}

const HALF = request({ transport: 'TCP' }).slice(0, 120);
const UPGRADE = 'GET / HTTP/1.1\r\nHost: pbx.example\r\nUpgrade: websocket\r\n';
/** By how long after it began each is gone; where something came last at most. */
const LAZY = [
  { what: 'nothing', transport: 'tcp', text: '', afterMs: 30_000 },
  { what: 'a header that never ends', transport: 'tcp', text: HALF, afterMs: 10_000 },
  { what: 'half a TLS handshake', transport: 'tls', text: '\u0016\u0003\u0001', afterMs: 10_000 },
  { what: 'half a WebSocket upgrade', transport: 'ws', text: UPGRADE, afterMs: 10_000 },
] as const;

/** One that nobody trusts: no handshake gets that far. */
function certificate(): { certificate: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-pbx-'));
  const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') };
  const kind = ['-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const made = ['-subj', '/CN=pbx.example', '-keyout', files.key, '-out', files.certificate];
  execFileSync('openssl', ['req', ...kind, ...made], { stdio: 'pipe' });
  const read = { key: readFileSync(files.key, 'utf8') };
  const pair = { ...read, certificate: readFileSync(files.certificate, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

/** With a clock of its own, so that deadlines pass at once. */
async function guarded(
  connectionsPerPeer: number,
): Promise<{ clock: VirtualClock; server: Server }> {
  const clock = new VirtualClock();
  const limits = {
    connectionsPerPeer,
    acceptsPerSecondPerPeer: 10_000,
    acceptsPerSecond: 10_000,
  };
  const server = await serve({
    runtime: { ...nodeRuntime(), clock },
    transport: {
      listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'tls:127.0.0.1:0', 'ws:127.0.0.1:0'],
      tls: { certificates: [certificate()] },
      admission: { trustedNetworks: ['127.0.0.9'] },
      limits,
    },
  });
  return { clock, server };
}

describe('T01: connections that do nothing', () => {
  it.each(LAZY)('$what: closed after $afterMs ms, and others are served', async (lazy) => {
    const { clock, server } = await guarded(300);
    const sockets: Socket[] = [];
    for (let n = 0; n < 250; n++) {
      sockets.push(await idler(server.port(lazy.transport), lazy.text));
    }
    await settled(server, 250);
    clock.advance(lazy.afterMs - 1);
    await isAlive(server);
    expect(server.transport.counts().connections).toBe(250);
    clock.advance(1);
    await settled(server, 0);
    for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close');
    expect(server.transport.metrics.slowTimeouts).toBe(250);
    expect(server.events.map(({ type }) => type)).toContain('slowPeer');
  });

  it('a byte now and then does not make a message whole', async () => {
    const { clock, server } = await guarded(10);
    const socket = await idler(server.port('tcp'), HALF.slice(0, 10));
    for (let byte = 10; byte < 20; byte++) {
      await isAlive(server);
      clock.advance(1000);
      socket.write(HALF.slice(byte, byte + 1));
    }
    await settled(server, 0);
    expect(server.transport.metrics.slowTimeouts).toBe(1);
  });

  it('one source has no more than its share of them', async () => {
    const { server } = await guarded(100);
    for (let n = 0; n < 150; n++) await idler(server.port('tcp'), '');
    await settled(server, 100);
    expect(server.transport.metrics.connectionsRefused).toBe(50);
  });
});

/** Until so many connections are held; somebody else is served all the while. */
async function settled(server: Server, connections: number): Promise<void> {
  do await isAlive(server);
  while (server.transport.counts().connections !== connections);
}

describe('T02: INVITEs over TCP and then a reset', () => {
  it.each([
    ['that are challenged', 'sip:bob@pbx.example', '', 0],
    ['that are answered', 'sip:*43@pbx.example', ';transport=tcp', 37_000],
    // the BYE to a caller who did not acknowledge is repeated by UDP for another 64*T1
    ['whose contact is elsewhere', 'sip:*43@pbx.example', ';transport=udp', 69_000],
  ])(
    '%s leave nothing',
    async (_, uri, transport, withinMs) => {
      const clock = new VirtualClock();
      const random = seededRandom(2);
      const Contact = `<sip:mallory@127.0.0.1:9${transport}>`;
      const server = await serve({ runtime: { ...nodeRuntime(), clock } });
      for (let round = 0; round < 20; round++) {
        const stream = await byTcp(server);
        const texts = Array.from({ length: 25 }, () =>
          request({ method: 'INVITE', uri, transport: 'TCP', headers: { Contact } }),
        );
        const text = texts.join('');
        stream.send(text.slice(0, Math.floor(random.float() * text.length)));
        if (random.float() < 0.5) await isAlive(server);
        stream.reset();
      }
      await settled(server, 0);
      for (let passedMs = 0; passedMs < withinMs; passedMs += 250) {
        clock.advance(250);
        if (passedMs % 5000 === 0) await isAlive(server);
      }
      await isAlive(server);
      const { calls, sessions, dialogs, transactions, ports } = server.engine.counts();
      // who asked whether the server lives is answered without a transaction
      expect({ calls, sessions, dialogs, transactions, ports }).toEqual({
        calls: 0,
        sessions: 0,
        dialogs: 0,
        transactions: 0,
        ports: 0,
      });
    },
    30_000,
  );
});
