import type { Runtime } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import { parseListenPoint, type TlsSettings, TransportLayer } from '@strowger/sip-transport';
import type { Hop, TransportName } from '@strowger/transaction-core';
import { hostPort } from './host-port.ts';
import { type FailedCall, Party } from './party.ts';
import type { PartySettings } from './settings.ts';
import type { Tally } from './tally.ts';

/** What a party on real sockets is made of. */
export interface SocketOptions {
  readonly runtime: Runtime;
  readonly settings: PartySettings;
  readonly tally: Tally;
  readonly transport: TransportName;
  /** `127.0.0.1:5070`, `[::1]:0`. */
  readonly listen: string;
  readonly tls?: TlsSettings;
  /** Whether it only calls: then nothing is listened on for WebSockets. Default false. */
  readonly connects?: boolean;
  /** Of WebSockets that are opened. */
  readonly wsPath?: string;
  onFailure?(failed: FailedCall): void;
}

/** A party that listens. */
export interface OpenSockets {
  readonly party: Party;
  /** Address and port that it is bound to. */
  readonly at: string;
  /** The way to `192.0.2.1:5060`, a name, or a `sip:` URI. Rejects with `NO_ROUTE`. */
  locate(remote: string): Promise<Hop>;
  close(): Promise<void>;
}

/**
 * Opens a party on real sockets. No limit of a source holds: who tests means what it sends. Rejects
 * with `LISTEN_FAILED`, `BAD_LISTEN_POINT`, `BAD_CERTIFICATE`.
 */
export async function openSockets(options: SocketOptions): Promise<OpenSockets> {
  const { runtime, settings, tally, transport, listen, tls, wsPath, onFailure } = options;
  const isWebSocket = transport === 'ws' || transport === 'wss';
  const needsCertificate = transport === 'tls' || transport === 'wss';
  const isClientOnly =
    (needsCertificate && !hasCertificate(tls)) || (isWebSocket && options.connects === true);
  const layer = new TransportLayer({
    runtime,
    listen: [{ ...parseListenPoint(`${transport}:${listen}`), clientOnly: isClientOnly }],
    ...(tls !== undefined && { tls }),
    ...(wsPath !== undefined && { webSocket: { connectPath: wsPath } }),
    admission: { scanners: [], trustedNetworks: ['0.0.0.0/0', '::/0'] },
    limits: { messagesPerSecondPerSource: 0, failuresPerSource: 0, overloadDelayMs: 0 },
    onMessage: (inbound) => party.receive(inbound),
  });
  const hooks = onFailure === undefined ? {} : { onFailure };
  const party = new Party({ name: 'siplab', runtime, sender: layer, settings, tally, ...hooks });
  await layer.start();
  const [bound] = layer.listening;
  return {
    party,
    at: bound === undefined ? listen : hostPort(bound.address, bound.port),
    locate: (remote) => locate(layer, remote, transport),
    close: async () => {
      party.close();
      await layer.close();
    },
  };
}

async function locate(
  layer: TransportLayer,
  remote: string,
  transport: TransportName,
): Promise<Hop> {
  const isUri = /^sips?:/i.test(remote);
  const target = uri(
    isUri ? remote : `sip:${remote};transport=${transport === 'wss' ? 'wss' : transport}`,
  );
  const [hop] = await layer.locate(target, 0);
  if (hop === undefined) throw new Error(`no way to ${remote}`);
  return hop;
}

const hasCertificate = (tls: TlsSettings | undefined): boolean =>
  (tls?.certificates?.length ?? 0) > 0;
