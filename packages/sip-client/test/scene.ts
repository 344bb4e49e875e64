import {
  computeHa1,
  createResponse,
  type SipRequest,
  type SipResponse,
} from '@strowger/sip-message';
import {
  createSimulation,
  FakeMediaBackend,
  type FakeMediaWire,
  type Simulation,
  type SimulatedHost,
  type SimulationOptions,
} from '@strowger/testkit';
import {
  DigestServer,
  type Hop,
  type ServerTransaction,
  TransactionLayer,
  type TransportName,
} from '@strowger/transaction-core';
import { type RegistrationChange, SipClient, type SipClientOptions } from '../src/index.ts';

export const PASSWORD = 'a horse that is correct';

/** A registrar for `alice` and `bob` at a domain, as small as it can be. */
export class Registrar {
  readonly layer: TransactionLayer;
  readonly host: SimulatedHost;
  readonly seen: SipRequest[] = [];
  readonly bindings = new Map<string, string>();
  /** What a REGISTER names besides. */
  readonly removed: string[] = [];
  minExpires = 60;
  /** Instead of doing its work it answers with this. */
  status: number | undefined;
  isMute = false;
  /** Further fields of its 2xx, and parameters of the Contact in it. */
  readonly extra: [string, string][] = [];
  contactParams = '';
  private readonly digest: DigestServer;
  private readonly realm: string;
  private readonly password: string;

  constructor(
    simulation: Simulation,
    { name = 'pbx', domain = 'pbx.example', password = PASSWORD, listen }: RegistrarOptions = {},
  ) {
    this.realm = domain;
    this.password = password;
    this.host = simulation.network.host(name, listen === undefined ? {} : { listen });
    simulation.network.name(domain, name);
    const { runtime } = this.host;
    this.digest = new DigestServer({ runtime, realm: domain });
    this.layer = new TransactionLayer({
      runtime,
      sender: this.host,
      user: {
        onRequest: (transaction) => void this.take(transaction),
        onAck() {},
        onStrayResponse() {},
      },
    });
    this.host.receive = (inbound) => this.layer.receive(inbound);
  }

  /** The lifetimes that were asked for, in order; without those that were challenged. */
  get asked(): number[] {
    return this.seen
      .filter(({ headers }) => headers.has('authorization'))
      .map(({ headers }) => headers.get('expires') ?? -1);
  }

  private async take(transaction: ServerTransaction): Promise<void> {
    const { request } = transaction;
    this.seen.push(request);
    if (this.isMute) return;
    if (this.status !== undefined) return transaction.respond(createResponse(request, this.status));
    const verdict = await this.digest.verify(request, 401, (username) => ({
      MD5: computeHa1('MD5', { username, realm: this.realm, password: this.password }),
    }));
    if (verdict.outcome !== 'ok') return transaction.respond(this.digest.challenge(401, request));
    transaction.respond(this.bind(request, verdict.username));
  }

  private bind(request: SipRequest, user: string): SipResponse {
    const expires = request.headers.get('expires') ?? 3600;
    const contacts = request.headers.get('contact');
    if (expires > 0 && expires < this.minExpires) {
      return createResponse(request, 423, { headers: [['Min-Expires', this.minExpires]] });
    }
    const [contact] = Array.isArray(contacts) ? contacts : [];
    if (contact === undefined || expires === 0) this.bindings.delete(user);
    else this.bindings.set(user, contact.uri.toString());
    this.removed.push(...(Array.isArray(contacts) ? contacts.slice(1) : []).map(String));
    const headers: [string, string][] =
      contact === undefined || expires === 0
        ? []
        : [['Contact', `<${contact.uri}>;expires=${expires}${this.contactParams}`]];
    return createResponse(request, 200, { headers: [...headers, ...this.extra] });
  }
}

/** Where a registrar is. */
export interface RegistrarOptions {
  /** Of its host. */
  readonly name?: string;
  readonly domain?: string;
  readonly password?: string;
  readonly listen?: readonly TransportName[];
}

/** A client on a simulated host, and what it told. */
export class Phone {
  readonly client: SipClient;
  readonly host: SimulatedHost;
  /** The backend of the address that it has now. */
  media: FakeMediaBackend;
  readonly changes: RegistrationChange[] = [];
  isTransportOpen = false;
  /** The next start of the transport fails with this. */
  failure: Error | undefined;

  constructor(
    simulation: Simulation,
    name: string,
    options: Partial<SipClientOptions> & { wire: FakeMediaWire; pbx: string },
  ) {
    const { wire, pbx, ...rest } = options;
    const { clock } = simulation;
    const host = simulation.network.host(name);
    this.host = host;
    const open = (address: string) => new FakeMediaBackend({ address, clock, wire });
    this.media = open(host.address);
    this.client = new SipClient({
      uri: `sip:${name}@pbx.example`,
      password: PASSWORD,
      runtime: host.runtime,
      openMedia: (address) => {
        if (address !== this.media.address) this.media = open(address);
        return this.media;
      },
      connect: ({ onMessage, onConnectionGone, onFlowGone }) => {
        host.receive = onMessage;
        this.loseFlow = (hop) => onFlowGone({ hop });
        this.loseConnection = (hop) => {
          host.dropConnections();
          onConnectionGone(hop);
        };
        this.dropConnections = () =>
          this.loseConnection({ transport: 'tcp', address: pbx, port: 5060 });
        return this.transport();
      },
      ...rest,
    });
    this.client.on('registration', (change) => this.changes.push(change));
  }

  dropConnections: () => void = () => {};
  loseConnection: (hop: Hop) => void = () => {};
  /** Nobody answers its keep-alive any more. */
  loseFlow: (hop: Hop) => void = () => {};
  /** The ways that it keeps open, and how. */
  readonly kept: string[] = [];
  /** Where the last of them leads. */
  keptTo = '';
  /** What its transport does when the network is another one. */
  leave: () => void = () => {};

  /** The kinds of change that were told, in order. */
  get told(): string[] {
    return this.changes.map(({ type }) => type);
  }

  /** It is somewhere else: nobody listens where its media was. */
  move(address: string): void {
    const { wire } = this.media;
    for (const [place, endpoint] of wire) {
      if (this.media.endpoints.includes(endpoint)) wire.delete(place);
    }
    this.host.move(address);
  }

  private keep(what: string): { stop(): void } {
    this.kept.push(what);
    return { stop: () => void this.kept.splice(this.kept.indexOf(what), 1) };
  }

  private transport(): ReturnType<NonNullable<SipClientOptions['connect']>> {
    const { host } = this;
    return {
      locate: (target, size) => host.locate(target, size),
      sentBy: (hop) => host.sentBy(hop),
      send: (message, hop, failed) => host.send(message, hop, failed),
      networkChanged: () => this.leave(),
      keepAlive: (hop, everyMs) => this.keep(`answered ${hop.transport} ${everyMs}`),
      keepBinding: (hop, everyMs) => {
        this.keptTo = hop.address;
        return this.keep(`${hop.transport} ${everyMs}`);
      },
      start: async () => {
        const { failure } = this;
        this.failure = undefined;
        if (failure !== undefined) throw failure;
        this.isTransportOpen = true;
      },
      close: async () => {
        host.receive = undefined;
        this.isTransportOpen = false;
      },
    };
  }
}

/** A registrar, alice and bob, in virtual time. */
export function scene(
  options: Partial<SimulationOptions> & { client?: Partial<SipClientOptions> } = {},
): {
  simulation: Simulation;
  registrar: Registrar;
  alice: Phone;
  bob: Phone;
  wire: FakeMediaWire;
} {
  const { client = {}, ...settings } = options;
  const simulation = createSimulation({ seed: 7, ...settings });
  const registrar = new Registrar(simulation);
  const wire: FakeMediaWire = new Map();
  const common = { wire, pbx: registrar.host.address, ...client };
  const alice = new Phone(simulation, 'alice', common);
  const bob = new Phone(simulation, 'bob', common);
  return { simulation, registrar, alice, bob, wire };
}

/** Runs until a promise is settled, and gives what it resolves with. */
export async function during<T>(simulation: Simulation, promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = (): void => void (settled = true);
  promise.then(end, end);
  while (!settled) await simulation.run(10);
  return promise;
}

/** Closes everything; nothing may be left. */
export async function finish(all: ReturnType<typeof scene>): Promise<void> {
  const { simulation, registrar, alice, bob } = all;
  await during(simulation, Promise.all([alice.client.close(), bob.client.close()]));
  await simulation.runUntilQuiet();
  registrar.layer.close();
  simulation.assertQuiet({
    registrar: registrar.layer,
    ...media('alice', alice),
    ...media('bob', bob),
  });
}

function media(name: string, phone: Phone): Record<string, { counts(): object }> {
  return {
    [name]: {
      counts: () => ({ ...phone.media.usage(), transport: phone.isTransportOpen ? 1 : 0 }),
    },
  };
}
