import { nodeRuntime } from '@strowger/runtime';
import { type Uri, uri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import {
  describeDatagrams,
  describeForwarding,
  describeTransport,
  type TransportArena,
} from '@strowger/testkit';
import { describe, it } from 'vitest';
import { createDatagramIo } from '../src/index.ts';

describeDatagrams({ describe, it }, 'datagram-batch', createDatagramIo);
describeForwarding({ describe, it }, 'datagram-batch', createDatagramIo);
describeTransport({ describe, it }, 'UDP over IPv4 in batches', () => arena('127.0.0.1'));
describeTransport({ describe, it }, 'UDP over IPv6 in batches', () => arena('[::1]'));

/** Layers on real sockets of loopback. */
async function arena(host: string): Promise<TransportArena> {
  const layers: TransportLayer[] = [];
  const runtime = nodeRuntime({ datagrams: createDatagramIo() });
  const open: TransportArena['open'] = async (onMessage) => {
    const layer = new TransportLayer({ runtime, listen: [`udp:${host}:0`], onMessage });
    layers.push(layer);
    await layer.start();
    return { sender: layer, uri: at(host, layer.listening[0]?.port ?? 0) };
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

function at(host: string, port: number): Uri {
  return uri(`sip:${host}:${port};transport=udp`);
}
