import { formatPidf, PIDF_TYPE, type Presence } from '@strowger/dialog-core';
import { describe, expect, it } from 'vitest';
import type { OwnPresence, PresenceState, WatchTrouble } from '../src/index.ts';
import { eventScene, finishEvents } from './event-server.ts';
import { during } from './scene.ts';

const document = (parts: Partial<Presence>) => ({
  type: PIDF_TYPE,
  content: formatPidf({ entity: 'sip:bob@pbx.example', tuples: [], notes: [], ...parts }),
});
const tuple = (basic: 'open' | 'closed', priority?: number, note?: string) => ({
  id: `t${basic}${priority}`,
  basic,
  contact: `sip:bob@${basic}.example`,
  priority,
  notes: note === undefined ? [] : [note],
});

describe('watching somebody (RFC 3856)', () => {
  async function watching() {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    server.body = document({ tuples: [tuple('open')] });
    const watch = await during(simulation, alice.client.presence('bob'));
    const told: PresenceState[] = [];
    watch.on('update', (state) => told.push(state));
    await simulation.run(1000);
    return { scene, simulation, server, watch, told };
  }

  it('tells whether he can be reached, what he says and what he does', async () => {
    const { scene, simulation, server, watch, told } = await watching();
    const tuples = [tuple('closed'), tuple('open', 0.2, 'at home'), tuple('open', 0.8, 'mobile')];
    server.tell(document({ tuples, activities: ['on-the-phone'] }));
    await simulation.run(1000);
    server.tell(document({ tuples: [tuple('closed', 1, 'gone')], notes: ['back on Monday'] }));
    await simulation.run(1000);
    server.tell(document({}));
    await simulation.run(1000);
    expect(told).toMatchObject([
      { basic: 'open', activities: [] },
      { basic: 'open', note: 'mobile', activities: ['on-the-phone'] },
      { basic: 'closed', note: 'back on Monday' },
      { basic: 'unknown' },
    ]);
    expect(told[1]?.tuples.map(({ priority }) => priority)).toEqual([0.8, 0.2, undefined]);
    const [request] = server.requests;
    expect(request?.uri.toString()).toBe('sip:bob@pbx.example');
    expect(request?.headers.raw('Accept')).toEqual([PIDF_TYPE]);
    expect(await during(simulation, watch.stop())).toEqual({ kind: 'stopped' });
    await finishEvents(scene);
  });

  it('is unknown where the server knows nothing of him', async () => {
    const { scene, simulation, server, watch } = await watching();
    server.tell({ type: 'text/plain', content: '' });
    await simulation.run(1000);
    expect(watch.current?.basic).toBe('unknown');
    await finishEvents(scene);
  });

  it('waits until he has allowed it', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    server.state = 'pending';
    server.body = document({ tuples: [tuple('open')] });
    const watch = await during(simulation, alice.client.presence('bob'));
    await simulation.run(1000);
    expect([watch.state, watch.current]).toEqual(['pending', undefined]);
    server.watchers[0]?.activate();
    await simulation.run(1000);
    expect([watch.state, watch.current?.basic]).toEqual(['active', 'open']);
    await finishEvents(scene);
  });

  it('is over where he does not allow it', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    server.state = 'pending';
    const watch = await during(simulation, alice.client.presence('bob'));
    await simulation.run(1000);
    server.watchers[0]?.terminate({ reason: 'rejected' });
    expect(await during(simulation, watch.ended)).toEqual({
      kind: 'terminated',
      reason: 'rejected',
    });
    await finishEvents(scene);
  });
});

describe('publishing our presence (RFC 3903)', () => {
  const OPEN: OwnPresence = { basic: 'open', note: 'at my desk', activities: ['busy'] };

  async function publishing() {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    const publication = await during(simulation, alice.client.publishPresence(OPEN));
    const told: OwnPresence[] = [];
    publication.on('published', (one) => told.push(one));
    await simulation.run(1000);
    const published = (): string[] => server.published('sip:alice@pbx.example');
    return { scene, simulation, alice, server, publication, told, published };
  }

  it('is seen by who watches us, as it changes, until we take it back', async () => {
    const { scene, simulation, alice, publication, told, published } = await publishing();
    const watch = await during(simulation, alice.client.presence('alice'));
    await simulation.run(1000);
    expect(published()).toHaveLength(1);
    const seen: unknown[] = [];
    watch.on('update', ({ basic, note, activities }) => seen.push({ basic, note, activities }));
    publication.update({ basic: 'closed' });
    publication.update({ basic: 'closed', note: 'gone home' });
    await simulation.run(1000);
    expect(await during(simulation, publication.stop())).toEqual({ kind: 'stopped' });
    await simulation.run(1000);
    expect(told.map(({ note }) => note)).toEqual(['at my desk', undefined, 'gone home']);
    expect(seen.at(-1)).toMatchObject({ basic: 'unknown' });
    expect(seen).toContainEqual({ basic: 'closed', note: 'gone home', activities: [] });
    expect(published()).toEqual([]);
    await finishEvents(scene);
  });

  it('refreshes in time, and removes it when the client closes', async () => {
    const { scene, simulation, alice, server, told, published } = await publishing();
    await simulation.run(3_600_000);
    expect(server.asked).toEqual(['PUBLISH 3600', 'PUBLISH 3600']);
    expect(server.requests[1]?.body.length).toBe(0);
    expect(told).toHaveLength(1);
    await during(simulation, alice.client.close());
    expect(published()).toEqual([]);
    expect(server.asked.at(-1)).toBe('PUBLISH 0');
    await finishEvents(scene);
  });

  it('publishes anew where the server has forgotten it', async () => {
    const { scene, simulation, server, publication, told, published } = await publishing();
    server.restart();
    expect(published()).toEqual([]);
    await simulation.run(3_600_000); // the refresh gets 412
    expect(published()[0]).toContain('at my desk');
    expect([publication.isPublished, told.length]).toEqual([true, 2]);
    await finishEvents(scene);
  });

  it('says what it was told last where the server was away', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    simulation.network.partition('hub');
    const publication = await during(simulation, alice.client.publishPresence(OPEN));
    const troubles: WatchTrouble[] = [];
    publication.on('trouble', (one) => troubles.push(one));
    await simulation.run(60_000);
    publication.update({ basic: 'open', note: 'at lunch' });
    expect(publication.isPublished).toBe(false);
    simulation.network.heal('hub');
    await simulation.run(60_000);
    expect(troubles[0]?.what).toBe('unanswered');
    expect(server.published('sip:alice@pbx.example').join()).toContain('at lunch');
    await finishEvents(scene);
  });

  it.each([489, 403, 405])('is over where the server answers %i', async (status) => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    server.status = status;
    const publication = await during(simulation, alice.client.publishPresence(OPEN));
    expect(await during(simulation, publication.ended)).toEqual({ kind: 'refused', status });
    await finishEvents(scene);
  });

  it.each([0, 5, 15, 25, 35, 2000])('closes in whatever state: after %i ms', async (ms) => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    const publication = await during(simulation, alice.client.publishPresence(OPEN));
    await simulation.run(ms);
    await during(simulation, alice.client.close());
    expect(await during(simulation, publication.ended)).toEqual({ kind: 'stopped' });
    await simulation.run(1000);
    expect(server.published('sip:alice@pbx.example')).toEqual([]);
    await finishEvents(scene);
  });

  it('is stopped by its signal', async () => {
    const scene = eventScene();
    const { simulation, alice, server } = scene;
    const controller = new AbortController();
    const { signal } = controller;
    const publication = await during(simulation, alice.client.publishPresence(OPEN, { signal }));
    await simulation.run(1000);
    controller.abort();
    expect(await during(simulation, publication.ended)).toEqual({ kind: 'stopped' });
    expect(server.published('sip:alice@pbx.example')).toEqual([]);
    await finishEvents(scene);
  });

  it('refuses what makes no sense, and says what it said before', async () => {
    const { scene, simulation, alice, publication, told } = await publishing();
    for (const bad of [
      { basic: 'open', note: 'x'.repeat(1001) },
      { basic: 'open', activities: ['on the phone'] },
      { basic: 'open', activities: Array<string>(17).fill('away') },
    ] as const) {
      const refused = expect.objectContaining({ code: 'BAD_PRESENCE' });
      expect(() => publication.update(bad)).toThrow(refused);
      await expect(alice.client.publishPresence(bad)).rejects.toEqual(refused);
    }
    await simulation.run(1000);
    expect(told).toEqual([OPEN]);
    await finishEvents(scene);
  });
});
