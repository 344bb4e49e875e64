import assert from 'node:assert/strict';
import type { StrowgerError } from '@strowger/runtime';
import {
  createResponse,
  SipRequest,
  type SipResponse,
  serializeMessage,
  type Uri,
  uri,
} from '@strowger/sip-message';
import { type Hop, type Inbound, isReliable, type MessageSender } from '@strowger/transaction-core';
import type { TestRunner } from './describe-media-backend.ts';

/** One end of a transport under test. */
export interface TransportEnd {
  readonly sender: MessageSender;
  /** A numeric SIP URI, with a `transport` parameter, under which the other ends reach this one. */
  readonly uri: Uri;
}

/** A fresh network for one test. */
export interface TransportArena {
  /** Opens an end that hands up what it hears. */
  open(onMessage: (inbound: Inbound) => void): Promise<TransportEnd>;
  /** A numeric URI of the same transport at which nobody listens. */
  readonly nowhere: Uri;
  /** Lets some of what is under way arrive: a turn of the event loop, or some virtual time. */
  settle(): Promise<void>;
  /** Closes all ends. */
  close(): Promise<void>;
}

/**
 * What every transport promises to the transaction layer (`MessageSender`). Run it once for each
 * transport that an implementation carries; `make` gives a fresh arena, the suite closes it.
 */
export function describeTransport(
  { describe, it }: TestRunner,
  name: string,
  make: () => Promise<TransportArena>,
): void {
  const story: Story = (title, body) =>
    it(title, async () => {
      const arena = await make();
      try {
        await body(new Stage(arena));
      } finally {
        await arena.close();
      }
    });
  describe(`${name} as a transport`, () => {
    describeLocating(story);
    describeCarrying(story);
    describeAnswering(story);
    describeFailing(story);
  });
}

type Story = (title: string, body: (stage: Stage) => Promise<void>) => void;

/** How often the suite lets things settle before it says that nothing arrives. */
const PATIENCE = 20_000;

interface Actor extends TransportEnd {
  readonly heard: Inbound[];
}

/** The arena, with ends that remember what they heard. */
class Stage {
  readonly arena: TransportArena;

  constructor(arena: TransportArena) {
    this.arena = arena;
  }

  async actor(): Promise<Actor> {
    const heard: Inbound[] = [];
    const end = await this.arena.open((inbound) => heard.push(inbound));
    return { ...end, heard };
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    for (let turn = 0; turn < PATIENCE && !isTrue(); turn++) await this.arena.settle();
    assert.ok(isTrue(), `waited in vain: ${what}`);
  }

  /** The n-th message that an end hears, from 1. */
  async heard({ heard }: Actor, count = 1): Promise<Inbound> {
    await this.until(`message ${count} arrives`, () => heard.length >= count);
    const inbound = heard[count - 1];
    assert.ok(inbound);
    return inbound;
  }

  async heardRequest(actor: Actor, count = 1): Promise<Inbound & { message: SipRequest }> {
    const { message, ...rest } = await this.heard(actor, count);
    assert.equal(message.kind, 'request');
    return { message, ...rest };
  }
}

function describeLocating(story: Story): void {
  story('locates a numeric URI at once', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hops = alice.sender.locate(bob.uri, 500);
    assert.ok(!(hops instanceof Promise), 'no name has to be looked up');
    assert.ok(hops.length > 0);
  });

  story('has no route to a telephone number', async (stage) => {
    const alice = await stage.actor();
    await assert.rejects(async () => alice.sender.locate(uri('tel:+3225550100'), 500), {
      code: 'NO_ROUTE',
    });
  });

  story('names itself so that a request to that name arrives', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    const { host, port } = bob.sender.sentBy(await hopTo(bob, alice));
    assert.ok(!host.includes('['), 'IPv6 comes without brackets');
    const named: Hop = { transport: hop.transport, address: host, port };
    alice.sender.send(optionsOver(alice, named), named, mustLeave);
    await stage.heard(bob);
  });
}

function describeCarrying(story: Story): void {
  story('carries a request with its headers and body', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    alice.sender.send(optionsOver(alice, hop, 'one', 'a body\r\n\r\n\0'), hop, mustLeave);
    const { message, hop: back, local } = await stage.heardRequest(bob);
    assert.equal(message.method, 'OPTIONS');
    assert.equal(message.callId, 'one');
    assert.equal(message.text(), 'a body\r\n\r\n\0');
    assert.equal(back.transport, hop.transport);
    assert.equal(local.port, hop.port);
  });

  story('leaves the message that it sends as it was', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    const request = optionsOver(alice, hop);
    const before = Buffer.from(serializeMessage(request)).toString('latin1');
    alice.sender.send(request, hop, mustLeave);
    await stage.heard(bob);
    assert.equal(Buffer.from(serializeMessage(request)).toString('latin1'), before);
  });

  story('keeps the order on a reliable transport', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    if (!isReliable(hop.transport)) return; // datagrams may overtake each other
    const ids = Array.from({ length: 50 }, (_, number) => `call-${number}`);
    for (const id of ids) alice.sender.send(optionsOver(alice, hop, id), hop, mustLeave);
    await stage.heard(bob, ids.length);
    assert.deepEqual(
      bob.heard.map(({ message }) => message.callId),
      ids,
    );
  });
}

function describeAnswering(story: Story): void {
  story('writes into the top Via where the request came from', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    alice.sender.send(optionsOver(alice, hop), hop, mustLeave);
    const { message } = await stage.heardRequest(bob);
    assert.ok(message.via.received !== undefined, 'RFC 3581 §4: received comes with rport');
    assert.ok(typeof message.via.rport === 'number', 'RFC 3581 §4: rport is filled in');
  });

  story('carries an answer back over the hop that came with the request', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    alice.sender.send(optionsOver(alice, hop, 'asked'), hop, mustLeave);
    const { message, hop: back } = await stage.heardRequest(bob);
    bob.sender.send(createResponse(message, 200), back, mustLeave);
    const answer = (await stage.heard(alice)).message as SipResponse;
    assert.equal(answer.kind, 'response');
    assert.equal(answer.status, 200);
    assert.equal(answer.callId, 'asked');
  });

  story('carries requests back over that hop, too', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const hop = await hopTo(alice, bob);
    alice.sender.send(optionsOver(alice, hop), hop, mustLeave);
    const { hop: back } = await stage.heardRequest(bob);
    bob.sender.send(optionsOver(bob, back, 'back'), back, mustLeave);
    assert.equal((await stage.heardRequest(alice)).message.callId, 'back');
  });
}

function describeFailing(story: Story): void {
  story('tells a failure once, not from within send; a lost connection always', async (stage) => {
    const alice = await stage.actor();
    const [hop] = await alice.sender.locate(stage.arena.nowhere, 500);
    assert.ok(hop);
    const errors: StrowgerError[] = [];
    alice.sender.send(optionsOver(alice, hop), hop, (error) => errors.push(error));
    assert.equal(errors.length, 0, 'not from within send');
    if (isReliable(hop.transport)) {
      await stage.until('the failure is told', () => errors.length > 0);
      assert.equal(typeof errors[0]?.code, 'string');
    }
    for (let turn = 0; turn < 10; turn++) await stage.arena.settle();
    assert.ok(errors.length <= 1);
  });

  story('goes on after a failure', async (stage) => {
    const [alice, bob] = [await stage.actor(), await stage.actor()];
    const [nowhere] = await alice.sender.locate(stage.arena.nowhere, 500);
    assert.ok(nowhere);
    alice.sender.send(optionsOver(alice, nowhere), nowhere, () => {});
    const hop = await hopTo(alice, bob);
    alice.sender.send(optionsOver(alice, hop, 'after'), hop, mustLeave);
    assert.equal((await stage.heardRequest(bob)).message.callId, 'after');
  });
}

async function hopTo(from: Actor, to: Actor): Promise<Hop> {
  const [hop] = await from.sender.locate(to.uri, 500);
  assert.ok(hop, 'there is a hop');
  return hop;
}

function mustLeave(error: StrowgerError): void {
  throw error;
}

function optionsOver(from: Actor, hop: Hop, callId = 'call', body = ''): SipRequest {
  const { host, port } = from.sender.sentBy(hop);
  const sentBy = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const transport = hop.transport.toUpperCase();
  return new SipRequest({
    method: 'OPTIONS',
    uri: uri('sip:bob@bob.example'),
    headers: [
      ['Via', `SIP/2.0/${transport} ${sentBy};branch=z9hG4bK${callId};rport`],
      ['Max-Forwards', 70],
      ['From', '<sip:alice@alice.example>;tag=a'],
      ['To', '<sip:bob@bob.example>'],
      ['Call-ID', callId],
      ['CSeq', '1 OPTIONS'],
    ],
    body,
  });
}
