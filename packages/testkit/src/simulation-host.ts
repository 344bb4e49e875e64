import { type Endpoint, type Random, type Runtime, StrowgerError } from '@strowger/runtime';
import {
  parseMessage,
  refusalResponse,
  type SipMessage,
  type SipRequest,
  serializeMessage,
  type Uri,
} from '@strowger/sip-message';
import { ServerLocation } from '@strowger/sip-transport';
import type { Hop, Inbound, MessageSender, TransportName } from '@strowger/transaction-core';
import { SimulatedDatagrams } from './simulation-datagrams.ts';
import type { SimulatedNetwork } from './simulation-network.ts';
import {
  type Machine,
  ProcessClock,
  type Program,
  SimulatedProcess,
} from './simulation-process.ts';
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
  readonly port: number;
  /** Virtual time, this host's own seeded chance, the network's datagrams. */
  readonly runtime: Runtime;
  /** Where what arrives is handed to: a layer's `receive`. Nothing happens where it is absent. */
  receive: ((inbound: Inbound) => void) | undefined;
  /** How far its wall clock is off, in milliseconds; its monotonic clock never is. */
  wallOffsetMs = 0;
  /** What outlives its processes. */
  readonly disk = new Map<string, string>();
  private readonly network: SimulatedNetwork;
  private place: string;
  private readonly watchers = new Set<() => void>();
  private readonly listens: ReadonlySet<TransportName>;
  private readonly datagrams: SimulatedDatagrams;
  private readonly streams: SimulatedStreams;
  private readonly location: ServerLocation;
  private process: SimulatedProcess | undefined;
  private up = true;

  /** @internal */
  constructor(
    network: SimulatedNetwork,
    options: HostOptions & { name: string; address: string; random: Random },
  ) {
    this.network = network;
    this.name = options.name;
    this.place = options.address;
    this.port = options.port ?? 5060;
    this.listens = new Set(options.listen ?? ['udp', 'tcp']);
    this.datagrams = new SimulatedDatagrams(network, this);
    this.streams = new SimulatedStreams(network, this);
    this.runtime = {
      clock: new ProcessClock(this, network.clock),
      logger: network.logger,
      random: options.random,
      datagrams: this.datagrams,
      network: { watch: (onChange) => this.watch(onChange) },
    };
    this.location = new ServerLocation({
      resolver: network.dns,
      random: options.random,
      families: (transport) => (['udp', 'tcp', 'tls'].includes(transport) ? [4] : []),
      maxHops: 16,
      maxQuestions: 32,
      clock: network.clock,
      graceMs: 500,
    });
  }

  /** Where it is now. */
  get address(): string {
    return this.place;
  }

  /**
   * It is in another network from now on, as a phone that leaves the house: what is sent to its old
   * address is lost, its connections break, and who watches `runtime.network` is told. Throws where
   * somebody else has the address.
   */
  move(address: string): void {
    this.network.move(this, address);
    this.place = address;
    this.streams.dropAll();
    for (const tell of this.watchers) tell();
  }

  private watch(onChange: () => void): () => void {
    const tell = (): void => onChange(); // each watch is its own
    this.watchers.add(tell);
    return () => void this.watchers.delete(tell);
  }

  /** Whether anything runs on it. */
  get isUp(): boolean {
    return this.up;
  }

  /**
   * Starts a program: what it keeps in memory dies with `kill`, what it wrote to its disk does not.
   * The program's timers, chance and messages are its process's own.
   */
  start<P extends Program>(program: (machine: Machine) => P): P {
    this.kill();
    this.up = true;
    const process = new SimulatedProcess(
      this,
      { ...this.runtime, clock: this.network.clock },
      this.disk,
    );
    this.process = process;
    const running = program(process);
    this.receive = (inbound) => running.receive(inbound);
    return running;
  }

  /** The power fails: sockets close, streams break, timers and promises of its program die. */
  kill(): void {
    this.up = false;
    this.receive = undefined;
    this.process?.kill();
    this.process = undefined;
    this.datagrams.closeAll();
    this.streams.dropAll();
  }

  /** Sets the wall clock forward, or back with a negative number of milliseconds. */
  jumpWallClock(ms: number): void {
    this.wallOffsetMs += ms;
  }

  /** This host as somebody else's hop. */
  hop(transport: TransportName = 'udp'): Hop {
    return { transport, address: this.address, port: this.port };
  }

  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    const found = 'host' in target ? this.network.resolve(target.host) : [];
    if ('host' in target && this.asksDns(target.host, found)) {
      return this.locateByDns(target, sizeBytes);
    }
    if (!('host' in target) || found.length === 0) {
      return Promise.reject(new StrowgerError('NO_ROUTE', `no host for ${target}`));
    }
    const asked = target.params.get('transport')?.toLowerCase();
    const port = target.port ?? (target.scheme === 'sips' ? 5061 : 5060);
    const { scheme } = target;
    const transports = isTransport(asked)
      ? [carrier(asked, scheme)]
      : this.choose(scheme, sizeBytes);
    return transports.flatMap((transport) =>
      found.map((address): Hop => ({ transport, address, port })),
    );
  }

  sentBy(_hop: Hop): { host: string; port: number } {
    return { host: this.address, port: this.port };
  }

  send(message: SipMessage, hop: Hop, failed: (error: StrowgerError) => void): void {
    const label = this.network.isRecording ? labelOf(message) : '';
    const bytes = serializeMessage(message);
    this.network.tell('sent', this.name, { message, hop, bytes });
    this.sendBytes(bytes, hop, { label, failed });
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
    this.sendDatagram(bytes, hop, { label, source: this });
  }

  /** Sends bytes under somebody else's address, as a host that forges does. */
  sendForged(bytes: Uint8Array, hop: Hop, source: Endpoint): void {
    this.sendDatagram(bytes, hop, { label: 'forged', source });
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
  arrive(bytes: Uint8Array, hop: Hop, options?: { framed: boolean }): void {
    if (this.receive === undefined) return;
    const parsed = parseMessage(bytes, options);
    if (!parsed.ok) {
      this.network.refuse(this.name, parsed.refusal);
      const answer = refusalResponse(bytes, parsed.refusal);
      // not told to taps: it repeats what could not be read
      if (answer !== undefined) {
        this.sendBytes(serializeMessage(answer), hop, { label: labelOf(answer) });
      }
      return;
    }
    const message = parsed.value;
    if (message.kind === 'request') markSource(message, hop);
    this.network.tell('arrived', this.name, { message, hop, bytes });
    this.receive({ message, hop, local: { address: this.address, port: this.port } });
  }

  /** Names of the network's hosts are known everywhere, unless the name server is made to fail. */
  private asksDns(name: string, found: readonly string[]): boolean {
    const { dns } = this.network;
    return dns.isFailing(name) || (found.length === 0 && dns.knows(name));
  }

  /** The production look-up (RFC 3263), with the size rule of RFC 3261 §18.1.1 on top. */
  private async locateByDns(target: Uri, sizeBytes: number): Promise<readonly Hop[]> {
    const hops = await this.location.locate(target);
    const isFree = 'params' in target && !target.params.has('transport');
    if (sizeBytes <= MTU_LIMIT || !isFree) return hops;
    const tcp = hops.map(
      (hop): Hop => (hop.transport === 'udp' ? { ...hop, transport: 'tcp' } : hop),
    );
    return [...tcp, ...hops];
  }

  private sendDatagram(
    bytes: Uint8Array,
    hop: Hop,
    { label, source: { address, port } }: { label: string; source: Endpoint },
  ): void {
    this.network.carryDatagram({
      bytes,
      from: this,
      source: { address, port },
      destination: { address: hop.address, port: hop.port },
      label,
      deliver: (to, source, toPort) => {
        if (to.listensOn('udp', toPort)) to.arrive(bytes, { transport: 'udp', ...source });
      },
    });
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

/** `sips` makes a stream TLS, and a WebSocket a secure one (RFC 3261 §26.2.2, RFC 7118 §5.3). */
function carrier(asked: TransportName, scheme: string): TransportName {
  if (scheme !== 'sips') return asked;
  if (asked === 'tcp') return 'tls';
  return asked === 'ws' ? 'wss' : asked;
}

function isTransport(name: string | undefined): name is TransportName {
  return name !== undefined && ['udp', 'tcp', 'tls', 'ws', 'wss'].includes(name);
}
