import { SipUri, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { clientListeners } from './client-listeners.ts';

function listenFor(server: string, over: object = {}) {
  const parsed = uri(server);
  if (!(parsed instanceof SipUri)) throw new Error('no sip: URI');
  return clientListeners({ uri: 'sip:alice@pbx.example', ...over }, parsed).listen;
}

describe('where a client listens', () => {
  it.each([
    ['sip:pbx.example', 'udp', '0.0.0.0', undefined],
    ['sip:127.0.0.1;transport=tcp', 'tcp', '127.0.0.1', undefined],
    ['sip:pbx.example;transport=tls', 'tls', '0.0.0.0', true],
    ['sip:[::1];transport=ws', 'ws', '::1', true],
    ['sip:[2001:db8::1];transport=wss', 'wss', '::', true],
    ['sips:pbx.example;transport=ws', 'wss', '0.0.0.0', true],
    ['sips:pbx.example;transport=tcp', 'tls', '0.0.0.0', true],
  ])('for %s: %s on %s', (server, transport, address, clientOnly) => {
    expect(listenFor(server)).toEqual([
      { transport, address, port: 0, ...(clientOnly === undefined ? {} : { clientOnly }) },
    ]);
  });

  it('lets nobody connect by TLS who has no certificate to be shown', () => {
    const listen = ['tls:127.0.0.1:5071'];
    const tls = { certificate: 'PEM', key: 'PEM' };
    expect(listenFor('sip:pbx.example', { listen })).toMatchObject([{ clientOnly: true }]);
    expect(listenFor('sip:pbx.example', { listen, tls })).not.toMatchObject([{ clientOnly: true }]);
  });
});
