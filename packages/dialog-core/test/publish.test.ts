import { type HeaderInput, NameAddr, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { EventStateCompositor } from '@strowger/dialog-core';
import { ScriptedHost } from './scripted-host.ts';
import { text, Watcher } from './watcher.ts';

const publishing = (alice: Watcher, expiresSeconds = 600) =>
  alice.layer.publish(
    {
      to: uri('sip:alice@server'),
      from: new NameAddr({ uri: uri('sip:alice@alice') }),
      event: 'presence',
      body: text('open'),
      expiresSeconds,
    },
    {
      onPublished: () => alice.say('published'),
      onEnded: (end) => alice.say(`ended ${end.kind}${'status' in end ? ` ${end.status}` : ''}`),
    },
  );

/** Alice publishes at a server that tells what is published. */
function arrange() {
  const simulation = createSimulation({ seed: 1 });
  const alice = new Watcher(simulation, 'alice');
  const server = new Watcher(simulation, 'server');
  const compositor: EventStateCompositor = server.layer.compositor(
    {
      onChanged: (resource, event, states) => {
        const contents = states.map(({ content }) => new TextDecoder().decode(content));
        server.say(`${resource} ${event}: ${contents.join(' ')}`);
      },
    },
    { perResource: 2, bytes: 20 },
  );
  server.onRequest = (transaction) => compositor.receive(transaction, 'alice');
  return { simulation, alice, server, compositor };
}

/** Alice publishes at a server that says what the test wants. */
async function scripted() {
  const simulation = createSimulation({ seed: 1 });
  const alice = new Watcher(simulation, 'alice');
  const server = new ScriptedHost(simulation, 'server');
  const publication = publishing(alice, 100);
  await simulation.run(100);
  const answer = async (status: number, ...headers: [string, HeaderInput][]): Promise<void> => {
    server.answer('PUBLISH', status, { headers });
    await simulation.run(100);
  };
  const asked = () => {
    const { headers, body } = server.request('PUBLISH');
    return [headers.get('sip-if-match') ?? '-', headers.get('expires'), body.length];
  };
  return { simulation, alice, server, publication, answer, asked };
}

describe('publishing (RFC 3903)', () => {
  it('publishes, refreshes, changes and removes', async () => {
    const { simulation, alice, server } = arrange();
    const publication = publishing(alice, 100);
    alice.after(70_000, () => publication.change(text('closed')));
    alice.after(80_000, () => publication.remove());
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['published', 'published', 'published', 'ended removed']);
    expect(server.log).toEqual([
      'alice presence: open',
      'alice presence: closed',
      'alice presence: ',
    ]);
    expect(`\n${simulation.ladder()}`).toMatchInlineSnapshot(`
      "
           0 alice --> server  PUBLISH
          10 server --> alice  200
       60020 alice --> server  PUBLISH
       60030 server --> alice  200
       70000 alice --> server  PUBLISH
       70010 server --> alice  200
       80000 alice --> server  PUBLISH
       80010 server --> alice  200"
    `);
    simulation.assertQuiet({ alice: alice.layer, server: server.layer });
  });

  it('runs out at the server when nobody refreshes it', async () => {
    const { simulation, alice, server, compositor } = arrange();
    publishing(alice, 100);
    await simulation.run(1000);
    expect(compositor.states('alice', 'presence')).toMatchObject([{ type: 'text/plain' }]);
    alice.layer.close();
    await simulation.runUntilQuiet();
    expect(server.log).toEqual(['alice presence: open', 'alice presence: ']);
    expect(alice.log.at(-1)).toBe('ended failed');
    simulation.assertQuiet({ alice: alice.layer, server: server.layer });
  });

  it('is published anew after 412, with a longer duration after 423, later after 503', async () => {
    const { simulation, alice, server, publication, answer, asked } = await scripted();
    await answer(423, ['Min-Expires', 200]);
    expect(asked()).toEqual(['-', 200, 4]);
    await answer(200, ['SIP-ETag', 'a'], ['Expires', 200]);
    expect(publication.isPublished).toBe(true);
    await simulation.run(160_000);
    expect(asked()).toEqual(['a', 200, 0]);
    await answer(503, ['Retry-After', 8]);
    await simulation.run(8000);
    await answer(412);
    expect(asked()).toEqual(['-', 200, 4]);
    publication.change(text('later'));
    await answer(200, ['SIP-ETag', 'b']);
    expect(asked()).toEqual(['b', 200, 5]);
    publication.remove();
    publication.remove();
    await answer(200, ['SIP-ETag', 'c']);
    expect(asked()).toEqual(['c', 0, 0]);
    await answer(412);
    await simulation.runUntilQuiet();
    expect(server.all('PUBLISH').length).toBeGreaterThanOrEqual(7);
    expect(alice.log).toEqual(['published', 'published', 'published', 'ended removed']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('ends where it is refused for good, or not answered', async () => {
    const refused = await scripted();
    await refused.answer(489);
    await refused.simulation.runUntilQuiet();
    expect(refused.alice.log).toEqual(['ended rejected 489']);
    const silent = await scripted();
    await silent.simulation.runUntilQuiet();
    expect(silent.alice.log).toEqual(['ended failed']);
    const withoutTag = await scripted();
    await withoutTag.answer(200);
    await withoutTag.simulation.runUntilQuiet();
    expect(withoutTag.alice.log).toEqual(['ended rejected 200']);
  });

  it('ends when it runs out because refreshing fails', async () => {
    const { simulation, alice, server, answer } = await scripted();
    await answer(200, ['SIP-ETag', 'a'], ['Expires', 100]);
    server.host.receive = undefined;
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['published', 'ended expired']);
    simulation.assertQuiet({ alice: alice.layer });
  });
});

describe('an event state compositor (RFC 3903 §6)', () => {
  it('refuses what it cannot keep', async () => {
    const { simulation, server } = arrange();
    const peer = new ScriptedHost(simulation, 'peer');
    let cseq = 0;
    const publish = async (headers: [string, HeaderInput][], body?: string): Promise<number> => {
      cseq++;
      peer.send(
        'PUBLISH',
        server.host.hop(),
        [
          ['From', '<sip:alice@peer>;tag=a'],
          ['To', '<sip:alice@server>'],
          ['Call-ID', 'publishing'],
          ['CSeq', `${cseq} PUBLISH`],
          ...headers,
        ],
        { branch: `p${cseq}`, body },
      );
      await simulation.run(100);
      const last = peer.heard.at(-1)?.message;
      return last?.kind === 'response' ? last.status : 0;
    };
    const presence: [string, HeaderInput] = ['Event', 'presence'];
    expect(await publish([], 'x')).toBe(400);
    expect(await publish([['Event', 'unknown']], 'x')).toBe(489);
    expect(await publish([presence, ['SIP-If-Match', 'nobody']])).toBe(412);
    expect(await publish([presence, ['Expires', 1]], 'x')).toBe(423);
    expect(await publish([presence, ['Expires', 0]], 'x')).toBe(400);
    expect(await publish([presence])).toBe(400);
    expect(await publish([presence], 'x'.repeat(21))).toBe(413);
    expect(await publish([presence], 'one')).toBe(200);
    expect(await publish([presence], 'two')).toBe(200);
    expect(await publish([presence], 'three')).toBe(503);
    expect(server.log.at(-1)).toBe('alice presence: one two');
    server.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ server: server.layer });
  });
});
