import type { Dialog } from '@strowger/dialog-core';
import { VirtualClock } from '@strowger/runtime';
import type { Session } from '@strowger/session-core';
import { NameAddr } from '@strowger/sip-message';
import { afterEach, expect, it, vi } from 'vitest';
import { SessionRegistry } from '../src/session-registry.ts';
import { scene } from './two-phones.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const WALKS = ['values', 'keys', 'entries', 'forEach'] as const;
const SEARCHES = ['find', 'findLast', 'filter', 'some', 'map', 'findIndex', 'indexOf'] as const;

/** How often an index is asked, and how often one is walked through. */
function countWork(act: () => unknown): { lookups: number; walks: number } {
  const lookups = [vi.spyOn(Map.prototype, 'get'), vi.spyOn(Map.prototype, 'has')];
  const walks = [
    ...WALKS.map((name) => vi.spyOn(Map.prototype, name)),
    ...SEARCHES.map((name) => vi.spyOn(Array.prototype, name)),
    vi.spyOn(Map.prototype, Symbol.iterator),
  ];
  act();
  const sum = (spies: readonly { mock: { calls: unknown[] } }[]): number =>
    spies.reduce((total, { mock }) => total + mock.calls.length, 0);
  const work = { lookups: sum(lookups), walks: sum(walks) };
  vi.restoreAllMocks();
  return work;
}

it('findSessionForDialog does as much at five hundred sessions as at ten', async () => {
  const both = scene({ ladder: false });
  const { simulation, alice } = both;
  both.bob.onIncoming = (session) => session.ring(); // early dialogs are found as well
  const work: unknown[] = [];
  for (const size of [10, 500]) {
    while (alice.manager.sessions().length < size) {
      const missing = Math.min(500, size - alice.manager.sessions().length);
      for (let made = 0; made < missing; made++) alice.call('bob');
      await simulation.run(2000);
    }
    const sessions = alice.manager.sessions();
    expect(sessions.length).toBe(size);
    const session = sessions[Math.floor(size / 2)];
    const { callId = '', localTag = '', remoteTag = '' } = session?.earlyDialogs[0]?.id ?? {};
    let found: unknown;
    work.push(
      countWork(() => {
        found = alice.manager.findSessionForDialog(callId, localTag, remoteTag);
      }),
      countWork(() => alice.manager.findSessionForDialog(callId, remoteTag, localTag)),
      countWork(() => alice.manager.findSessionForDialog('nobody', localTag, remoteTag)),
    );
    expect(found).toBe(session);
  }
  const [once, twice, missed] = [
    { lookups: 1, walks: 0 },
    { lookups: 2, walks: 0 },
    { lookups: 2, walks: 0 },
  ];
  expect(work).toEqual([once, twice, missed, once, twice, missed]);
});

it('the index that it asks does as much at ten thousand sessions as at ten', () => {
  const registry = new SessionRegistry(new VirtualClock(), () => {});
  const party = NameAddr.parse('<sip:alice@alice>');
  if (!party.ok) throw new Error('an address');
  const work: unknown[] = [];
  for (const size of [10, 10_000]) {
    while (registry.size < size) {
      const number = registry.size;
      const facts = { id: `${number}`, callId: `call ${number}`, direction: 'incoming' };
      // as much of a session, and of its dialog, as the registry looks at
      const session = { ...facts, local: party.value, remote: party.value } as unknown as Session;
      const id = { callId: session.callId, localTag: 'ours', remoteTag: 'theirs' };
      registry.add(session);
      registry.mapDialog(session, { id } as Dialog, true);
    }
    const callId = `call ${size / 2}`;
    let found: Session | undefined;
    work.push(countWork(() => (found = registry.byTags(callId, 'ours', 'theirs'))));
    expect(found?.callId).toBe(callId);
    work.push(countWork(() => registry.byTags('nobody', 'ours', 'theirs')));
  }
  const [hit, missed] = [
    { lookups: 1, walks: 0 },
    { lookups: 2, walks: 0 },
  ];
  expect(work).toEqual([hit, missed, hit, missed]);
});
