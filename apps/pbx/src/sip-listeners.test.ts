import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { isHttpSecure, isHttpShared, sipListeners } from './sip-listeners.ts';

const at = (...listen: string[]) => readConfig(JSON.stringify({ listen, tls: FILES }));
const FILES = { cert: '/dev/null', key: '/dev/null' };

describe('the listeners of SIP', () => {
  it('share the port of HTTP where a WebSocket is at its address', () => {
    const server = createServer();
    const { listen } = sipListeners(at('ws:127.0.0.1:8080', 'ws:127.0.0.1:8081'), server);
    expect(listen).toEqual([
      { transport: 'ws', address: '127.0.0.1', port: 8080, server },
      { transport: 'ws', address: '127.0.0.1', port: 8081 },
    ]);
  });

  it('make it HTTPS where that WebSocket is a secure one', () => {
    expect(isHttpSecure(at('wss:127.0.0.1:8080'))).toBe(true);
    expect(isHttpSecure(at('ws:127.0.0.1:8080', 'wss:127.0.0.1:8443'))).toBe(false);
    expect(isHttpSecure(at('tls:127.0.0.1:8080'))).toBe(false);
  });

  it('leave the API alone elsewhere', () => {
    expect(isHttpShared(at('ws:127.0.0.1:8080'))).toBe(true);
    expect(isHttpShared(at('ws:127.0.0.1:8081', 'tcp:127.0.0.1:8080'))).toBe(false);
  });

  it('want certificates of phones where the configuration does', () => {
    const tls = { ...FILES, ca: '/dev/null', verifyClient: 'required', minVersion: 'TLSv1.3' };
    const config = readConfig(JSON.stringify({ listen: ['tls:127.0.0.1:5061'], tls }));
    expect(sipListeners(config, createServer()).tls).toEqual({
      certificates: [{ certificate: '', key: '' }],
      authorities: [''],
      clientCertificates: 'required',
      minVersion: 'TLSv1.3',
    });
  });

  it('name the file that cannot be read', () => {
    const config = readConfig(
      JSON.stringify({ listen: ['tls:127.0.0.1:5061'], tls: { ...FILES, key: '/no/such.pem' } }),
    );
    expect(() => sipListeners(config, createServer())).toThrow(
      'tls.key: cannot read "/no/such.pem"',
    );
  });
});
