import assert from 'node:assert/strict';
import type { Binding, CallRecord, CredentialEntry, Stores } from '@strowger/call-engine';
import type { TestRunner } from './describe-media-backend.ts';

/** One set of stores under test. */
export interface StoreUnderTest {
  readonly stores: Stores;
  /** For stores that outlive their process: the same data, opened anew after a close. */
  reopen?(): Promise<Stores>;
  close(): Promise<void>;
}

/**
 * What the call engine relies on in its stores. Every implementation of `LocationStore`,
 * `CredentialStore` and `CdrStore` runs it.
 *
 * @param make gives empty stores each time.
 */
export function describeStore(
  runner: TestRunner,
  name: string,
  make: () => Promise<StoreUnderTest>,
): void {
  const { describe } = runner;
  describe(`${name} keeps locations`, () => describeLocations(withStores(runner, make)));
  describe(`${name} keeps credentials`, () => describeCredentials(withStores(runner, make)));
  describe(`${name} keeps call detail records`, () => describeCdrs(withStores(runner, make)));
  describe(`${name} keeps what it was given`, () => describeReopening(runner, make));
}

type StoreTest = (name: string, test: (stores: Stores) => Promise<void>) => void;

function withStores({ it }: TestRunner, make: () => Promise<StoreUnderTest>): StoreTest {
  return (name, test) =>
    it(name, async () => {
      const under = await make();
      try {
        await test(under.stores);
      } finally {
        await under.close();
      }
    });
}

const ALICE = 'sip:alice@pbx.example';

function binding(changes: Partial<Binding> = {}): Binding {
  return {
    contact: 'sip:alice@192.0.2.1:5062;transport=udp',
    q: 1,
    expiresAt: 60_000,
    callId: 'register-1@192.0.2.1',
    cseq: 1,
    received: { transport: 'udp', address: '192.0.2.1', port: 5062 },
    updatedAt: 0,
    ...changes,
  };
}

function describeLocations(it: StoreTest): void {
  it('knows nothing of an address of record that never registered', async ({ location }) => {
    assert.deepEqual(await location.read(ALICE), { version: 0, bindings: [] });
    assert.equal(await location.count(), 0);
  });

  it('gives back bindings whole and in order', async ({ location }) => {
    const whole = binding({
      instance: '<urn:uuid:00000000-0000-1000-8000-000a95a0e128>',
      userAgent: 'phone "9" \u00e4',
      q: 0.25,
      received: { transport: 'tcp', address: '2001:db8::1', port: 4711, host: 'h', flow: 'f-1' },
    });
    const bindings = [whole, binding({ contact: 'sip:alice@192.0.2.2' })];
    assert.equal(await location.replace(ALICE, 0, bindings), true);
    assert.deepEqual((await location.read(ALICE)).bindings, bindings);
    assert.equal(await location.count(), 1);
  });

  it('refuses to replace a set that somebody else wrote meanwhile', async ({ location }) => {
    await location.replace(ALICE, 0, [binding()]);
    assert.equal(await location.replace(ALICE, 0, [binding({ cseq: 9 })]), false);
    const { version, bindings } = await location.read(ALICE);
    assert.equal(bindings[0]?.cseq, 1);
    assert.equal(await location.replace(ALICE, version, [binding({ cseq: 2 })]), true);
    assert.equal(await location.replace(ALICE, version, [binding({ cseq: 3 })]), false);
    assert.equal((await location.read(ALICE)).bindings[0]?.cseq, 2);
  });

  it('lets one of many concurrent writers through', async ({ location }) => {
    const writers = Array.from({ length: 8 }, (_, cseq) =>
      location.replace(ALICE, 0, [binding({ cseq })]),
    );
    assert.equal((await Promise.all(writers)).filter((won) => won).length, 1);
  });

  it('never uses a version twice, not even after all bindings were removed', async (stores) => {
    const { location } = stores;
    await location.replace(ALICE, 0, [binding()]);
    const first = (await location.read(ALICE)).version;
    assert.equal(await location.replace(ALICE, first, []), true);
    assert.deepEqual(await location.read(ALICE), { version: 0, bindings: [] });
    await location.replace(ALICE, 0, [binding()]);
    assert.notEqual((await location.read(ALICE)).version, first);
    assert.equal(await location.replace(ALICE, first, []), false);
  });

  it('finds what has expired, and no more than it was asked for', async ({ location }) => {
    const late = [binding({ expiresAt: 5000 }), binding({ expiresAt: 9000, contact: 'sip:b@c' })];
    await location.replace('sip:a@x', 0, late);
    await location.replace('sip:b@x', 0, [binding({ expiresAt: 5001 })]);
    await location.replace('sip:c@x', 0, [binding({ expiresAt: 4000 })]);
    assert.deepEqual([...(await location.expired(5000, 10))].sort(), ['sip:a@x', 'sip:c@x']);
    assert.equal((await location.expired(9999, 2)).length, 2);
    assert.deepEqual(await location.expired(3999, 10), []);
  });
}

const REALM = 'pbx.example';

function entry(username: string, changes: Partial<CredentialEntry> = {}): CredentialEntry {
  return { realm: REALM, username, ha1: { MD5: 'd41d8cd98f00b204e9800998ecf8427e' }, ...changes };
}

function describeCredentials(it: StoreTest): void {
  it('gives back a user whole', async ({ credentials }) => {
    const alice = entry('alice', {
      ha1: { MD5: 'ab', 'SHA-256': 'cd' },
      algorithms: ['SHA-256', 'MD5'],
      displayName: 'Alice "Ä" O\'Hara',
    });
    await credentials.put(alice);
    assert.deepEqual(await credentials.find(REALM, 'alice'), alice);
  });

  it('does not know a user of another realm, or of another case', async ({ credentials }) => {
    await credentials.put(entry('alice'));
    assert.equal(await credentials.find('other.example', 'alice'), undefined);
    assert.equal(await credentials.find(REALM, 'Alice'), undefined);
    assert.equal(await credentials.find(REALM, "alice' OR '1'='1"), undefined);
  });

  it('replaces a user as a whole', async ({ credentials }) => {
    await credentials.put(entry('alice', { displayName: 'Alice', algorithms: ['MD5'] }));
    await credentials.put(entry('alice', { ha1: { MD5: 'ff' } }));
    assert.deepEqual(
      await credentials.find(REALM, 'alice'),
      entry('alice', { ha1: { MD5: 'ff' } }),
    );
  });

  it('removes a user once', async ({ credentials }) => {
    await credentials.put(entry('alice'));
    assert.equal(await credentials.remove(REALM, 'alice'), true);
    assert.equal(await credentials.remove(REALM, 'alice'), false);
    assert.equal(await credentials.find(REALM, 'alice'), undefined);
  });

  it('lists users page by page in the order of their names', async ({ credentials }) => {
    for (const name of ['carol', 'alice', 'dave', 'bob']) await credentials.put(entry(name));
    await credentials.put(entry('eve', { realm: 'other.example' }));
    const names = async (after?: string): Promise<string[]> => {
      const options = after === undefined ? { limit: 2 } : { after, limit: 2 };
      return (await credentials.list(REALM, options)).map(({ username }) => username);
    };
    assert.deepEqual(await names(), ['alice', 'bob']);
    assert.deepEqual(await names('bob'), ['carol', 'dave']);
    assert.deepEqual(await names('dave'), []);
  });
}

function record(id: string, changes: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    callIds: [`${id}@a`, `${id}@b`],
    caller: ALICE,
    callee: 'sip:bob@pbx.example',
    dialled: 'bob',
    startedAt: 1000,
    endedAt: 9000,
    durationMs: 8000,
    billableMs: 0,
    outcome: 'busy',
    status: 486,
    cause: 17,
    endedBy: 'callee',
    legs: [{ role: 'caller', callId: `${id}@a`, remote: ALICE, status: 486 }],
    ...changes,
  };
}

function describeCdrs(it: StoreTest): void {
  it('gives back a record whole', async ({ cdrs }) => {
    const whole = record('one', {
      callerName: 'Älice',
      ringingAt: 1100,
      answeredAt: 2000,
      billableMs: 7000,
      outcome: 'answered',
      reason: 'draining',
    });
    assert.equal(await cdrs.append(whole), true);
    assert.deepEqual(await cdrs.find('one'), whole);
    assert.equal(await cdrs.find('two'), undefined);
  });

  it('keeps the first record of an id and says so', async ({ cdrs }) => {
    assert.equal(await cdrs.append(record('one')), true);
    assert.equal(await cdrs.append(record('one', { status: 200 })), false);
    assert.equal((await cdrs.find('one'))?.status, 486);
    assert.equal(await cdrs.count(), 1);
  });

  it('keeps one record when the same one is written many times at once', async ({ cdrs }) => {
    const writes = Array.from({ length: 8 }, () => cdrs.append(record('one')));
    assert.equal((await Promise.all(writes)).filter((isNew) => isNew).length, 1);
    assert.equal(await cdrs.count(), 1);
  });

  it('lists the latest first', async ({ cdrs }) => {
    for (const id of ['one', 'two', 'three']) await cdrs.append(record(id));
    const ids = (await cdrs.recent(2)).map(({ id }) => id);
    assert.deepEqual(ids, ['three', 'two']);
    assert.deepEqual(await cdrs.recent(0), []);
    assert.equal((await cdrs.recent(10)).length, 3);
  });
}

function describeReopening({ it }: TestRunner, make: () => Promise<StoreUnderTest>): void {
  it('until it is closed, and beyond where it is durable', async () => {
    const under = await make();
    try {
      await under.stores.location.replace(ALICE, 0, [binding()]);
      await under.stores.credentials.put(entry('alice'));
      await under.stores.cdrs.append(record('one'));
      const stores = (await under.reopen?.()) ?? under.stores;
      assert.deepEqual((await stores.location.read(ALICE)).bindings, [binding()]);
      assert.deepEqual(await stores.credentials.find(REALM, 'alice'), entry('alice'));
      assert.equal(await stores.cdrs.append(record('one')), false);
    } finally {
      await under.close();
    }
  });
}
