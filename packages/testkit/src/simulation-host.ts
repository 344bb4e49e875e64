import { type Random, type Runtime, StrowgerError } from '@strowger/runtime';
import {
  parseMessage,
  refusalResponse,
  type SipMessage,
  type SipRequest,
  serializeMessage,
  type Uri,
} from '@strowger/sip-message';
import type { Hop, Inbound, MessageSender, TransportName } from '@strowger/transaction-core';
import { SimulatedDatagrams } from './simulation-datagrams.ts';
import type { SimulatedNetwork } from './simulation-network.ts';
import { SimulatedStreams } from './simulation-streams.ts';

/** What a host is made with. */
export interface HostOptions {
  /** IP address in text form, IPv6 without brackets. */
  readonly address?: string;
  /** SIP port, 5060 by default. */
  readonly port?: number;
  /** The transports that it listens on; UDP and TCP by default. */
  readonly listen?: readonly TransportName[];
}

/** Over this many bytes a request goes by TCP first (RFC 3261 §18.1.1). */
const MTU_LIMIT = 1300;

/** A named machine in the simulated network: give its `runtime` and itself, a sender, to a layer. */
export class SimulatedHost implements MessageSender {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Virtual time, this host's own seeded chance, the network's datagrams. */
  readonly runtime: Runtime;
  /** Where what arrives is handed to: a layer's `receive`. Nothing happens where it is absent. */
  receive: ((inbound: Inbound) => void) | undefined;
  private readonly network: SimulatedNetwork;
  private readonly listens: ReadonlySet<TransportName>;
  private readonly datagrams: SimulatedDatagrams;
  private readonly streams: SimulatedStreams;

  /** @internal */
  constructor(
    network: SimulatedNetwork,
    options: HostOptions & { name: string; address: string; random: Random },
  ) {
    this.network = network;
    this.name = options.name;
    this.address = options.address;
    this.port = options.port ?? 5060;
    this.listens = new Set(options.listen ?? ['udp', 'tcp']);
    this.datagrams = new SimulatedDatagrams(network, this);
    this.streams = new SimulatedStreams(network, this);
    this.runtime = {
      clock: network.clock,
      logger: network.logger,
      random: options.random,
      datagrams: this.datagrams,
    };
  }

  /** This host as somebody else's hop. */
  hop(transport: TransportName = 'udp'): Hop {
    return { transport, address: this.address, port: this.port };
  }

  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    const found = 'host' in target ? this.network.resolve(target.host) : [];
    if (!('host' in target) || found.length === 0) {
      return Promise.reject(new StrowgerError('NO_ROUTE', `no host for ${target}`));
    }
    const asked = target.params.get('transport')?.toLowerCase();
    const port = target.port ?? (target.scheme === 'sips' ? 5061 : 5060);
    const transports = isTransport(asked) ? [asked] : this.choose(target.scheme, sizeBytes);
    return transports.flatMap((transport) =>
      found.map((address): Hop => ({ transport, address, port })),
    );
  }

  sentBy(_hop: Hop): { host: string; port: number } {
    return { host: this.address, port: this.port };
  }

  send(message: SipMessage, hop: Hop, failed: (error: StrowgerError) => void): void {
    const label = this.network.isRecording ? labelOf(message) : '';
    this.sendBytes(serializeMessage(message), hop, { label, failed });
  }

  /** Sends bytes as they are, for what no layer would build. */
  sendBytes(
    bytes: Uint8Array,
    hop: Hop,
    {
      label = 'bytes',
      failed = () => {},
    }: { label?: string; failed?(error: StrowgerError): void } = {},
  ): void {
    if (hop.transport !== 'udp') return this.streams.send(bytes, hop, { label, failed });
    const to = this.network.hostAt(hop.address);
    const source = { transport: 'udp', address: this.address, port: this.port } as const;
    const deliver = (): void => {
      if (to?.listensOn('udp', hop.port) === true) to.arrive(bytes, source);
    };
    if (to !== undefined) this.network.carryDatagram({ from: this, to, label, deliver });
  }

  /** Breaks every stream of this host: what is under way on them is lost. */
  dropConnections(): void {
    this.streams.dropAll();
  }

  /** @internal */
  listensOn(transport: TransportName, port: number): boolean {
    return port === this.port && this.listens.has(transport);
  }

  /** @internal The stream end, for the other side of a connection. */
  get ownStreams(): SimulatedStreams {
    return this.streams;
  }

  /** @internal The media and other sockets of this host. */
  get sockets(): SimulatedDatagrams {
    return this.datagrams;
  }

  /** @internal Takes bytes off the wire. */
  arrive(bytes: Uint8Array, hop: Hop): void {
    if (this.receive === undefined) return;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      this.network.refuse(this.name, parsed.refusal);
      const answer = refusalResponse(bytes, parsed.refusal);
      if (answer !== undefined) this.send(answer, hop, () => {});
      return;
    }
    const message = parsed.value;
    if (message.kind === 'request') markSource(message, hop);
    this.receive({ message, hop, local: { address: this.address, port: this.port } });
  }

  private choose(scheme: string, sizeBytes: number): TransportName[] {
    if (scheme === 'sips') return ['tls'];
    return sizeBytes > MTU_LIMIT ? ['tcp', 'udp'] : ['udp'];
  }
}

/** Writes down where a request came from (RFC 3261 §18.2.1, RFC 3581 §4). */
function markSource(request: SipRequest, { address, port }: Hop): void {
  const { via } = request;
  const wantsPort = via.rport === '';
  if (via.host === address && !wantsPort) return;
  via.params.set('received', address);
  if (wantsPort) via.params.set('rport', String(port));
  request.headers.removeFirst('via');
  request.headers.prepend('Via', via);
}

function labelOf(message: SipMessage): string {
  return message.kind === 'request' ? message.method : String(message.status);
}

function isTransport(name: string | undefined): name is TransportName {
  return name !== undefined && ['udp', 'tcp', 'tls', 'ws', 'wss'].includes(name);
}
