import { nodeRuntime } from '@strowger/runtime';
import { type Uri, uri } from '@strowger/sip-message';
import { describeTransport, type TransportArena } from '@strowger/testkit';
import { describe, it } from 'vitest';
import { type Inbound, TransportLayer, type TransportName } from '../src/index.ts';
import { Authority } from './certificates.ts';

const authority = new Authority();
const tls = {
  certificates: [authority.issue({ alternatives: 'IP:127.0.0.1,IP:::1' })],
  authorities: [authority.certificate],
};

/** Layers on real sockets of loopback. */
async function arena(transport: TransportName, host: string): Promise<TransportArena> {
  const layers: TransportLayer[] = [];
  const open = async (onMessage: (inbound: Inbound) => void) => {
    const listen = [`${transport}:${host}:0`];
    const layer = new TransportLayer({ runtime: nodeRuntime(), listen, tls, onMessage });
    layers.push(layer);
    await layer.start();
    const port = layer.listening[0]?.port ?? 0;
    return { sender: layer, uri: at(transport, host, port) };
  };
  const gone = await open(() => {});
  await layers.pop()?.close();
  return {
    open,
    nowhere: gone.uri,
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    close: async () => void (await Promise.all(layers.map((layer) => layer.close()))),
  };
}

function at(transport: string, host: string, port: number): Uri {
  return uri(`sip:${host}:${port};transport=${transport}`);
}

describeTransport({ describe, it }, 'UDP over IPv4', () => arena('udp', '127.0.0.1'));
describeTransport({ describe, it }, 'UDP over IPv6', () => arena('udp', '[::1]'));
describeTransport({ describe, it }, 'TCP over IPv4', () => arena('tcp', '127.0.0.1'));
describeTransport({ describe, it }, 'TCP over IPv6', () => arena('tcp', '[::1]'));
describeTransport({ describe, it }, 'TLS over IPv4', () => arena('tls', '127.0.0.1'));
describeTransport({ describe, it }, 'TLS over IPv6', () => arena('tls', '[::1]'));
describeTransport({ describe, it }, 'WS over IPv4', () => arena('ws', '127.0.0.1'));
describeTransport({ describe, it }, 'WS over IPv6', () => arena('ws', '[::1]'));
describeTransport({ describe, it }, 'WSS over IPv4', () => arena('wss', '127.0.0.1'));
describeTransport({ describe, it }, 'WSS over IPv6', () => arena('wss', '[::1]'));
