import { nodeRuntime } from '@strowger/runtime';
import { createResponse, type SipRequest } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { describe, expect, it } from 'vitest';
import { SipClient } from '../src/index.ts';

/** A registrar that believes everybody, and what it saw. */
async function registrar(listen: string) {
  const seen: SipRequest[] = [];
  const layer: TransportLayer = new TransportLayer({
    runtime: nodeRuntime(),
    listen: [listen],
    onMessage: ({ message, hop }) => {
      if (message.kind !== 'request') return;
      seen.push(message);
      layer.send(createResponse(message, 200), hop, () => {});
    },
  });
  await layer.start();
  const server = `sip:127.0.0.1:${layer.listening[0]?.port}`;
  return { layer, seen, server };
}

describe('accounts by several transports on real sockets', () => {
  it('have one client, whichever came first, and whatever was open', async () => {
    const [udp, tcp, webSocket] = await Promise.all(
      ['udp', 'tcp', 'ws'].map((transport) => registrar(`${transport}:127.0.0.1:0`)),
    );
    if (!udp || !tcp || !webSocket) throw new Error('three registrars');
    const client = new SipClient({ uri: 'sip:alice@udp.example', server: udp.server });
    const office = client.addAccount({
      uri: 'sip:alice@tcp.example',
      server: `${tcp.server};transport=tcp`,
    });
    await Promise.all([client.register(), office.register()]);
    const late = client.addAccount({
      uri: 'sip:alice@ws.example',
      server: `${webSocket.server};transport=ws`,
    });
    expect(await late.registerAndWait()).toMatchObject({ registered: true });
    const contacts = [udp, tcp, webSocket].map(
      ({ seen }) => seen[0]?.headers.raw('Contact').join() ?? '',
    );
    expect(contacts[0]).toMatch(/^<sip:alice@127\.0\.0\.1:\d+>$/);
    expect(contacts[1]).toMatch(/^<sip:alice@127\.0\.0\.1:\d+;transport=tcp>$/);
    expect(contacts[2]).toMatch(/^<sip:alice@\S+\.invalid:\d+;transport=ws>$/);
    await client.close();
    const asked = [udp, tcp, webSocket].map(({ seen }) =>
      seen.map(({ headers }) => headers.get('expires')),
    );
    expect(asked).toEqual([
      [300, 0],
      [300, 0],
      [300, 0],
    ]);
    await Promise.all([udp, tcp, webSocket].map(({ layer }) => layer.close()));
  });

  it('have what `listen` names, and nothing else', async () => {
    const [udp, tcp] = await Promise.all([
      registrar('udp:127.0.0.1:0'),
      registrar('tcp:127.0.0.1:0'),
    ]);
    const client = new SipClient({
      uri: 'sip:alice@udp.example',
      server: udp.server,
      listen: ['udp:127.0.0.1:0'],
    });
    const office = client.addAccount({
      uri: 'sip:alice@tcp.example',
      server: `${tcp.server};transport=tcp`,
    });
    await client.register();
    await expect(office.call('bob')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    await client.close();
    await Promise.all([udp.layer.close(), tcp.layer.close()]);
  });
});
