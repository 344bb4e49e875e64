import { SessionManager, type Session } from '@strowger/session-core';
import { createResponse, NameAddr, type SipRequest, uri } from '@strowger/sip-message';
import {
  createSimulation,
  FakeMediaBackend,
  type FakeMediaWire,
  type SimulatedHost,
  type SimulatedNat,
  type Simulation,
} from '@strowger/testkit';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { SipClientOptions } from '../src/index.ts';
import { Phone } from './scene.ts';

/** A PBX out in the world: it believes everybody, and calls where they are bound. */
export class OuterPbx {
  readonly sessions: SessionManager;
  readonly host: SimulatedHost;
  readonly registers: SipRequest[] = [];
  /** Where somebody is bound, by user. */
  readonly bindings = new Map<string, string[]>();
  /** What it says that it sees; default: what it sees. */
  rport: (() => number) | undefined;
  received: string | undefined;
  /** Further fields of its 200. */
  readonly extra: [string, string][] = [];
  readonly incoming: Session[] = [];

  constructor(simulation: Simulation, wire: FakeMediaWire) {
    this.host = simulation.network.host('pbx');
    simulation.network.name('pbx.example', 'pbx');
    const { clock } = simulation;
    this.sessions = new SessionManager({
      runtime: this.host.runtime,
      sender: this.host,
      media: new FakeMediaBackend({ address: this.host.address, clock, wire }),
      contactUser: 'pbx',
      onIncoming: (session) => {
        this.incoming.push(session);
        session.answer().catch(() => {});
      },
      onRequest: (transaction) => this.bind(transaction),
      allow: ['REGISTER'],
    });
    this.host.receive = (inbound) => this.sessions.receive(inbound);
  }

  /** Calls somebody where he is bound, as from a proxy at this address. */
  call(user: string): Session {
    const [binding = ''] = this.bindings.get(user) ?? [];
    return this.sessions.call({
      to: new NameAddr({ uri: uri(`sip:${user}@pbx.example`) }),
      from: new NameAddr({ uri: uri('sip:carol@pbx.example') }),
      requestUri: uri(binding),
    });
  }

  /** The Contacts that each REGISTER named, with what each asks for. */
  get asked(): string[] {
    return this.registers.map(({ headers }) => headers.raw('Contact').join(' | '));
  }

  private bind(transaction: ServerTransaction): void {
    const { request } = transaction;
    this.registers.push(request);
    const user = request.to.uri.toString().replace(/^sip:|@.*$/g, '');
    const contacts = request.headers.get('contact');
    const all = Array.isArray(contacts) ? contacts : [];
    const expires = request.headers.get('expires') ?? 3600;
    const left = new Set(this.bindings.get(user) ?? []);
    for (const { uri: contact, params } of all) {
      if (Number(params.get('expires') ?? expires) > 0) left.add(contact.toString());
      else left.delete(contact.toString());
    }
    this.bindings.set(user, [...left]);
    const response = createResponse(request, 200, {
      headers: [
        ...[...left].map((one): [string, string] => ['Contact', `<${one}>;expires=${expires}`]),
        ...this.extra,
      ],
    });
    const { via } = response;
    if (this.rport !== undefined) via.params.set('rport', String(this.rport()));
    if (this.received !== undefined) via.params.set('received', this.received);
    response.headers.removeFirst('via');
    response.headers.prepend('Via', via);
    transaction.respond(response);
  }
}

/** Alice behind a NAT, and a PBX that is not. */
export function natScene(client: Partial<SipClientOptions> = {}): {
  simulation: Simulation;
  pbx: OuterPbx;
  alice: Phone;
  nat: SimulatedNat;
} {
  const simulation = createSimulation({ seed: 7 });
  const wire: FakeMediaWire = new Map();
  const pbx = new OuterPbx(simulation, wire);
  const alice = new Phone(simulation, 'alice', {
    wire,
    pbx: pbx.host.address,
    expiresSeconds: 60,
    ...client,
  });
  const nat = simulation.network.nat({ inside: ['alice'], address: '203.0.113.1' });
  return { simulation, pbx, alice, nat };
}
