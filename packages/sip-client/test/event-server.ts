import {
  type Body,
  DialogLayer,
  type EventStateCompositor,
  type IncomingSubscribe,
  type NotifierSubscription,
} from '@strowger/dialog-core';
import { computeHa1, createResponse, type SipRequest } from '@strowger/sip-message';
import type { SimulatedHost, Simulation } from '@strowger/testkit';
import { DigestServer, type ServerTransaction } from '@strowger/transaction-core';
import type { SipClientOptions } from '../src/index.ts';
import { during, finish, PASSWORD, scene } from './scene.ts';

/** A server of mailboxes and presence that asks for alice's password, and says what a test wants. */
export class EventServer {
  readonly host: SimulatedHost;
  /** What was asked with credentials, such as `SUBSCRIBE 3600`. */
  readonly asked: string[] = [];
  readonly requests: SipRequest[] = [];
  watchers: NotifierSubscription[] = [];
  /** How those of before ended. */
  readonly ended: string[] = [];
  /** What its watchers are told in the beginning and with each refresh. */
  body: Body | undefined;
  state: 'pending' | 'active' = 'active';
  /** Instead of doing its work it answers with this, and these fields. */
  status: number | undefined;
  fields: [string, string][] = [];
  /** What is granted at most. */
  expiresSeconds = 3600;
  layer: DialogLayer;
  private compositor: EventStateCompositor;
  private readonly digest: DigestServer;

  constructor(simulation: Simulation) {
    this.host = simulation.network.host('hub');
    const { runtime } = this.host;
    this.digest = new DigestServer({ runtime, realm: 'pbx.example' });
    this.layer = this.open();
    this.compositor = this.compose();
    this.host.receive = (inbound) => this.layer.receive(inbound);
  }

  /** It forgets everything, and tells nobody. */
  restart(): void {
    this.layer.close();
    this.watchers = [];
    this.layer = this.open();
    this.compositor = this.compose();
  }

  /** What is published, as text. */
  published(resource: string): string[] {
    const states = this.compositor.states(resource, 'presence');
    return states.map(({ content }) => new TextDecoder().decode(content));
  }

  /** Tells all watchers. */
  tell(body: Body): void {
    this.body = body;
    for (const watcher of this.watchers) watcher.notify(body);
  }

  private open(): DialogLayer {
    return new DialogLayer({
      runtime: this.host.runtime,
      sender: this.host,
      events: { packages: ['presence', 'message-summary'] },
      user: {
        onInvite: (invite) => invite.reject(486),
        onRequest: (transaction) => void this.takeRequest(transaction),
        onSubscribe: (subscribe) => void this.takeSubscribe(subscribe),
      },
    });
  }

  private compose(): EventStateCompositor {
    return this.layer.compositor({
      onChanged: (_, __, [state]) => {
        if (state === undefined) return this.tell({ type: 'text/plain', content: '' });
        this.tell({ type: state.type, content: state.content });
      },
    });
  }

  private async takeSubscribe(subscribe: IncomingSubscribe): Promise<void> {
    const { request } = subscribe;
    if (!(await this.isProven(request))) {
      const challenge = this.digest.challenge(401, request).headers.raw('WWW-Authenticate');
      return subscribe.reject(401, {
        headers: challenge.map((value): [string, string] => ['WWW-Authenticate', value]),
      });
    }
    this.note(request);
    const { status, fields: headers } = this;
    if (status !== undefined) return subscribe.reject(status, { headers });
    const watcher = subscribe.accept({
      state: this.state,
      expiresSeconds: this.expiresSeconds,
      user: {
        content: (state) => (state === 'pending' ? undefined : this.body),
        onRefresh: (again) => this.note(again),
        onEnded: ({ kind }) => {
          this.ended.push(kind);
          this.watchers = this.watchers.filter((one) => one !== watcher);
        },
      },
    });
    this.watchers.push(watcher);
  }

  private async takeRequest(transaction: ServerTransaction): Promise<void> {
    const { request, method } = transaction;
    if (!(await this.isProven(request))) {
      return transaction.respond(this.digest.challenge(401, request));
    }
    this.note(request);
    const { status, fields: headers } = this;
    if (status !== undefined) transaction.respond(createResponse(request, status, { headers }));
    else if (method === 'PUBLISH') this.compositor.receive(transaction, request.to.uri.toString());
    else transaction.respond(createResponse(request, 405));
  }

  private note(request: SipRequest): void {
    this.requests.push(request);
    this.asked.push(`${request.method} ${request.headers.get('expires') ?? '-'}`);
  }

  private async isProven(request: SipRequest): Promise<boolean> {
    const verdict = await this.digest.verify(request, 401, (username) => ({
      MD5: computeHa1('MD5', { username, realm: 'pbx.example', password: PASSWORD }),
    }));
    return verdict.outcome === 'ok';
  }
}

/** The scene of a client, with an event server in the place of its PBX. */
export function eventScene(client: Partial<SipClientOptions> = {}) {
  const all = scene({ client: { server: 'sip:hub', ...client } });
  const server = new EventServer(all.simulation);
  return { ...all, all, server };
}

/** Closes everything; nothing may be left. */
export async function finishEvents({ all, server }: ReturnType<typeof eventScene>): Promise<void> {
  const { simulation, alice, bob } = all;
  await during(simulation, Promise.all([alice.client.close(), bob.client.close()]));
  await simulation.run(40_000); // what was accepted is remembered for its repetitions
  server.layer.close();
  await finish(all);
  simulation.assertQuiet({ server: server.layer });
}
