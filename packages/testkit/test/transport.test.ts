import { uri } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import { describe, it } from 'vitest';
import { createSimulation, describeTransport, type TransportArena } from '../src/index.ts';

/** Hosts of one simulated network. */
async function arena(transport: 'udp' | 'tcp'): Promise<TransportArena> {
  const { network, clock } = createSimulation({ seed: 1 });
  let hosts = 0;
  const deaf = network.host('deaf', { listen: [] });
  return {
    open: async (receive: (inbound: Inbound) => void) => {
      const host = network.host(`host-${++hosts}`);
      host.receive = receive;
      return {
        sender: host,
        uri: uri(`sip:${host.address}:${host.port};transport=${transport}`),
      };
    },
    nowhere: uri(`sip:${deaf.address}:5060;transport=${transport}`),
    settle: async () => {
      clock.advance(1);
      await Promise.resolve();
    },
    close: async () => {},
  };
}

describeTransport({ describe, it }, 'the simulated UDP', () => arena('udp'));
describeTransport({ describe, it }, 'the simulated TCP', () => arena('tcp'));
