import { describe, expect, it } from 'vitest';
import type { Call, ClientAccount } from '../src/index.ts';
import { during, finish, Registrar, scene } from './scene.ts';

const OTHER_PASSWORD = 'battery staple';
const OTHER = { uri: 'sip:2000@other.example', password: OTHER_PASSWORD };

/** Alice has another number at another provider. */
function twoHomes() {
  const all = scene();
  const other = new Registrar(all.simulation, {
    name: 'other',
    domain: 'other.example',
    password: OTHER_PASSWORD,
  });
  const account = all.alice.client.addAccount(OTHER);
  const end = async (): Promise<void> => {
    await finish(all);
    other.layer.close();
    all.simulation.assertQuiet({ other: other.layer });
  };
  return { ...all, other, account, end };
}

/** The names in the digests that a registrar was shown. */
function shown({ seen }: Registrar): string[] {
  const proofs = seen.flatMap(({ headers }) => [
    ...headers.raw('Authorization'),
    ...headers.raw('Proxy-Authorization'),
  ]);
  return [...new Set(proofs.map((proof) => /username="([^"]*)"/.exec(proof)?.[1] ?? ''))];
}

describe('two accounts of one client', () => {
  it('register each at its own server, over one socket, and tell each its own', async () => {
    const { simulation, registrar, other, alice, account, end } = twoHomes();
    const told: string[] = [];
    account.on('registration', ({ type }) => told.push(type));
    await during(simulation, Promise.all([alice.client.register(), account.register()]));
    expect(registrar.bindings).toEqual(
      new Map([['alice', `sip:alice@${alice.host.address}:5060`]]),
    );
    expect(other.bindings).toEqual(new Map([['2000', `sip:2000@${alice.host.address}:5060`]]));
    expect([alice.told, told]).toEqual([['registered'], ['registered']]);
    expect(alice.client.accounts.map(({ uri }) => uri)).toEqual([
      'sip:alice@pbx.example',
      'sip:2000@other.example',
    ]);
    await end();
    expect([registrar.bindings.size, other.bindings.size]).toEqual([0, 0]);
  });

  it('show nothing of one to the server of the other', async () => {
    const { simulation, registrar, other, alice, account, end } = twoHomes();
    await during(simulation, Promise.all([alice.client.register(), account.register()]));
    // each calls somebody at the other's home, whose server asks for a proof
    const calls = [
      await during(simulation, alice.client.call('sip:x@other.example')),
      await during(simulation, account.call('sip:y@pbx.example')),
    ];
    for (const call of calls) {
      expect(await during(simulation, call.ended)).toMatchObject({ kind: 'rejected', status: 401 });
    }
    await during(simulation, alice.client.options('sip:x@other.example'));
    expect(shown(registrar)).toEqual(['alice']);
    expect(shown(other)).toEqual(['2000']);
    await end();
  });

  it('call as who they are, and are reached as who they are', async () => {
    const { simulation, alice, bob, account, end } = twoHomes();
    await bob.client.contact();
    const heard: string[] = [];
    simulation.network.tap(({ type, message }) => {
      const isInvite = message.kind === 'request' && message.method === 'INVITE';
      if (type === 'arrived' && isInvite) heard.push(message.headers.raw('Contact').join());
    });
    bob.client.on('incoming', (call) => void call.answer());
    const call = await during(simulation, account.call('sip:bob@bob'));
    await during(simulation, call.connected);
    expect(call.account).toBe(account);
    expect(call.session.local.uri.toString()).toBe('sip:2000@other.example');
    expect(heard).toEqual([`<sip:2000@${alice.host.address}:5060>`]);
    await during(simulation, call.hangUp());
    await end();
  });

  it('are told apart when they are called', async () => {
    const { simulation, alice, bob, account, end } = twoHomes();
    await alice.client.contact();
    await during(simulation, account.contact());
    const accounts: ClientAccount[] = [];
    alice.client.on('incoming', (call) => {
      accounts.push(call.account);
      call.reject();
    });
    for (const target of ['sip:2000@alice', 'sip:alice@alice', 'sip:nobody@alice']) {
      const call = await during(simulation, bob.client.call(target));
      await during(simulation, call.ended);
    }
    expect(accounts).toEqual([account, alice.client.account, alice.client.account]);
    await end();
  });

  it('send texts and watch mailboxes, each by its own server', async () => {
    const { simulation, registrar, other, account, end } = twoHomes();
    const outcome = await during(simulation, account.message('bob', 'hello'));
    expect(outcome).toMatchObject({ status: 200 });
    const watch = await during(simulation, account.messageWaiting());
    await simulation.run(100);
    const asked = other.seen.map(({ method, from }) => `${method} ${from.uri}`);
    expect(new Set(asked)).toEqual(
      new Set(['MESSAGE sip:2000@other.example', 'SUBSCRIBE sip:2000@other.example']),
    );
    expect(registrar.seen).toEqual([]);
    await during(simulation, account.remove());
    await watch.ended; // with its account
    await end();
  });

  it('meet in one conference', async () => {
    const { simulation, alice, bob, account, end } = twoHomes();
    await bob.client.contact();
    bob.client.on('incoming', (call) => void call.answer());
    const calls: Call[] = [];
    for (const own of [alice.client.account, account]) {
      const call = await during(simulation, own.call('sip:bob@bob'));
      await during(simulation, call.connected);
      calls.push(call);
    }
    const conference = await during(simulation, alice.client.conference(calls));
    await during(simulation, conference.end());
    await end();
  });
});

describe('an account', () => {
  it('is removed with its calls and its binding; the others go on', async () => {
    const { simulation, registrar, other, alice, bob, account, end } = twoHomes();
    await bob.client.contact();
    bob.client.on('incoming', (call) => void call.answer());
    await during(simulation, Promise.all([alice.client.register(), account.register()]));
    const stays = await during(simulation, alice.client.call('sip:bob@bob'));
    const goes = await during(simulation, account.call('sip:bob@bob'));
    await during(simulation, Promise.all([stays.connected, goes.connected]));
    await during(simulation, account.remove());
    expect(await goes.ended).toMatchObject({ kind: 'hungUp', by: 'local' });
    expect(stays.state).toBe('connected');
    expect([registrar.bindings.size, other.bindings.size]).toEqual([1, 0]);
    expect(alice.client.accounts).toEqual([alice.client.account]);
    await expect(account.call('x')).rejects.toMatchObject({ code: 'ACCOUNT_REMOVED' });
    const asked = other.seen.length;
    await simulation.run(600_000);
    expect(other.seen).toHaveLength(asked);
    const again = alice.client.addAccount(OTHER);
    await during(simulation, again.register());
    await end();
  });

  it('that is the client itself stays', async () => {
    const { alice, end } = twoHomes();
    await expect(alice.client.account.remove()).rejects.toMatchObject({ code: 'BAD_ACCOUNT' });
    expect(alice.client.accounts).toHaveLength(2);
    await end();
  });

  it('is there once, makes sense, and is one of a hundred at most', async () => {
    const { alice, end } = twoHomes();
    const add = (uri: string) => () => alice.client.addAccount({ uri });
    const bad = expect.objectContaining({ code: 'BAD_ACCOUNT' });
    expect(add('sip:2000@OTHER.example')).toThrow(bad);
    expect(add('sip:alice@pbx.example')).toThrow(bad);
    expect(add('2000')).toThrow(bad);
    for (let number = 3; number <= 100; number++) add(`sip:${number}@other.example`)();
    expect(add('sip:one@more.example')).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_ACCOUNTS' }),
    );
    await end();
    expect(add('sip:late@other.example')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('may be elsewhere by another transport', async () => {
    const all = scene();
    const { simulation, alice } = all;
    const office = new Registrar(simulation, {
      name: 'office',
      domain: 'office.example',
      listen: ['tcp'],
    });
    const account = alice.client.addAccount({
      uri: 'sip:alice@office.example',
      password: 'a horse that is correct',
      transport: 'tcp',
    });
    await during(simulation, Promise.all([alice.client.register(), account.register()]));
    const contact = office.bindings.get('alice');
    expect(contact).toBe(`sip:alice@${alice.host.address}:5060;transport=tcp`);
    await finish(all);
    office.layer.close();
  });
});
