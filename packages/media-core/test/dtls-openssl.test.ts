import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntime, type Runtime } from '@strowger/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createDtlsIdentity, DtlsConnection, fingerprintOf } from '../src/dtls/index.ts';
import type { SrtpKeys } from '../src/sdp/index.ts';

const absent = spawnSync('openssl', ['version']).status !== 0;
if (absent) console.log('skipped: DTLS with OpenSSL (openssl is not installed)');

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const EXPORT = ['-keymatexport', 'EXTRACTOR-dtls_srtp'];
/** Octets of both directions' keys and salts. */
const PROFILES = [
  ['SRTP_AES128_CM_SHA1_80', 'AES_CM_128_HMAC_SHA1_80', 60],
  ['SRTP_AEAD_AES_256_GCM', 'AEAD_AES_256_GCM', 88],
] as const;
const KEYS = [
  ['ECDSA on P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  ['RSA', ['rsa:2048']],
] as const;

/** A certificate of OpenSSL's making. */
function certificate(algorithm: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-dtls-'));
  const [key, cert, der] = ['key.pem', 'cert.pem', 'cert.der'].map((name) => join(folder, name));
  const files = { key: String(key), cert: String(cert), der: String(der) };
  const subject = ['-x509', '-nodes', '-subj', '/CN=peer', '-days', '2'];
  const out = ['-keyout', files.key, '-out', files.cert];
  execFileSync('openssl', ['req', '-newkey', ...algorithm, ...subject, ...out], {
    stdio: 'ignore',
  });
  execFileSync('openssl', ['x509', '-in', files.cert, '-outform', 'der', '-out', files.der]);
  return { ...files, fingerprints: [fingerprintOf(readFileSync(files.der))] };
}

/** OpenSSL, and the keys that it says it has. */
function openssl(...args: string[]): { child: ChildProcess; keys: Promise<string> } {
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  cleanups.push(() => child.kill());
  let output = '';
  const keys = new Promise<string>((resolve) => {
    const read = (chunk: unknown): void => {
      output += String(chunk);
      const [, found] = /Keying material: ([\dA-F]+)/.exec(output) ?? [];
      if (found) resolve(found.toLowerCase());
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', () => resolve(`it ended: ${output}`));
  });
  return { child, keys };
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  cleanups.push(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Our side on a socket; the peer's port where we begin. */
function ourSide(
  socket: Socket,
  {
    peerPort,
    ...options
  }: Pick<ConstructorParameters<typeof DtlsConnection>[0], 'fingerprints'> & {
    peerPort?: number;
  },
) {
  const runtime: Runtime = nodeRuntime();
  const identity = createDtlsIdentity(runtime);
  const secured = new Promise<{ send: SrtpKeys; receive: SrtpKeys }>((resolve, reject) => {
    const connection = new DtlsConnection({
      ...options,
      role: peerPort === undefined ? 'server' : 'client',
      identity,
      isVerified: false,
      isPeer: () => true,
      clock: runtime.clock,
      random: runtime.random,
      send: (datagram, to) => {
        socket.send(datagram, to?.port ?? peerPort ?? 0, to?.address ?? '127.0.0.1');
      },
      onSecured: resolve,
      onFailed: (reason) => reject(new Error(reason)),
    });
    cleanups.unshift(() => connection.close());
    socket.on('message', (message, from) => connection.receive(message, from));
  });
  return secured;
}

const hex = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString('hex');

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

describe.skipIf(absent)('DTLS with OpenSSL', () => {
  describe.each(KEYS)('whose certificate is of %s', (_, algorithm) => {
    it.each(PROFILES)('as client has the same keys for %s', async (profile, suite, length) => {
      const peer = certificate(algorithm);
      const socket = await boundSocket();
      const ours = ourSide(socket, { fingerprints: peer.fingerprints });
      const address = `127.0.0.1:${(socket.address() as AddressInfo).port}`;
      const shown = ['-cert', peer.cert, '-key', peer.key];
      const client = ['s_client', '-dtls1_2', '-use_srtp', profile, '-connect', address];
      const { keys } = openssl(...client, ...shown, ...EXPORT, '-keymatexportlen', String(length));
      const { send, receive } = await Promise.race([ours, keys.then(failed)]);
      expect(send.suite).toBe(suite);
      const made = [receive.masterKey, send.masterKey, receive.masterSalt, send.masterSalt];
      expect(await keys).toBe(hex(...made));
    });

    it.each(PROFILES)('as server has the same keys for %s', async (profile, suite, length) => {
      const peer = certificate(algorithm);
      const port = await freePort();
      const shown = ['-cert', peer.cert, '-key', peer.key, '-verify', '1', '-listen'];
      const server = ['s_server', '-dtls1_2', '-use_srtp', profile, '-accept', `127.0.0.1:${port}`];
      const { keys } = openssl(...server, ...shown, ...EXPORT, '-keymatexportlen', String(length));
      const socket = await boundSocket();
      const ours = ourSide(socket, { fingerprints: peer.fingerprints, peerPort: port });
      const { send, receive } = await Promise.race([ours, keys.then(failed)]);
      expect(send.suite).toBe(suite);
      const made = [send.masterKey, receive.masterKey, send.masterSalt, receive.masterSalt];
      expect(await keys).toBe(hex(...made));
    });
  });
});

/** Keys before ours are the way of things; that it ended is not. */
async function failed(text: string): Promise<never> {
  if (!text.startsWith('it ended')) return new Promise(() => {});
  throw new Error(text);
}
