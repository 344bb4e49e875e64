import { networkInterfaces } from 'node:os';
import { nodeRuntime } from '@strowger/runtime';
import { createResponse, type SipRequest } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { describe, expect, it } from 'vitest';
import { type RegistrationChange, SipClient } from '../src/index.ts';

/** A registrar that believes everybody. */
async function registrar(listen: string): Promise<{
  layer: TransportLayer;
  seen: SipRequest[];
  port: number;
}> {
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
  return { layer, seen, port: layer.listening[0]?.port ?? 0 };
}

/** The next change of a client's registration of this kind. */
function change(client: SipClient, type: RegistrationChange['type']): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = client.on('registration', (event) => {
      if (event.type !== type) return;
      unsubscribe();
      resolve();
    });
  });
}

describe('a client over real sockets', () => {
  it('registers anew when the PBX restarts and its TCP connection drops', async () => {
    const first = await registrar('tcp:127.0.0.1:0');
    const client = new SipClient({
      uri: 'sip:alice@pbx.example',
      server: `sip:127.0.0.1:${first.port};transport=tcp`,
    });
    await client.register();
    const lost = change(client, 'registrationFailed');
    await first.layer.close();
    await lost;
    const again = change(client, 'registered');
    const second = await registrar(`tcp:127.0.0.1:${first.port}`);
    await again;
    await client.close();
    expect(second.seen.map(({ headers }) => headers.get('expires'))).toEqual([300, 0]);
    await second.layer.close();
  });

  const outward = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');

  it('tells a server that is not on loopback the address that reaches it', async () => {
    const address = outward?.address ?? '127.0.0.1'; // a machine without a network has no other
    const pbx = await registrar(`udp:${address}:0`);
    const server = `sip:${address}:${pbx.port}`;
    const client = new SipClient({ uri: 'sip:alice@pbx.example', server });
    await client.register();
    expect(pbx.seen[0]?.headers.raw('contact')[0]).toContain(`<sip:alice@${address}:`);
    const call = await client.call('bob');
    await call.ended; // a 200 without SDP
    const invite = pbx.seen.find(({ method }) => method === 'INVITE');
    expect(invite?.text()).toContain(`c=IN IP4 ${address}`);
    await client.close();
    await pbx.layer.close();
  });
});
